from __future__ import annotations

import random
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_void_p
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeaudit.x509.hostname import bare_host, covers
from edgeaudit.x509.libcrypto import libcrypto, parsed
from tests.factories import self_signed

if TYPE_CHECKING:
    import ipaddress

    from edgeaudit.x509.certificate import Certificate

NO_PARTIAL_WILDCARDS = 0x4  # X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS


@pytest.mark.parametrize(
    ("alias", "host"),
    [
        ("API.Example.com", "api.example.com"),
        ("api.example.com:8443", "api.example.com"),
        ("api.example.com.:443", "api.example.com"),
        (" api.example.com ", "api.example.com"),
        ("192.0.2.1:443", "192.0.2.1"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("[::1]", "::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("*.Example.com:443", "*.example.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("*.bücher。example", "*.xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("a_b.bücher.example", "a_b.xn--bcher-kva.example"),
        ("host:port", "host:port"),
        ("", ""),
        ("[", ""),
    ],
)
def test_a_host_alias_stripped_to_its_host(alias: str, host: str) -> None:
    assert bare_host(alias) == host


def certificate(*names: str, common_name: str = "cn.example") -> Certificate:
    return self_signed(common_name, names=names, san=bool(names)).certificate


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("api.example.com", "api.example.com"),
        ("API.example.COM", "api.EXAMPLE.com:443"),
        ("api.example.com", "api.example.com."),
        ("a_b.example.com", "a_b.example.com"),
        ("*.example.com", "api.example.com"),
        ("*.EXAMPLE.com", "*.example.com"),
        ("*.example.com", "xn--bcher-kva.example.com"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("192.0.2.1", "192.0.2.1:443"),
        ("2001:db8::1", "[2001:0DB8:0:0::1]:443"),
    ],
)
def test_a_name_covers(name: str, alias: str) -> None:
    assert covers(certificate(name), alias)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("api.example.com", "example.com"),
        ("api.example.com", "x.api.example.com"),
        ("api.example.com", "*.example.com"),
        ("*.example.com", "example.com"),
        ("*.example.com", "a.b.example.com"),
        ("*.example.com", ".example.com"),
        ("*.example.com", "*.b.example.com"),
        ("*.example.com", "a_b.example.com"),
        ("*.com", "example.com"),
        ("*", "localhost"),
        ("a*.example.com", "api.example.com"),
        ("*i.example.com", "api.example.com"),
        ("a.*.example.com", "a.b.example.com"),
        ("*.*.example.com", "a.b.example.com"),
        ("xn--*.example", "xn--bcher-kva.example"),
        ("*.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.10"),
        ("api.example.com", ""),
        ("api.example.com", "https://api.example.com/"),
    ],
)
def test_a_name_does_not_cover(name: str, alias: str) -> None:
    assert not covers(certificate(name), alias)


def test_an_address_in_a_dns_name_is_no_address() -> None:
    as_text = certificate("x.example", common_name="192.0.2.1")
    assert not covers(as_text, "192.0.2.1")


def test_the_common_name_counts_only_without_a_dns_name() -> None:
    assert covers(certificate(), "CN.example:443")
    assert covers(certificate(common_name="*.a.example"), "b.a.example")
    assert not covers(certificate("a.example"), "cn.example")
    assert covers(certificate("192.0.2.1"), "cn.example")


def test_the_common_name_never_counts_for_an_address() -> None:
    assert not covers(certificate(common_name="192.0.2.1"), "192.0.2.1")


@given(st.text())
@example("xn--\u0100.example")
@example("\udc80")
@example("ü" * 10_000)
@example("[::1%eth0]:1")
def test_no_alias_raises(alias: str) -> None:
    covers(certificate("a.example"), alias)


LABELS = ("a", "b1", "*", "a*", "*a", "", "a-b", "-a", "a_b", "xn--bcher-kva", "com", "EXAMPLE")


def test_names_are_judged_as_openssl_judges_them() -> None:
    """Wildcard aliases and what is no host name are set apart on purpose; see `covers`."""
    draw, judged = random.Random(1), {True: 0, False: 0}
    for _ in range(600):
        labels = draw.choices(LABELS, k=draw.randint(1, 4))
        if not (pattern := ".".join(labels)):
            continue
        san = draw.random() < 0.7
        made = self_signed("cn.example", names=[pattern]) if san else self_signed(pattern)
        for _ in range(8):
            host = ".".join(draw.choice(LABELS) if label == "*" else label for label in labels)
            if draw.random() < 0.4:
                host = ".".join(draw.choices(LABELS, k=len(labels)))
            if not host or "*" in host or host.startswith(".") or host.endswith("."):
                continue
            covered = covers(made.certificate, host)
            assert covered == openssl_checks_host(made.der, host), (pattern, host, san)
            judged[covered] += 1
    assert min(judged.values()) > 300, judged


@given(st.ip_addresses(), st.ip_addresses() | st.none())
def test_addresses_are_judged_as_openssl_judges_them(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address | None
) -> None:
    made, host = self_signed("192.0.2.1", names=[str(one)]), str(other or one)
    assert covers(made.certificate, host) == openssl_checks_ip(made.der, host)


def openssl_checks_host(der: bytes, host: str) -> bool:
    library = libcrypto()
    library.X509_check_host.argtypes = [c_void_p, c_char_p, c_size_t, c_uint, c_void_p]
    library.X509_check_host.restype = c_int
    with parsed(der) as (certificate, _):
        name = host.encode()
        return bool(
            library.X509_check_host(certificate, name, len(name), NO_PARTIAL_WILDCARDS, None) == 1
        )


def openssl_checks_ip(der: bytes, host: str) -> bool:
    library = libcrypto()
    library.X509_check_ip_asc.argtypes = [c_void_p, c_char_p, c_uint]
    with parsed(der) as (certificate, _):
        return bool(library.X509_check_ip_asc(certificate, host.encode(), 0) == 1)
