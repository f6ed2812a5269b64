"""The dates of the certificates that a service shows when it is asked, whoever calls it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeaudit.audit.finding import Cause
from tests.audit.estate import ISSUING, LEAF, Estate
from tests.audit.rules.serving import (
    CA_ENDING,
    EXPIRED,
    FOREIGN_ROOT,
    FUTURE,
    GOOD,
    HOST,
    LEAF_OF_CA_ENDING,
    OLD,
    backend,
    found,
    hosts,
    of_backend,
)
from tests.audit.services import observed, service
from tests.factories import NOW, Made

SOON = ISSUING.leaf(HOST, not_after=NOW + timedelta(days=20))


def test_what_is_not_yet_valid_is_another_cause() -> None:
    (finding,) = found(service((FUTURE, ISSUING))).values()
    assert finding.cause is Cause.NOT_YET_VALID_CERTIFICATE
    (finding,) = found(service((EXPIRED, ISSUING))).values()
    assert finding.cause is Cause.EXPIRED_CERTIFICATE


@pytest.mark.parametrize(
    ("chain", "severity"),
    [
        ((SOON, ISSUING), "warning"),
        ((OLD, ISSUING), "error"),
        ((ISSUING.leaf(HOST, not_after=NOW + timedelta(days=31)), ISSUING), None),
        ((LEAF_OF_CA_ENDING, CA_ENDING), "error"),
        ((LEAF, ISSUING, CA_ENDING), None),  # a stranger is on no path
        ((EXPIRED, ISSUING), None),
    ],
)
def test_a_certificate_that_expires_before_long(
    chain: tuple[Made, ...], severity: str | None
) -> None:
    finding = found(service(chain)).get("served-certificate-expiring")
    assert (finding and finding.severity.value) == severity


@pytest.mark.parametrize(
    ("stored", "rule"),
    [((SOON, ISSUING), "expiring-certificate"), (GOOD, "served-certificate-differs")],
)
def test_what_is_stored_or_differs_expires_but_once(stored: tuple[Made, ...], rule: str) -> None:
    report = hosts(stored).report(observations=observed(hosts(stored), service((SOON, ISSUING))))
    assert [each.rule for each in report.findings] == [rule]


@pytest.mark.parametrize(
    ("estate", "severity"),
    [
        (backend(), "error"),
        (backend(store=(FOREIGN_ROOT,)), "error"),
        (backend(java=None), "warning"),
        (backend(ignores_validation_errors=True), "warning"),
    ],
    ids=["Java refuses it", "another root", "Java not known", "not checked"],
)
def test_a_backend_whose_certificate_expires(estate: Estate, severity: str) -> None:
    leaf = ISSUING.leaf("backend.example.com", not_after=NOW + timedelta(days=3))
    finding = of_backend(estate, service((leaf, ISSUING)))["served-certificate-expiring"]
    assert finding.severity.value == severity
    assert finding.facts["days_left"] == 3
    assert "acme/prod/targetservers/one" in finding.affects
