from __future__ import annotations

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeaudit.errors import InputError
from edgeaudit.x509.hostname import (
    bare_host,
    covers,
    disagreement,
    modern_covers,
    openssl_covers,
)
from edgeaudit.x509.libcrypto import libcrypto, parsed
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.factories import NOW, Made, self_signed
from tests.x509.openssl import needs_openssl

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
    assert covers(made.certificate, host) == openssl_covers(made.certificate, host)


def openssl_checks_host(der: bytes, host: str) -> bool:
    """Without wildcards within a label."""
    with parsed(der) as (certificate, _):
        name, flags = host.encode(), NO_PARTIAL_WILDCARDS
        return bool(libcrypto().X509_check_host(certificate, name, len(name), flags, None) == 1)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("api.example.com", "API.example.com."),
        ("*.example.com", "api.example.com:443"),
        ("*.Example.com", "xn--bcher-kva.example.com"),
        ("*.example.com", "*.example.com"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "[2001:db8::1]:443"),
        ("*.com", "example.com"),
        ("*.example.com", "a_b.example.com"),
    ],
)
def test_modern_clients_take(name: str, host: str) -> None:
    assert modern_covers(certificate(name), host)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("other.example", "cn.example"),
        ("192.0.2.1", "cn.example"),
        ("*.example.com", "example.com"),
        ("*.example.com", ".example.com"),
        ("*.example.com", "a.b.example.com"),
        ("a*.example.com", "api.example.com"),
        ("*i.example.com", "api.example.com"),
        ("a.*.example.com", "a.b.example.com"),
        ("*.*.example.com", "a.b.example.com"),
        ("*", "localhost"),
        ("api.example.com", ""),
        ("*.0.2.1", "192.0.2.1"),
    ],
)
def test_modern_clients_do_not_take(name: str, host: str) -> None:
    assert not modern_covers(certificate(name), host)
    assert not modern_covers(certificate(), "cn.example")


@pytest.mark.parametrize(
    ("name", "host", "sentence"),
    [
        ("", "cn.example", "OpenSSL takes the common name, modern clients do not (RFC 9525)"),
        ("192.0.2.1", "cn.example", "OpenSSL takes the common name"),
        ("a*.example.com", "api.example.com", "OpenSSL takes a wildcard within a label"),
        ("a.example.com", ".example.com", "OpenSSL takes any host below this name"),
        ("*.com", "example.com", "OpenSSL does not take the wildcard for this name"),
        ("*.example.com", "a_b.example.com", "OpenSSL does not take the wildcard for this name"),
        ("a.example.com", "a.example.com:443", None),
        ("a.example.com", "cn.example", None),
        ("*.example.com", "a.example.com", None),
        ("192.0.2.1", "192.0.2.1", None),
        ("192.0.2.1", "192.0.2.2", None),
    ],
)
def test_where_the_two_differ(name: str, host: str, sentence: str | None) -> None:
    told = disagreement(certificate(*filter(None, [name])), host)
    assert (told and told.split(",")[0]) == (sentence and sentence.split(",")[0])


def test_openssl_is_asked_about_certificates_only() -> None:
    with pytest.raises(ValueError, match="description"):
        openssl_covers(self_signed("a.example").described, "a.example")
    with pytest.raises(InputError, match="NUL"):
        openssl_covers(certificate(), "a\0b")


def drawn_pair(draw: random.Random) -> tuple[Made, str]:
    """A certificate with a name or an address, and a host that it may be good for."""
    labels = draw.choices([*LABELS, "a*b", "*.*"], k=draw.randint(1, 4))
    host = ".".join(draw.choice(LABELS) if "*" in label else label for label in labels)
    pattern = ".".join(labels) or "a"
    if draw.random() < 0.2:
        pattern = draw.choice(["192.0.2.1", "2001:db8::1"])
        host = draw.choice(["192.0.2.1", "192.0.2.2", "2001:DB8:0::1", "2001:db8::2"])
    elif draw.random() < 0.3:
        host = draw.choice([".", "", "*."]) + ".".join(draw.choices(LABELS, k=len(labels)))
    san = draw.random() < 0.7
    made = self_signed("cn.example", names=[pattern]) if san else self_signed(pattern, san=False)
    return made, host or "a"


def test_openssl_says_the_same_of_a_name_as_in_a_verification() -> None:
    draw, judged = random.Random(2), {True: 0, False: 0}
    nobody = Trust(public_roots=False)
    for _ in range(300):
        made, host = drawn_pair(draw)
        errors = verify(made.certificate, [], nobody, NOW, hostname=host).errors
        covered = not {"hostname_mismatch", "ip_address_mismatch"} & {e.code for e in errors}
        assert openssl_covers(made.certificate, host) == covered, (made.certificate, host)
        judged[covered] += 1
    assert min(judged.values()) > 50, judged


@needs_openssl
@pytest.mark.parametrize("count", [15, pytest.param(2_000, marks=pytest.mark.full)])
def test_the_command_says_the_same_of_a_name(count: int) -> None:
    draw = random.Random(3)
    pairs = [drawn_pair(draw) for _ in range(count)]
    with ThreadPoolExecutor() as pool:
        for (made, host), said in zip(pairs, pool.map(_asked_command, pairs), strict=True):
            assert openssl_covers(made.certificate, host) == said, (made.certificate, host)


def _asked_command(pair: tuple[Made, str]) -> bool:
    made, host = pair
    is_address = host[0] == "1" or host.startswith("2001:")
    command = ["openssl", "x509", "-noout", "-checkip" if is_address else "-checkhost", host]
    done = subprocess.run(command, input=made.pem, capture_output=True, text=True, check=True)
    assert "match certificate" in done.stdout
    return "does match" in done.stdout
