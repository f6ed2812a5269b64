"""What the Message Processor makes of a backend that was asked, and the backend of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.inventory import Told
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.protocols import Version
from tests.audit.estate import ISSUING, PROD, ROOT, Estate
from tests.audit.rules.calling import GOOD, HOST, NAMED, STRANGE, STRANGE_CA, found, rules, target
from tests.audit.services import handshake, refused, service
from tests.factories import CA, NOW, self_signed

if TYPE_CHECKING:
    from edgeaudit.tls.service import Service
    from tests.factories import Made

SELF_SIGNED = self_signed(HOST)
LATE = ISSUING.leaf(HOST, not_after=NOW - timedelta(days=1))
LATE_ROOT = CA.root("Acme Root", key=ROOT.private_key, not_after=NOW - timedelta(days=1))
GCM, CBC = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"
V10, V12, V13 = Version.TLSV1, Version.TLSV1_2, Version.TLSV1_3


def code(name: str) -> int:
    found = suite(name, "java")
    assert found
    return int(found.code, 16)


@pytest.mark.parametrize(
    ("chain", "store", "is_told"),
    [
        (GOOD, (ROOT,), False),
        (GOOD, (ISSUING,), False),
        (GOOD, (NAMED,), False),
        (GOOD, (LATE_ROOT,), False),
        (GOOD, (), False),  # empty-truststore says so
        (GOOD, (STRANGE,), True),
        (GOOD, (STRANGE_CA,), True),
        ((SELF_SIGNED,), (ROOT,), True),
        ((SELF_SIGNED,), (SELF_SIGNED,), False),
        ((LATE, ISSUING), (ROOT,), False),  # served-certificate-expired
        ((LATE, ISSUING), (STRANGE,), True),
        ((NAMED,), (ROOT,), False),  # served-chain-incomplete
    ],
)
def test_untrusted_backend(chain: tuple[Made, ...], store: tuple[Made, ...], is_told: bool) -> None:
    told = rules(target(store=store), service(chain))
    assert ("untrusted-backend" in told) is is_told


def test_java_speaks_of_a_backend_that_it_does_not_trust() -> None:
    (finding,) = found(target(store=(STRANGE,)), service(GOOD))
    assert (finding.severity.value, finding.cause.value) == ("error", "unknown_certificate")
    assert finding.facts["engine"] == "Java 8"
    assert "unable to find valid certification path" in finding.facts["reason"]
    assert finding.facts["reason"] in finding.message
    assert finding.affects == (f"{PROD}/proxies/one-proxy", f"{PROD}/targetservers/one")


@pytest.mark.parametrize(
    ("told", "engine"),
    [
        (Told(edge_version="4.53.00"), "Java 8"),
        (Told(edge_version="4.54.00"), "Java 21"),
        (Told(edge_version="4.53.00", java=11), "Java 11"),
        (Told(), None),
        (Told(java=9), None),
    ],
)
def test_which_java_judges(told: Told, engine: str | None) -> None:
    """Edge for Private Cloud, "Supported software"."""
    findings = found(target(told, (STRANGE,)), service(GOOD))
    assert [each.facts["engine"] for each in findings] == ([engine] if engine else [])


@pytest.mark.parametrize(
    "estate",
    [
        target(store=(STRANGE,), ignores_validation_errors=True),
        target(store=(STRANGE,)).change_alias("trust", "ca", is_complete=False),
        target(store=(STRANGE,)).describe_alias("trust", "ca", STRANGE),
        target().cannot_read("keystores"),
    ],
    ids=["told to ignore it", "cut", "described", "unread"],
)
def test_what_is_not_checked_or_not_known_is_not_judged(estate: Estate) -> None:
    assert "untrusted-backend" not in rules(estate, service(GOOD))


def test_targets_of_one_backend_are_told_apart() -> None:
    estate = target(store=(STRANGE,)).store("other", keys=False, ca=(CA.root("Third Root"),))
    estate.server("two", truststore="other")
    estate.store("good", keys=False, ca=(ROOT,)).server("three", truststore="good")
    findings = found(estate, service(GOOD))
    assert sorted(each.facts["target"] for each in findings) == [
        f"{PROD}/targetservers/one",
        f"{PROD}/targetservers/two",
    ]
    assert len({each.id for each in findings}) == 2


def test_two_revisions_give_one_finding() -> None:
    estate = target()
    url = {"url": f"https://{HOST}/v1", "truststore": "strange"}
    estate.store("strange", keys=False, ca=(STRANGE,))
    first = estate.proxy("shop", 1, **url)
    ids = [each.id for each in found(first, service(GOOD))]
    estate.proxy("shop", 2, **url)
    assert [each.id for each in found(estate, service(GOOD))] == ids


@pytest.mark.parametrize(
    ("settings", "edge", "spoken", "is_told"),
    [
        (["TLSv1"], "4.53.00", {V12: True, V10: False}, True),
        (["TLSv1"], "4.53.00", {V12: True, V10: True}, False),
        (["TLSv1"], "4.53.00", {V12: True}, False),  # was not asked for
        (["TLSv1.2"], "4.53.00", {V12: True, V13: True}, False),
        ([], "4.53.00", {V10: False, Version.TLSV1_1: False, V12: False, V13: True}, True),
        ([], "4.54.00", {V12: False, V13: True}, False),
        ([], "4.54.00", {V10: True, V12: False, V13: False}, True),
        ([], "4.54.00", {V12: False, V13: False}, False),  # failed-handshake
        (["TLSv1", "{flow.protocol}"], "4.53.00", {V12: True, V10: False}, False),
    ],
)
def test_no_common_protocol(
    settings: list[str], edge: str, spoken: dict[Version, bool], is_told: bool
) -> None:
    estate = target(Told(edge_version=edge), protocols=tuple(settings))
    assert ("no-common-protocol" in rules(estate, service(GOOD, versions=spoken))) is is_told


def test_what_the_configuration_tells_is_offered_where_a_target_names_nothing() -> None:
    told = Told(edge_version="4.53.00", protocols=("TLSv1",), ciphers=(CBC,))
    spoken = service(GOOD, versions={V12: True, V10: False})
    assert "no-common-protocol" in rules(target(told), spoken)
    assert "no-common-protocol" not in rules(target(told, protocols=("TLSv1.2",)), spoken)
    of = service(GOOD, versions={V12: True}, suites={V12: (code(GCM),)})
    assert "no-common-cipher" in rules(target(told, protocols=("TLSv1.2",)), of)
    assert "no-common-cipher" not in rules(target(told, protocols=("TLSv1.2",), ciphers=(GCM,)), of)


def test_what_is_offered_by_itself_is_not_known_without_the_version_of_edge() -> None:
    spoken = service(GOOD, versions={V10: True, V12: False, V13: False})
    assert "no-common-protocol" not in rules(target(Told(java=21)), spoken)
    assert "no-common-protocol" in rules(target(Told(edge_version="4.54.00")), spoken)


@pytest.mark.parametrize(
    ("settings", "has", "is_told"),
    [
        ([CBC], [GCM], True),
        ([CBC], [GCM, CBC], False),
        ([], [GCM], False),
        ([], ["SSL_RSA_WITH_RC4_128_SHA"], True),
        ([CBC], [], False),  # was not asked for
        ([CBC, "{flow.suite}"], [GCM], False),
    ],
)
def test_no_common_cipher(settings: list[str], has: list[str], is_told: bool) -> None:
    estate = target(ciphers=tuple(settings))
    of = service(GOOD, versions={V12: True}, suites={V12: tuple(map(code, has))})
    findings = [each for each in found(estate, of) if each.rule == "no-common-cipher"]
    assert bool(findings) is is_told
    for each in findings:
        assert each.facts["protocol"] == "TLSv1.2"
        assert each.facts["engine"] == "Java 8"


def test_a_server_stays_with_the_newest_common_version() -> None:
    """RFC 8446, 4.2.1; RFC 5246, E.1."""
    versions, suites = {V12: True, V10: True}, {V12: (code(GCM),), V10: (code(CBC),)}
    of = service(GOOD, versions=versions, suites=suites)
    assert "no-common-cipher" in rules(target(ciphers=(CBC,)), of)
    old = target(ciphers=(CBC,), protocols=("TLSv1",))
    assert "no-common-cipher" not in rules(old, of)


OTHER = (ISSUING.leaf("other.example.com"), ISSUING)


@pytest.mark.parametrize(
    ("sni", "unnamed", "severity"),
    [
        (False, refused(112), "error"),
        (False, handshake(OTHER), "warning"),
        (False, handshake(GOOD), None),
        (False, None, None),
        (True, refused(112), None),
        (None, refused(112), None),
    ],
)
def test_sni_disabled(sni: bool | None, unnamed: Any, severity: str | None) -> None:
    findings = found(target(Told(sni=sni)), service(GOOD, without_name=unnamed))
    assert [(each.rule, each.severity.value) for each in findings] == (
        [("sni-disabled", severity)] if severity else []
    )


def test_a_foreign_name_is_no_matter_for_those_who_send_none() -> None:
    of = service(GOOD, with_foreign_name=handshake(OTHER))
    assert of.use_of_sni == "selects"
    assert not found(target(Told(sni=False)), of)


NEEDS = {"versions": {V12: True, V10: False, V13: True}, "suites": {V12: (code(GCM),)}}


@pytest.mark.parametrize(
    ("estate", "of", "rule", "lines"),
    [
        (
            target(store=(STRANGE,)),
            service(GOOD),
            "untrusted-backend",
            ["new-ca.pem: the certificate of CN=Acme Root", "keystores/trust/aliases"],
        ),
        (
            target(protocols=("TLSv1",)),
            service(GOOD, **NEEDS),
            "no-common-protocol",
            ['"protocols": ["TLSv1.2", "TLSv1.3"]'],
        ),
        (
            target(ciphers=(CBC,)),
            service(GOOD, versions={V12: True}, suites={V12: (code(GCM),)}),
            "no-common-cipher",
            [f'"ciphers": ["{GCM}"]'],
        ),
        (
            target(Told(edge_version="4.54.00")),
            service(GOOD, versions={V10: True, V12: False, V13: False}),
            "no-common-protocol",
            ["the backend must enable another version"],
        ),
        (
            target(ciphers=(GCM,)),
            service(GOOD, versions={V12: True}, suites={V12: (0x0005,)}),
            "no-common-cipher",
            ["the backend must enable another one"],
        ),
        (
            target(Told(sni=False)),
            service(GOOD, without_name=refused(112)),
            "sni-disabled",
            ["conf_system_jsse.enableSNIExtension=true", "edge-message-processor restart"],
        ),
    ],
)
def test_the_steps_that_mend_it(estate: Estate, of: Service, rule: str, lines: list[str]) -> None:
    finding = next(each for each in found(estate, of) if each.rule == rule)
    for line in lines:
        assert line in "\n".join(finding.steps)
