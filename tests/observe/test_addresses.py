"""Only public addresses are asked, whatever they are dressed up as."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.observe.addresses import is_public

NOT_PUBLIC_V4 = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.169.0.1", "223.255.255.255"]


def dressed(address: str) -> list[str]:
    """An IPv4 address in all the IPv6 addresses that stand for it."""
    number = int(IPv4Address(address))
    flipped = number ^ 0xFFFFFFFF  # RFC 4380, 4: Teredo obfuscates the client's address
    server = int(IPv4Address("8.8.8.8"))
    forms = [
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80 | 1,
        0x20010000 << 96 | server << 64 | flipped,
    ]
    return [str(IPv6Address(form)) for form in forms]


@pytest.mark.parametrize(
    "address",
    [
        *NOT_PUBLIC_V4,
        "::",
        "::1",
        "::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_asked(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [*PUBLIC_V4, "2606:4700::1111", "2a00:1450:4001::200e"])
def test_an_address_that_may_be_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC_V4)
def test_a_dress_hides_nothing(address: str) -> None:
    assert [form for form in dressed(address) if is_public(form)] == []


@pytest.mark.parametrize("address", PUBLIC_V4)
def test_a_mapped_and_a_translated_address_may_be_asked(address: str) -> None:
    mapped, translated, *_ = dressed(address)
    assert is_public(mapped)
    assert is_public(translated)


@given(st.ip_addresses())
def test_what_is_public_is_globally_reachable(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)) and isinstance(address, IPv4Address):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "::g"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        is_public(text)
    with pytest.raises(ValueError, match="address"):
        ip_address(text)
