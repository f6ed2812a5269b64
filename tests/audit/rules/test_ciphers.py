"""Cipher suites that are weak, not known, or leave nothing to agree on."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519

from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Told
from tests.audit.estate import ISSUING, LEAF, Estate, secure
from tests.factories import rsa_key

GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_RSA_WITH_AES_128_CBC_SHA"
NEWEST = "TLS_AES_128_GCM_SHA256"
SIGNAL = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
KEYS = {
    "rsa": rsa_key(),
    "ec": LEAF.private_key,
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "dsa": dsa.generate_private_key(1024),
}
RSA_LEAF = ISSUING.leaf("api.example.com", key=KEYS["rsa"])


def host(ciphers: str, protocols: str = "", chain=(RSA_LEAF, ISSUING), **settings) -> Estate:
    """A virtual host with that `ssl_ciphers`."""
    properties = {"ssl_ciphers": ciphers, "ssl_protocols": protocols}
    return secure(chain).host(
        "web", keystore="web", key_alias="server", properties=properties, **settings
    )


def server(*ciphers: str, protocols: tuple[str, ...] = (), **settings) -> Estate:
    """A target server with those `ciphers`."""
    return Estate().server("backend", ciphers=ciphers, protocols=protocols, **settings)


@pytest.mark.parametrize(
    ("estate", "weaknesses", "names"),
    [
        (host("HIGH:!MD5"), ["anon"], ["ADH-AES128-SHA", "AECDH-AES256-SHA"]),
        (host("AES128-SHA:RC4-SHA"), ["RC4"], ["RC4-SHA"]),
        (host("AES128-SHA:EDH-RSA-DES-CBC3-SHA"), ["3DES"], ["DHE-RSA-DES-CBC3-SHA"]),
        (host('"HIGH:!aNULL:NULL-SHA256"'), ["NULL"], ["NULL-SHA256"]),
        (host("AES128-SHA:RC4-SHA", "TLSv1.2 TLSv1.3"), ["RC4"], ["RC4-SHA"]),
        (
            host("ALL:!aNULL:!eNULL:!3DES:!RC4:!LOW:!SSLv2"),
            ["DES", "EXPORT", "MD5"],
            ["EXP-DES-CBC-SHA"],
        ),
        (host("AES128-SHA:!aNULL:DES-CBC-SHA", "TLSv1.2"), ["DES"], ["DES-CBC-SHA"]),
        (server(GCM, "SSL_RSA_WITH_RC4_128_MD5"), ["MD5", "RC4"], ["SSL_RSA_WITH_RC4_128_MD5"]),
        (server("TLS_RSA_WITH_NULL_SHA256"), ["NULL"], ["TLS_RSA_WITH_NULL_SHA256"]),
        (server(GCM, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"), ["3DES"], ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]),
        (server(GCM, "TLS_DH_anon_WITH_AES_128_CBC_SHA"), ["anon"], []),
        (
            server("SSL_RSA_EXPORT_WITH_DES40_CBC_SHA", protocols=("TLSv1.2", "TLSv1")),
            ["DES", "EXPORT"],
            ["SSL_RSA_EXPORT_WITH_DES40_CBC_SHA"],
        ),
    ],
)
def test_weak_cipher(estate, weaknesses, names) -> None:
    (finding,) = estate.findings("weak-cipher")
    assert finding.severity.value == "warning"
    assert finding.facts["weaknesses"] == weaknesses
    assert set(names) <= set(finding.facts["ciphers"])
    assert estate.findings("unknown-cipher") + estate.findings("no-usable-cipher") == []


@pytest.mark.parametrize(
    "estate",
    [
        host("HIGH:!aNULL:!MD5"),
        host("'HIGH !aNULL !MD5'"),
        host("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"),
        host("ALL:!aNULL:!eNULL:!EXPORT:!LOW:!MEDIUM:!SSLv2"),
        host("ALL:!COMPLEMENTOFDEFAULT:!eNULL:!aNULL:!RC4:!3DES:!EXPORT:!LOW:!MD5"),
        host("RC4-SHA:AES128-SHA:!RC4"),
        host("RC4-SHA:AES128-SHA:-RC4-SHA"),
        host("AES128-SHA:PSK-3DES-EDE-CBC-SHA:SRP-3DES-EDE-CBC-SHA"),
        host("RC4-SHA:AES128-SHA", "TLSv1.3"),
        host("TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256"),
        host("PROFILE=SYSTEM"),
        host(""),
        host("RC4-SHA", enabled=False),
        secure(),
        server(GCM, SIGNAL),
        server(GCM, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
        server("{flow.cipher}"),
        server("SSL_RSA_WITH_RC4_128_SHA", enabled=False),
        server(),
        Estate().host("web", trial=True, properties={"ssl_ciphers": "RC4-SHA"}),
        server().proxy("p", servers=["backend"], ciphers=("SSL_RSA_WITH_RC4_128_SHA", "x")),
    ],
)
def test_nothing_to_be_said_of_ciphers(estate) -> None:
    told = {"weak-cipher", "unknown-cipher", "no-usable-cipher"}
    assert not told & {rule for rule, *_ in estate.found()}


@pytest.mark.parametrize(
    ("ciphers", "libraries"),
    [
        ("DEFAULT", ["OpenSSL 1.0.2"]),
        ("AES128-SHA:EXP-RC4-MD5", ["OpenSSL 1.0.2"]),
        ("AES128-SHA:RC4-SHA", ["OpenSSL 1.0.2", "OpenSSL 1.1 to 3.x"]),
        ("ALL:@SECLEVEL=0", ["OpenSSL 1.1 to 3.x"]),
    ],
)
def test_weak_in_one_openssl_and_not_in_the_other(ciphers, libraries) -> None:
    (finding,) = host(ciphers).findings()
    assert finding.facts["libraries"] == libraries


@pytest.mark.parametrize(
    ("forbidden", "names"),
    [
        ((), []),
        (("CBC",), [CBC]),
        (("kRSA",), [CBC]),
        ((GCM,), [GCM]),
        (("ECDHE-RSA-AES128-GCM-SHA256", "SHA1+AES"), [GCM, CBC]),
        (("CAMELLIA", NEWEST), []),
    ],
)
def test_the_policy_forbids_more(forbidden, names) -> None:
    findings = server(GCM, CBC).findings(policy=Policy(forbidden_ciphers=forbidden))
    assert [each.facts["ciphers"] for each in findings] == ([names] if names else [])


@pytest.mark.parametrize(
    ("estate", "severity", "names", "meant"),
    [
        (host(f"{GCM}:AES128-SHA"), "error", [GCM], {GCM: "ECDHE-RSA-AES128-GCM-SHA256"}),
        (host(GCM), "error", [GCM], {GCM: "ECDHE-RSA-AES128-GCM-SHA256"}),
        (host("aes128-sha"), "error", ["aes128-sha"], {"aes128-sha": "AES128-SHA"}),
        (host("high:!aNULL"), "error", ["high"], {"high": "HIGH"}),
        (host("HIGH:!aNULL:!FOO"), "warning", ["!FOO"], {}),
        (host("HIGH:!anull:!aNULL"), "warning", ["!anull"], {"!anull": "aNULL"}),
        (host("HIGH:!aNULL:!FOO:BAR"), "error", ["!FOO", "BAR"], {}),
        (host("HIGH:!aNULL:@SECLEVEL=9"), "error", ["@SECLEVEL=9"], {}),
        (server("AES128-SHA", GCM), "error", ["AES128-SHA"], {"AES128-SHA": CBC}),
        (server(CBC.lower()), "error", [CBC.lower()], {CBC.lower(): CBC}),
        (server("HIGH:!aNULL"), "error", ["HIGH:!aNULL"], {}),
        (server("TLS_FALLBACK_SCSV", GCM), "error", ["TLS_FALLBACK_SCSV"], {}),
        (server("CAMELLIA128-SHA"), "error", ["CAMELLIA128-SHA"], {}),
        (
            Estate().proxy("p", url="https://b.example", ciphers=("RC4-SHA",)),
            "error",
            ["RC4-SHA"],
            {"RC4-SHA": "SSL_RSA_WITH_RC4_128_SHA"},
        ),
    ],
)
def test_unknown_cipher(estate, severity, names, meant) -> None:
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("unknown-cipher", severity)
    assert (finding.facts["ciphers"], finding.facts["did_you_mean"]) == (names, meant)


@pytest.mark.parametrize(
    "estate",
    [
        host("HIGH:!aNULL:!EXPORT:!SSLv2:!kKRB5:!aECDH:!TLSv1.0"),
        host("ECDHE+CHACHA20:AES128-SHA"),
        server("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        server(CBC, "{flow.cipher}"),
    ],
)
def test_known_to_some_openssl_or_java(estate) -> None:
    assert estate.found() == set()


@pytest.mark.parametrize(("java", "rules"), [(8, ["unknown-cipher"]), (21, []), (None, [])])
def test_the_java_that_is_told_of(java, rules) -> None:
    estate = server(GCM, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")
    estate.told = Told(java=java)
    assert [each.rule for each in estate.findings()] == rules


@pytest.mark.parametrize(
    "estate",
    [
        host("ECDHE-ECDSA-AES128-GCM-SHA256"),
        host("AESGCM:!aNULL", "TLSv1.1 TLSv1"),
        host("HIGH:!HIGH"),
        host("HIGH:!aNULL:!TLSv1.2:!SSLv3:!TLSv1"),
        host("TLS_AES_128_GCM_SHA256", "TLSv1.3"),
        host("PSK"),
        server(GCM, protocols=("TLSv1.1", "TLSv1")),
        server(NEWEST, protocols=("TLSv1.2",)),
        server(GCM, CBC, protocols=("TLSv1.3",)),
        server(SIGNAL),
        server(protocols=("SSLv2Hello",)),
        Estate().proxy("p", url="https://b.example", ciphers=(GCM,), protocols=("TLSv1",)),
    ],
)
def test_no_usable_cipher(estate) -> None:
    found = estate.findings("no-usable-cipher")
    assert [each.severity.value for each in found] == ["error"]
    assert {each.rule for each in estate.findings()} <= {"no-usable-cipher", "legacy-protocol"}


@pytest.mark.parametrize(
    "estate",
    [
        host("ECDHE-RSA-AES128-GCM-SHA256"),
        host("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"),
        host("ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.3 TLSv1.2"),
        host("kRSA+AES", "TLSv1.3"),
        host("aECDSA:!eNULL:!RC4:!3DES", "TLSv1.3"),
        host("", "TLSv1.3"),
        host("ECDHE-ECDSA-AES128-GCM-SHA256:AES128-SHA"),
        host("PROFILE=SYSTEM", "TLSv1.2"),
        server(GCM, protocols=("TLSv1.2", "TLSv1.3")),
        server(CBC, protocols=("TLSv1.2",)),
        server(NEWEST, GCM, protocols=("TLSv1.2",)),
        server(NEWEST),
        server(GCM, protocols=("{flow.protocol}",)),
        server("{flow.cipher}", GCM, protocols=("TLSv1.3",)),
        server(protocols=("TLSv1.3",)),
        server(protocols=("SSLv2Hello", "TLSv1.2")),
    ],
)
def test_something_is_usable_or_may_be(estate) -> None:
    assert estate.findings("no-usable-cipher") == []


@pytest.mark.parametrize(
    ("key", "ciphers", "protocols", "is_usable"),
    [
        ("rsa", "aECDSA", "TLSv1.2", False),
        ("rsa", "aRSA", "TLSv1.2", True),
        ("ec", "aRSA", "TLSv1.2", False),
        ("ec", "aRSA", "TLSv1.2 TLSv1.3", True),
        ("ec", "aECDSA", "TLSv1.2", True),
        ("ed25519", "aECDSA", "TLSv1.2", True),
        ("ed25519", "aECDSA", "TLSv1.1", False),
        ("ed25519", "aRSA", "TLSv1.2", False),
        ("dsa", "DSS+AES", "TLSv1.2", True),
        ("dsa", "aRSA", "TLSv1.2 TLSv1.3", False),
    ],
)
def test_the_key_decides(key, ciphers, protocols, is_usable) -> None:
    leaf = ISSUING.leaf("api.example.com", key=KEYS[key])
    found = host(f"{ciphers}:!eNULL", protocols, (leaf, ISSUING)).findings("no-usable-cipher")
    assert [each.facts["key"].split()[0].lower() for each in found] == ([] if is_usable else [key])


def test_a_key_that_is_not_known_rules_nothing_out() -> None:
    estate = host("aECDSA:!eNULL:!MEDIUM").cannot_read("keystores")
    assert estate.found() == set()


def test_what_follows_from_an_unknown_name_is_not_said() -> None:
    estates = [server("nonsense"), host("nonsense"), server(GCM, protocols=("TLSv1.1.1",))]
    assert [each.rule for estate in estates for each in estate.findings()] == [
        "unknown-cipher",
        "unknown-cipher",
        "unknown-protocol",
    ]


@pytest.mark.parametrize(
    ("estate", "message"),
    [
        (host("HIGH:!HIGH"), "its ciphers leave no suite at all"),
        (server(SIGNAL), "its ciphers leave no suite at all"),
        (host("ECDHE+aECDSA"), "none of its cipher suites fits the key (RSA 2048)"),
        (server(NEWEST, protocols=("TLSv1.2",)), "none of its cipher suites fits TLSv1.2"),
        (
            host("AESGCM:!aNULL", "TLSv1.1"),
            "none of its cipher suites fits TLSv1.1 and the key (RSA 2048)",
        ),
        (server(protocols=("SSLv2Hello",)), "no cipher suite fits SSLv2Hello"),
    ],
)
def test_what_does_not_fit(estate, message) -> None:
    assert [each.message for each in estate.findings("no-usable-cipher")] == [message]


def test_what_was_meant_stands_in_the_message() -> None:
    (finding,) = server("AES128-SHA", "x").findings()
    assert finding.message == f'Java knows no cipher suite "AES128-SHA" (meant: {CBC}), "x"'


def test_a_long_list_is_cut_short_in_words_only() -> None:
    (finding,) = host("ALL").findings()
    assert len(finding.message) < 200
    assert len(finding.facts["ciphers"]) > 30


def test_a_name_that_is_not_known_hides_no_weak_one() -> None:
    found = server("x", "SSL_RSA_WITH_RC4_128_MD5").findings()
    assert {each.rule for each in found} >= {"unknown-cipher", "weak-cipher"}


def test_what_is_not_set_is_no_fact() -> None:
    (finding,) = server(SIGNAL).findings("no-usable-cipher")
    assert finding.facts == {"ciphers": [SIGNAL], "engine": "Java"}


@pytest.mark.parametrize(
    ("protocols", "ciphers", "java", "edge", "found"),
    [
        (["TLSv1", "TLSv1.1"], [], 21, None, ["warning"]),
        (["TLSv1"], [], None, "4.54.00", ["warning"]),
        (["TLSv1"], [], None, "4.53.00", []),
        (["TLSv1"], [], None, None, []),
        (["TLSv1"], [], 12, None, []),
        (["TLSv1", "TLSv1.2"], [], 21, None, []),
        ([], ["SSL_RSA_WITH_RC4_128_SHA"], 8, None, ["warning"]),
        ([], ["SSL_RSA_WITH_3DES_EDE_CBC_SHA"], 8, None, []),
        ([], ["SSL_RSA_WITH_3DES_EDE_CBC_SHA"], 21, None, ["warning"]),
        (["TLSv1.2"], [CBC], 21, None, []),
    ],
)
def test_what_every_update_of_that_java_disables(protocols, ciphers, java, edge, found) -> None:
    estate = server(*ciphers, protocols=tuple(protocols))
    estate.told = Told(java=java, edge_version=edge)
    hits = estate.findings("no-usable-cipher")
    assert [each.severity.value for each in hits] == found
    assert {each.facts["engine"] for each in hits} <= {"Java 8", "Java 21"}


def test_what_java_disables_is_not_named_by_the_remedy_again() -> None:
    fixed_key = "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384"
    estate = server(fixed_key, GCM, protocols=("TLSv1.1",))
    estate.told = Told(java=21)
    (finding,) = estate.findings("no-usable-cipher")
    lines = "\n".join(finding.steps)
    assert GCM in lines
    assert "TLSv1.2" in lines
    assert fixed_key not in lines
