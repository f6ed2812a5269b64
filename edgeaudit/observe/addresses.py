"""Which addresses are the public network's: the others are nobody's business."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, 2.1: an IPv4 address in its last four octets


def is_public(address: str) -> bool:
    """Whether an address in text is globally reachable, and for one host.

    Not private, loopback, link-local, multicast, reserved or unspecified ones; an IPv6 address that
    stands for an IPv4 address (mapped, NAT64, 6to4, Teredo) is judged as that. Raises ValueError
    for what is no address.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        inner = _inner(found)
        return all(map(_is_public, inner or (found,))) and not found.is_site_local
    return _is_public(found)


def is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address, and no name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    is_local = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_local


def _inner(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that it stands for."""
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    single = address.ipv4_mapped or address.sixtofour
    return (single,) if single else address.teredo or ()
