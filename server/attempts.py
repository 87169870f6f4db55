"""Wrong tokens, counted by the address they come from, so that nobody tries them all.

The address is that of the connection: behind a hub's proxy all visitors share one, which is why only requests that bring a token
are counted and held back, and people who are signed in, or need no token, go on. Memory is bounded; an owner of thousands of
addresses has as many times the tries.
"""

import ipaddress
import time
from collections.abc import Callable

LIMIT = 10
"""Wrong tokens from one address within `WINDOW_S`; later ones are not looked at before it ends."""

WINDOW_S = 60.0
_ADDRESSES = 4096


class Attempts:
    """Counts of wrong tokens, in windows that begin with the first one; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[float, int]] = {}  # (when its window began, how many); the oldest window first

    def exhausted(self, address: str) -> bool:
        """Whether a token from this address is turned away unread."""
        return self.wait_s(address) > 0

    def wait_s(self, address: str) -> float:
        """Seconds until a token from this address is read again; 0 where it is read now."""
        began, count = self._counts.get(_network(address), (0.0, 0))
        return max(0.0, began + WINDOW_S - self._clock()) if count >= LIMIT else 0.0

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        network, now = _network(address), self._clock()
        began, count = self._counts.get(network, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        if count == 0:
            self._counts.pop(network, None)
            if len(self._counts) >= _ADDRESSES:
                del self._counts[next(iter(self._counts))]
        self._counts[network] = (began, count + 1)


def _network(address: str) -> str:
    """What one person holds: an IPv4 address, or the 64 bits of an IPv6 address that a line is given."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or ipaddress.IPv6Address(int(known) >> 64 << 64)
    return str(known)
