"""What Java offers, what a probed service makes of it, and the hello in which it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.tls.agreement import agreement
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.hello import read_client_hello, read_sslv2_hello
from edgeaudit.tls.java import DISABLED_AT_LEAST, DISABLED_AT_MOST, java_offer
from edgeaudit.tls.java_hello import java_hello, shared_groups
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.service import Service
from tests.factories import NOW

V1, V1_1, V1_2, V1_3 = Version.TLSV1, Version.TLSV1_1, Version.TLSV1_2, Version.TLSV1_3
AES128, AES256 = "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"
ECDHE = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
FIRST_OF_1_3 = "TLS_AES_256_GCM_SHA384"
NO_VERSION = "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)"


def code(name: str) -> int:
    found = suite(name, "java")
    assert found
    return int(found.code, 16)


def service(suites: dict[Version, list[str]], **of: object) -> Service:
    """One that speaks these versions, with these suites in its own order, and no other version."""
    speaks = {each: each in suites for each in (V1, V1_1, V1_2, V1_3)}
    has = {version: tuple(map(code, names)) for version, names in suites.items()}
    known: dict[str, object] = {
        "versions": speaks,
        "suites": has,
        "orders": dict.fromkeys(has, True),
    }
    return Service("backend.example.com", 443, NOW, **(known | of))  # type: ignore[arg-type]


@pytest.mark.parametrize("java", [8, 11, 17, 21, 25])
def test_java_by_itself_offers_new_versions_and_ecdhe_first(java: int) -> None:
    offer = java_offer(java)
    assert offer.versions == (V1_3, V1_2)
    assert next(each.java for each in offer.suites) == FIRST_OF_1_3
    names = {each.java for each in offer.suites}
    assert ECDHE in names
    assert not [name for name in names if "3DES" in name or "RC4" in name or "_ECDH_" in name]
    assert ("TLS_CHACHA20_POLY1305_SHA256" in names) == (java > 8)
    assert offer.codes[-1] == 0x00FF


def test_earlier_updates_offer_more() -> None:
    early = java_offer(8, disabled=DISABLED_AT_LEAST[8])
    assert early.versions == (V1_3, V1_2, V1_1, V1)
    assert set(java_offer(8).suites) < set(early.suites)
    assert java_offer(8, ["TLSv1"]).refusal == NO_VERSION
    assert java_offer(8, ["TLSv1"], disabled=DISABLED_AT_LEAST[8]).versions == (V1,)


@pytest.mark.parametrize(
    ("protocols", "ciphers", "says"),
    [
        (["TLSv1.0"], [], "Unsupported protocol: TLSv1.0"),
        ([], ["ECDHE-RSA-AES128-SHA"], "Unsupported CipherSuite: ECDHE-RSA-AES128-SHA"),
        (["TLSv1.0"], ["FOO"], "Unsupported protocol: TLSv1.0"),
        (["TLSv1.2"], [FIRST_OF_1_3], NO_VERSION),
        (["SSLv2Hello"], [], NO_VERSION),
        ([], ["TLS_EMPTY_RENEGOTIATION_INFO_SCSV"], "No negotiable cipher suite"),
        ([], ["SSL_RSA_WITH_RC4_128_SHA"], NO_VERSION),
        ([], [AES128], NO_VERSION),
    ],
    ids=str,
)
def test_java_does_not_begin(protocols: list[str], ciphers: list[str], says: str) -> None:
    offer = java_offer(21, protocols, ciphers, host="a.example")
    assert (offer.refusal, offer.versions, offer.suites) == (says, (), ())
    agreed = agreement(offer, service({V1_2: [ECDHE]}))
    assert agreed
    assert (agreed.lack, says in agreed.told) == ("offer", True)
    with pytest.raises(ValueError, match=r"^(Unsupported|No )"):
        java_hello(offer, bytes(32))


def test_what_is_named_is_offered_in_that_order_with_the_versions_that_it_fits() -> None:
    offer = java_offer(21, ["TLSv1.2", "TLSv1.3"], [AES256, ECDHE], disabled="SSLv3")
    assert offer.versions == (V1_2,)
    assert [each.java for each in offer.suites] == [AES256, ECDHE]


@pytest.mark.parametrize(
    ("java", "host", "name"),
    [
        (21, "A.Example", "A.Example"),
        (21, "bücher.example", "xn--bcher-kva.example"),
        (21, "a.example.", "a.example"),
        (8, "a.example.", None),
        (21, "localhost", None),
        (21, "192.0.2.7", None),
        (21, "2001:db8::1", None),
        (21, "a_b.example", None),
        (21, None, None),
    ],
)
def test_only_full_legal_names_are_sent(java: int, host: str | None, name: str | None) -> None:
    offer = java_offer(java, host=host)
    hello = read_client_hello(java_hello(offer, bytes(32)).build())
    assert (offer.server_name, hello.sni) == (name, name)


@pytest.mark.parametrize("java", [8, 25])
def test_the_hello_makes_the_offer(java: int) -> None:
    offer = java_offer(java, host="a.example")
    shares = [(group, b"key") for group in shared_groups(java)]
    hello = read_client_hello(java_hello(offer, bytes(32), bytes(32), shares).build())
    assert (hello.versions, hello.ciphers, hello.damage) == (offer.versions, offer.codes, "")
    assert hello.groups[:2] == ((23, 24) if java == 8 else (29, 23))
    assert len(hello.session_id) == 32


def test_sslv2hello_names_no_host() -> None:
    offer = java_offer(8, ["SSLv2Hello", "TLSv1.2"], host="a.example")
    hello = java_hello(offer, bytes(32))
    assert (offer.is_old_hello, offer.server_name) == (True, None)
    assert read_sslv2_hello(hello.build()).ciphers == offer.codes
    assert java_offer(8, ["SSLv2Hello", "TLSv1.3"], host="a.example").server_name == "a.example"


def test_the_newest_common_version_and_the_servers_order_count() -> None:
    offer = java_offer(21, disabled=DISABLED_AT_LEAST[21])
    agreed = agreement(offer, service({V1_2: [AES128, AES256, ECDHE], V1_1: [AES128]}))
    assert agreed
    assert (agreed.version, agreed.suite, agreed.lack) == (V1_2, suite(AES128, "java"), None)
    without_order = service({V1_2: [AES128, AES256, ECDHE]}, orders={V1_2: False})
    agreed = agreement(offer, without_order)
    assert agreed
    assert agreed.suite == suite(ECDHE, "java")


@pytest.mark.parametrize(
    ("offers", "spoken", "lack", "told"),
    [
        (["TLSv1.2"], {V1_3: [FIRST_OF_1_3]}, "protocol",
         "the server speaks TLSv1.3, and Java 21 offers TLSv1.2"),
        ([], {V1: [AES128], V1_1: [AES128]}, "protocol",
         "the server speaks TLSv1 and TLSv1.1, and Java 21 offers TLSv1.2 and TLSv1.3"),
        (["TLSv1.2"], {V1_2: [AES128]}, "cipher",
         "the server speaks TLSv1.2 without any of the 27 cipher suites that Java 21 offers"),
        ([], {V1_3: ["TLS_AES_128_CCM_SHA256"], V1_2: [ECDHE]}, "cipher",
         "the server speaks TLSv1.3 without any of the 3 cipher suites"),
        (["TLSv1.2"], {V1_2: []}, "cipher", "the server speaks TLSv1.2 without any of the 27"),
    ],
    ids=["new", "old", "rsa", "stays", "none"],
)  # fmt: skip
def test_no_handshake(
    offers: list[str], spoken: dict[Version, list[str]], lack: str, told: str
) -> None:
    has = {each: [n for n in names if suite(n, "java")] for each, names in spoken.items()}
    agreed = agreement(java_offer(21, offers), service(has))
    assert agreed
    assert agreed.lack == lack
    assert agreed.told.startswith(told)
    assert agreed.suite is None


def test_what_was_not_asked_is_not_known() -> None:
    offer = java_offer(21)
    assert agreement(offer, service({})) is not None
    assert agreement(offer, service({}, versions={})) is None
    assert agreement(offer, service({}, versions={V1_2: True})) is None
    sure = agreement(offer, service({}, versions={V1_3: True}))
    assert sure
    assert (sure.version, sure.suite, sure.lack) == (V1_3, None, None)


@given(
    java=st.sampled_from([8, 11, 17, 21, 25]),
    protocols=st.lists(st.sampled_from(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "TLSv1.4"])),
    ciphers=st.lists(st.sampled_from([AES128, ECDHE, FIRST_OF_1_3, "SSL_RSA_WITH_RC4_128_SHA"])),
    host=st.text(max_size=20),
)
def test_an_offer_is_whole_or_a_refusal(
    java: int, protocols: list[str], ciphers: list[str], host: str
) -> None:
    offer = java_offer(java, protocols, ciphers, host=host, disabled=DISABLED_AT_MOST[java])
    assert bool(offer.refusal) != bool(offer.versions and offer.suites)
    if not offer.refusal:
        hello = read_client_hello(java_hello(offer, bytes(32)).build())
        assert (hello.sni, hello.suites) == (offer.server_name, offer.codes)
