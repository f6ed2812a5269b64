"""The versions and suites that a service speaks when it is asked, whoever calls it."""

from __future__ import annotations

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Inventory
from edgeaudit.tls.protocols import Version
from tests.audit.estate import TRUST, Estate
from tests.audit.rules.serving import (
    GOOD,
    HOST,
    backend,
    found,
    of_backend,
    of_host,
)
from tests.audit.services import service, unnamed
from tests.factories import NOW

GCM, AES, NULL, ANON, CHACHA = 0xC02F, 0x002F, 0x003B, 0x0034, 0xCCA8


@pytest.mark.parametrize(
    ("versions", "severity", "told"),
    [
        ((Version.TLSV1_2, Version.TLSV1_3), None, ""),
        ((Version.TLSV1_1, Version.TLSV1_2), "warning", "speaks TLSv1.1, below TLSv1.2"),
        ((Version.TLSV1, Version.TLSV1_1), "error", "speaks only TLSv1, TLSv1.1, below"),
        ((), None, ""),
    ],
)
def test_versions_that_are_out_of_date(
    versions: tuple[Version, ...], severity: str | None, told: str
) -> None:
    spoken = {each: each in versions for each in Version}
    finding = found(service(GOOD, versions=spoken)).get("served-legacy-protocol")
    assert (finding and finding.severity.value) == severity
    assert told in (finding.message if finding else "")


@pytest.mark.parametrize(
    ("setting", "is_said"),
    [("TLSv1 TLSv1.2", True), ("TLSv1.2", False), (None, False)],
)
def test_what_a_virtual_host_allows_is_said_where_it_is_set(
    setting: str | None, *, is_said: bool
) -> None:
    properties = {"ssl_protocols": setting} if setting else {}
    estate = Estate().store("web", server=GOOD).reference("web", "web")
    estate.host("web", [HOST], keystore="ref://web", key_alias="server", properties=properties)
    told = of_host(estate, service(GOOD, versions={Version.TLSV1: True, Version.TLSV1_2: True}))
    assert ("served-legacy-protocol" not in told) is is_said


@pytest.mark.parametrize(
    ("suites", "severity"),
    [
        ((GCM, CHACHA), None),
        ((GCM, NULL), "warning"),
        ((GCM, ANON), "warning"),
        ((NULL, ANON), "error"),
        ((NULL, 0xFEFE), "warning"),  # what is not known may be good
        ((), None),
    ],
)
def test_suites_that_are_weak(suites: tuple[int, ...], severity: str | None) -> None:
    of = service(GOOD, suites={Version.TLSV1_2: suites} if suites else {})
    finding = found(of).get("served-weak-cipher")
    assert (finding and finding.severity.value) == severity


def test_what_the_policy_forbids_is_weak_and_alone_no_error() -> None:
    of = service(GOOD, suites={Version.TLSV1_2: (AES,)})
    nothing = [Inventory("default", "probe")]
    policy = Policy(forbidden_ciphers=("kRSA",))
    (finding,) = judge(nothing, TRUST, policy, NOW, NOW, unnamed(of, HOST)).findings
    assert (finding.rule, finding.severity.value) == ("served-weak-cipher", "warning")
    assert finding.facts["weaknesses"] == ["forbidden"]


@pytest.mark.parametrize("setting", ["HIGH:!aNULL", None])
def test_weak_suites_are_said_where_they_are_set(setting: str | None) -> None:
    properties = {"ssl_ciphers": setting} if setting else {}
    estate = Estate().store("web", server=GOOD).reference("web", "web")
    estate.host("web", [HOST], keystore="ref://web", key_alias="server", properties=properties)
    told = of_host(estate, service(GOOD, suites={Version.TLSV1_2: (GCM, NULL)}))
    assert ("served-weak-cipher" in told) is (setting is None)


def test_of_a_backend_neither_is_said() -> None:
    of = service(GOOD, versions={Version.TLSV1: True}, suites={Version.TLSV1: (NULL,)})
    assert not {"served-legacy-protocol", "served-weak-cipher"} & set(of_backend(backend(), of))
