"""Protocol versions that are too old, not known, or set where that has no effect."""

from __future__ import annotations

import pytest

from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Told
from edgeaudit.tls.protocols import Version
from tests.audit.estate import Estate, secure

WHERE = {"host": "virtualhosts/web", "server": "targetservers/backend"}


def host(value: str, **settings) -> Estate:
    """A virtual host with that `ssl_protocols`."""
    properties = {"ssl_protocols": value}
    return secure().host(
        "web", keystore="web", key_alias="server", properties=properties, **settings
    )


def server(*protocols: str, **settings) -> Estate:
    """A target server with those `protocols`."""
    return Estate().server("backend", protocols=protocols, **settings)


@pytest.mark.parametrize(
    ("estate", "old"),
    [
        (host("TLSv1 TLSv1.1 TLSv1.2"), ["TLSv1", "TLSv1.1"]),
        (host('"SSLv3" TLSv1.2'), ["SSLv3"]),
        (host("tlsv1.1"), ["tlsv1.1"]),
        (host("SSLv2 TLSv1.2 TLSv1.3"), ["SSLv2"]),
        (server("TLSv1", "TLSv1.2"), ["TLSv1"]),
        (server("SSLv2Hello", "TLSv1.2"), ["SSLv2Hello"]),
        (server("TLSv1", "TLSv1"), ["TLSv1"]),
        (Estate().proxy("p", url="https://b.example", protocols=("TLSv1.1",)), ["TLSv1.1"]),
        (
            Estate().proxy("p", policy="Ask", url="https://b.example", protocols=("SSLv3",)),
            ["SSLv3"],
        ),
    ],
)
def test_legacy_protocol(estate, old) -> None:
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("legacy-protocol", "warning")
    assert (finding.facts["protocols"], finding.facts["floor"]) == (old, "TLSv1.2")


def test_what_the_configuration_tells_stands_for_a_target_that_names_nothing() -> None:
    estate = server()
    estate.told = Told(protocols=("TLSv1", "TLSv1.2"))
    (finding,) = estate.findings()
    assert (finding.rule, finding.where) == ("legacy-protocol", "acme/prod/targetservers/backend")


@pytest.mark.parametrize(
    "estate",
    [
        host("TLSv1.2 TLSv1.3"),
        host("TLSv1.2\n  TLSv1.3\t"),
        host(""),
        host("TLSv1", enabled=False),
        secure(),
        server("TLSv1.2"),
        server("TLSv1.2", "TLSv1.3"),
        server(),
        server("TLSv1", enabled=False),
        server("{flow.protocol}"),
        Estate().host("web", trial=True, properties={"ssl_protocols": "TLSv1"}),
    ],
)
def test_not_legacy_or_not_in_force(estate) -> None:
    assert estate.found(rule="legacy-protocol") == set()


def test_beside_a_load_balancer_the_target_server_counts() -> None:
    estate = server("TLSv1.2").proxy("p", servers=["backend"], protocols=("TLSv1",))
    assert estate.found(rule="legacy-protocol") == set()


def test_a_disabled_target_server_is_a_note() -> None:
    found = server("TLSv1", is_enabled=False).found()
    assert found == {("legacy-protocol", "targetservers/backend", "note")}


@pytest.mark.parametrize(
    ("floor", "old"),
    [
        (Version.TLSV1, []),
        (Version.TLSV1_1, ["TLSv1"]),
        (Version.TLSV1_3, ["TLSv1", "TLSv1.2"]),
    ],
)
def test_the_floor_is_the_policys(floor, old) -> None:
    findings = server("TLSv1", "TLSv1.2", "TLSv1.3").findings(policy=Policy(protocol_floor=floor))
    assert [each.facts["protocols"] for each in findings] == ([old] if old else [])


@pytest.mark.parametrize(
    ("estate", "names", "meant"),
    [
        (host("TLSv1.4"), ["TLSv1.4"], {}),
        (host("TLSv1.2 TLS1.3"), ["TLS1.3"], {"TLS1.3": "TLSv1.3"}),
        (host("TLSv1.2,TLSv1.3"), ["TLSv1.2,TLSv1.3"], {"TLSv1.2,TLSv1.3": "TLSv1.2 TLSv1.3"}),
        (host("TLSv1.2;"), ["TLSv1.2;"], {"TLSv1.2;": "TLSv1.2"}),
        (host("SSLv2Hello TLSv1.2"), ["SSLv2Hello"], {}),
        (host("{x} TLSv1.2"), ["{x}"], {}),
        (server("tlsv1.2"), ["tlsv1.2"], {"tlsv1.2": "TLSv1.2"}),
        (server("TLSv1.2", "TLS 1.2"), ["TLS 1.2"], {"TLS 1.2": "TLSv1.2"}),
        (server("SSLv2"), ["SSLv2"], {}),
        (server("TLSv1.2", "QUIC", "QUIC"), ["QUIC"], {}),
    ],
)
def test_unknown_protocol(estate, names, meant) -> None:
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("unknown-protocol", "error")
    assert finding.facts == {"protocols": names, "did_you_mean": meant}


@pytest.mark.parametrize(
    "estate",
    [
        host("TlSv1.2"),
        host("'TLSv1.2' \"TLSv1.3\""),
        server("TLSv1.3"),
        server("{flow.protocol}", "TLSv1.2"),
    ],
)
def test_known_protocols(estate) -> None:
    assert estate.found() == set()


@pytest.mark.parametrize(("java", "rules"), [(None, []), (8, []), (7, ["unknown-protocol"])])
def test_tls_1_3_needs_java_8(java, rules) -> None:
    estate = server("TLSv1.2", "TLSv1.3")
    estate.told = Told(java=java)
    assert [each.rule for each in estate.findings()] == rules


def test_ignored_tls_setting() -> None:
    """What has no effect is not judged beyond that, however old or wrong it is."""
    (finding,) = host("TLSv1.2", protocols=("SSLv3", "nonsense"), ciphers=("RC4-SHA",)).findings()
    assert (finding.rule, finding.severity.value) == ("ignored-tls-setting", "note")
    assert finding.facts == {"protocols": ["SSLv3", "nonsense"], "ciphers": ["RC4-SHA"]}


@pytest.mark.parametrize(
    "estate",
    [
        host("TLSv1.2"),
        host("", protocols=("TLSv1",), enabled=False),
        server("TLSv1.2"),
        Estate().host("web", trial=True, protocols=("TLSv1",)),
    ],
)
def test_nothing_is_ignored(estate) -> None:
    assert estate.found(rule="ignored-tls-setting") == set()


@pytest.mark.parametrize(
    ("estate", "message"),
    [
        (host("TLSv1.0 TLSv1.2"), 'the Router knows no protocol "TLSv1.0" (meant: TLSv1)'),
        (server("a", "b", "c", "d", "e"), 'Java knows no protocol "a", "b", "c", "d", "e"'),
        (
            server("a", "b", "c", "d", "e", "f"),
            'Java knows no protocol "a", "b", "c", "d", "e" and 1 more',
        ),
    ],
)
def test_the_message_tells_the_side_and_the_first_names(estate, message) -> None:
    (finding,) = estate.findings("unknown-protocol")
    assert finding.message == message
