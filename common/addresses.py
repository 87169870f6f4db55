"""Which internet addresses are public: everything that names this machine, its network or nothing at all is not.

Pure functions of addresses. They judge the numbers a name resolved to; a name by itself says nothing about where it leads.
"""

import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet; False for anything that is not a numeric address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = _inner(parsed)
    return all(map(_is_public, inner if parsed in _NAT64 else (parsed, *inner)))


def _is_public(address: _Address) -> bool:
    return (
        address.is_global  # leaves out private, loopback, link-local, CGNAT, documentation and reserved ranges
        and not address.is_multicast
        and not address.is_reserved
        and not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )


def _inner(address: _Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries, by which a gateway may reach them."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [inner for inner in carried if inner is not None]
