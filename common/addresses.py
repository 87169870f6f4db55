"""Which internet addresses are public: everything that names this machine, its network or nothing at all is not.

Pure functions of addresses. They judge the numbers a name resolved to; a name by itself says nothing about where it leads. What
they cannot know: that a network translates a public range of its own into private addresses.
"""

import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # the middle of an address that ends in an IPv4 address

# Python counts these among the public ones, in some of its releases.
_CLOSED = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # what a machine's cloud answers it on, at Azure
    ipaddress.IPv4Network("192.0.0.0/24"),  # for protocols; at Oracle's cloud as above
    ipaddress.IPv4Network("192.88.99.0/24"),  # gateways into IPv6, given up
    ipaddress.IPv6Network("3fff::/20"),  # examples in documentation
)


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet; False for anything that is not a numeric address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id is not None:
        return False  # it names a network card of this machine
    inner = _inner(parsed)
    return all(map(_is_public, inner if parsed in _NAT64 else (parsed, *inner)))


def _is_public(address: _Address) -> bool:
    return (
        address.is_global  # leaves out private, loopback, link-local, CGNAT, documentation and reserved ranges
        and not address.is_multicast
        and not address.is_reserved
        and not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
        and not any(address in network for network in _CLOSED)
    )


def _inner(address: _Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries, by which a gateway may reach them."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [inner for inner in carried if inner is not None]
