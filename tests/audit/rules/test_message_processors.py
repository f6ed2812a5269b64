"""What the Message Processors' own files say enters the rules about targets and backends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.foreseen import foresee
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Told
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.protocols import Version
from tests.audit.estate import ISSUING, PROD, ROOT, TRUST, Estate
from tests.audit.rules.test_hosts import processor
from tests.audit.services import handshake, observed, service
from tests.factories import CA, NOW, rsa_key

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.host import Host
    from edgeaudit.tls.service import Service

HOST = "backend.example.com"
TARGET = f"{PROD}/targetservers/one"
RSA_ROOT = CA.root("RSA Root", key=rsa_key())
GOOD = (ISSUING.leaf(HOST), ISSUING)
V12, V13 = Version.TLSV1_2, Version.TLSV1_3


def mp(name: str = "mp1", java: int | None = 8, **values: Any) -> Host:
    return replace(processor(name, **values), java=java)


def target(*hosts: Host, told: Told | None = None, **tls: Any) -> Estate:
    estate = Estate().store("trust", keys=False, ca=(ROOT,))
    estate.server("one", truststore="trust", **tls)
    estate.hosts = hosts
    estate.told = told or Told(edge_version="4.53.00")
    return estate


def told_of(estate: Estate) -> list[tuple[str, str, str]]:
    found = [each for each in estate.findings() if each.rule != "hosts-differ"]
    return [(each.rule, each.where, each.severity.value) for each in found]


def of_backend(estate: Estate, of: Service) -> list[Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    return [each for each in report.findings if each.where == f"{HOST}:443"]


def test_a_line_for_targets_is_judged_as_theirs() -> None:
    estate = target(mp(https_protocols="TLSv1,TLSv1.2")).server("two", truststore="trust")
    (finding,) = estate.findings()
    assert (finding.rule, finding.where) == ("legacy-protocol", "mp1/own.properties:1")
    assert finding.message == "it allows TLSv1, below TLSv1.2 on Message Processor mp1"
    assert {TARGET, f"{PROD}/targetservers/two"} < set(finding.affects)
    assert finding.steps == ()


def test_a_line_for_no_target_is_judged_by_itself() -> None:
    estate = target(mp(https_protocols="TLSv1,TLSv1.2"), protocols=("TLSv1.2",))
    assert told_of(estate) == [("weak-host-setting", "mp1/own.properties:1", "warning")]


def test_each_line_of_alike_hosts_is_told() -> None:
    estate = target(*(mp(name, https_protocols="TLSv1,TLSv1.2") for name in ("mp1", "mp2")))
    assert [where for _, where, _ in told_of(estate)] == [
        "mp1/own.properties:1",
        "mp2/own.properties:1",
    ]


def test_https_protocols_come_before_those_of_the_jvm() -> None:
    both = mp(jdk_tls_client_protocols="TLSv1.2", https_protocols="TLSv1.4")
    assert told_of(target(both)) == [("unknown-protocol", "mp1/own.properties:2", "error")]
    alone = mp(jdk_tls_client_protocols="tls1.2")
    assert told_of(target(alone)) == [("unknown-protocol", "mp1/own.properties:1", "error")]


@pytest.mark.parametrize(
    ("hosts", "severity", "end"),
    [
        ([], "warning", "disables by itself whatever it allows"),
        ([mp(java=21)], "warning", "disables by itself whatever it allows"),
        ([mp(java=21, jdk_tls_disabledAlgorithms="SSLv3, TLSv1")], "error", ":1)"),
        ([mp(java=21, jdk_tls_disabledAlgorithms="SSLv3")], None, ""),
    ],
)
def test_what_java_security_disables(hosts: list[Host], severity: str | None, end: str) -> None:
    estate = target(*hosts, told=Told(edge_version="4.54.00"), protocols=("TLSv1",))
    found = estate.findings("no-usable-cipher")
    assert [each.severity.value for each in found] == ([severity] if severity else [])
    assert [each.where for each in found] == [TARGET] * len(found)
    assert all(each.message.endswith(end) for each in found)


def test_the_jvm_s_versions_leave_no_suite() -> None:
    host = mp(jdk_tls_client_protocols="TLSv1.2", https_protocols="TLSv1.2")
    (finding,) = target(host, protocols=("TLSv1.3",)).findings("no-usable-cipher")
    assert finding.severity.value == "error"
    assert finding.message == ("Java 8 leaves nothing of what it allows (mp1/own.properties:1)")
    assert target(host, protocols=("TLSv1.2", "TLSv1.3")).findings("no-usable-cipher") == []


def test_on_which_of_several_it_is_disabled() -> None:
    hosts = [
        mp("mp1", jdk_tls_disabledAlgorithms="SSLv3, TLSv1.1"),
        mp("mp2", jdk_tls_disabledAlgorithms="SSLv3"),
    ]
    estate = target(*hosts, protocols=("TLSv1.1",))
    (finding,) = estate.findings("no-usable-cipher")
    assert finding.message.endswith("(mp1/own.properties:1) on Message Processor mp1")
    assert finding.facts["disabled_at"] == ["mp1/own.properties:1"]
    assert finding.facts["message_processors"] == ["Message Processor mp1"]
    (finding,) = estate.findings("legacy-protocol")
    assert finding.message == "it allows TLSv1.1, below TLSv1.2"


NEW_ALONE = service(GOOD, versions={V12: False, V13: True})


@pytest.mark.parametrize(
    ("hosts", "on"),
    [
        ([mp(https_protocols="TLSv1.2")], [""]),
        ([mp(https_protocols="TLSv1.2,TLSv1.3")], []),
        ([mp(https_protocols="TLSv1.3", jdk_tls_disabledAlgorithms="TLSv1.3")], []),
        (
            [mp("mp1", https_protocols="TLSv1.2"), mp("mp2", https_protocols="TLSv1.3")],
            [" on Message Processor mp1"],
        ),
        (
            [mp(java=21, https_protocols="TLSv1.2"), mp("mp2", https_protocols="TLSv1.2")],
            [" on Message Processor mp1", " on Message Processor mp2"],
        ),
        ([mp(https_protocols="TLSv1.2,TLSv1.3", jdk_tls_disabledAlgorithms="TLSv1.3")], [""]),
    ],
)
def test_no_common_protocol(hosts: list[Host], on: list[str]) -> None:
    found = of_backend(target(*hosts), NEW_ALONE)
    assert [each.rule for each in found] == ["no-common-protocol"] * len(on)
    assert all(any(each.message.endswith(end) for each in found) for end in on)
    assert all(each.facts["set_at"] for each in found)
    assert len({each.id for each in found}) == len(found)


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_version_that_is_disabled_is_no_remedy(is_allowed: bool) -> None:
    disabled = "SSLv3" if is_allowed else "SSLv3, TLSv1.3"
    strict = mp("mp2", https_protocols="TLSv1.2", jdk_tls_disabledAlgorithms=disabled)
    found = of_backend(target(mp(https_protocols="TLSv1.2"), strict), NEW_ALONE)
    lines = "\n".join(found[0].steps)
    assert ("Java has none of these enabled" in lines) is not is_allowed
    assert ('"protocols": ["TLSv1.3"]' in lines) is is_allowed


def test_no_common_cipher() -> None:
    name = "TLS_RSA_WITH_AES_128_CBC_SHA"
    old = suite(name, "java")
    assert old
    has = service(GOOD, versions={V12: True, V13: False}, suites={V12: (int(old.code, 16),)})
    assert of_backend(target(mp(), protocols=("TLSv1.2",)), has) == []
    late = mp(jdk_tls_disabledAlgorithms="SSLv3, TLS_RSA_*")
    (finding,) = of_backend(target(late, protocols=("TLSv1.2",)), has)
    assert finding.rule == "no-common-cipher"
    assert finding.facts["set_at"] == ["mp1/own.properties:1"]


def test_sni_by_host() -> None:
    other = handshake((ISSUING.leaf("other.example.com"), ISSUING))
    picky = service(GOOD, without_name=other)
    off, on = mp("mp1", jsse_enableSNIExtension="false"), mp("mp2", jsse_enableSNIExtension="true")
    (finding,) = of_backend(target(off, on), picky)
    assert finding.rule == "sni-disabled"
    assert finding.message.endswith("shows another one on Message Processor mp1")
    assert finding.facts["set_at"] == ["mp1/own.properties:1"]
    (finding,) = of_backend(target(off, mp("mp2", jsse_enableSNIExtension="False")), picky)
    assert finding.message.endswith("shows another one")
    assert of_backend(target(on), picky) == []
    told = Told(edge_version="4.53.00", sni=False)  # the configuration comes first
    assert of_backend(target(on, told=told), picky)


RSA_CA = RSA_ROOT.intermediate("RSA CA", key=rsa_key())
SMALL = (RSA_CA.leaf(HOST), RSA_CA)


@pytest.mark.parametrize(
    ("disabled", "is_refused"),
    [
        ("MD2, MD5, RSA keySize < 1024", False),
        ("RSA keySize < 3072", True),
        ("RSA keySize <= 2048", True),
        ("RSA keySize <= 2047", False),
        ("SHA256", True),
        ("SHA256withRSA", True),
        ("SHA1 jdkCA & usage TLSServer", False),
    ],
)
def test_what_paths_may_have(disabled: str, is_refused: bool) -> None:
    host = mp(jdk_certpath_disabledAlgorithms=disabled)
    estate = target(host).store("trust", keys=False, ca=(RSA_ROOT,))
    found = of_backend(estate, service(SMALL))
    assert bool([each for each in found if each.rule == "untrusted-backend"]) is is_refused


def test_an_anchor_that_one_host_refuses() -> None:
    strict = mp("mp1", jdk_certpath_disabledAlgorithms="RSA keySize < 3072")
    estate = target(strict, mp("mp2")).store("trust", keys=False, ca=(RSA_ROOT,))
    (finding,) = estate.findings("unusable-trust-anchor")
    assert finding.where == f"{PROD}/keystores/trust/ca#0"
    assert finding.message.endswith("is disabled on Message Processor mp1")


def test_which_java_each_has() -> None:
    estate = target(mp("mp1", java=21), mp("mp2", java=8), mp("mp3", java=None))
    asked = observed(estate, service(GOOD))
    inventory = estate.inventory()
    (found,) = foresee([inventory], asked, TRUST, Policy(), NOW).values()
    assert [(each.java, each.hosts) for each in found] == [
        (21, ("Message Processor mp1",)),
        (8, ("Message Processor mp2", "Message Processor mp3")),
    ]
