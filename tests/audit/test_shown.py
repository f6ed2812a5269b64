"""What services show ends too, and is followed as what lies in Edge."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Override, Policy
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.standing import is_replaced
from edgeaudit.audit.unmatched import without_certificates
from edgeaudit.audit.uses import Usage, Use
from edgeaudit.inventory import Told
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure
from tests.audit.services import observed, service, unnamed
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report
    from tests.factories import Made

DAY = timedelta(days=1)
THEIRS = ISSUING.leaf("backend.example.com", not_after=NOW + 20 * DAY)
RENEWED = ISSUING.leaf("backend.example.com", not_after=NOW + 90 * DAY)
BACKEND = "acme/prod/targetservers/b"
HOST = "acme/prod/virtualhosts/web"
JAVA_8 = Told(java=8)


def _report(estate: Estate, *chain: Made) -> Report:
    return estate.report(observations=observed(estate, service(chain)))


def _held(report: Report) -> dict[str, tuple[str, ...]]:
    return {each.certificate.subject: each.found_at for each in report.certificates}


def _checked(anchor: Made) -> Estate:
    estate = Estate().store("trust", a=[anchor])
    estate.told = JAVA_8
    return estate.server("b", truststore="trust", client_auth=False)


def test_what_a_backend_shows_is_found_where_it_is_called() -> None:
    report = _report(Estate().server("b"), THEIRS, ISSUING, ROOT)
    theirs, issuing = THEIRS.certificate.subject, ISSUING.certificate.subject
    assert _held(report) == {theirs: (BACKEND,), issuing: (BACKEND,)}
    events = {each.certificate.subject: each.uses for each in report.events}
    affected = {BACKEND: ("acme/prod/proxies/b-proxy", BACKEND)}
    assert events == {theirs: affected, issuing: affected}


def test_what_a_virtual_host_shows_is_followed_where_it_is_stored() -> None:
    report = _report(secure([LEAF, ISSUING], ["api.example.com"]), LEAF, ISSUING)
    assert all(
        each.startswith("acme/prod/keystores/") for at in _held(report).values() for each in at
    )
    assert [each.in_use_at for each in report.events] == [
        ("acme/prod/keystores/web/server#0",),
        ("acme/prod/keystores/web/server#1",),
    ]


def test_what_stands_before_a_virtual_host_is_followed() -> None:
    report = _report(secure([LEAF, ISSUING], ["api.example.com", "www.example.com"]), THEIRS)
    assert _held(report)[THEIRS.certificate.subject] == (HOST,)


def test_what_no_endpoint_in_use_shows_is_not() -> None:
    estate = Estate().server("b", is_called=False)
    assert _held(estate.report(observations=unnamed(service([THEIRS])))) == {}


@pytest.mark.parametrize(
    ("estate", "severity"),
    [
        (_checked(ROOT), Severity.ERROR),
        (_checked(THEIRS), Severity.WARNING),  # an anchor's dates are not looked at
        (Estate().server("b"), Severity.ERROR),  # what is done without a truststore is not known
        (Estate().server("b", ignores_validation_errors=True), Severity.WARNING),
    ],
    ids=["checked", "pinned", "no truststore", "ignored"],
)
def test_its_end_is_as_grave_as_java_takes_it(estate: Estate, severity: Severity) -> None:
    events = _report(estate, THEIRS, ISSUING).events
    assert {each.severity for each in events if each.certificate == THEIRS.certificate} == {
        severity
    }


def test_it_is_mended_when_another_is_shown() -> None:
    estate = Estate().server("b")
    before, after = (_report(estate, each, ISSUING) for each in (THEIRS, RENEWED))
    use = Use("default", BACKEND, "shown leaf")
    (told, _) = Usage([estate.inventory()], before.shown).in_use(Policy(), NOW)
    assert [each.uses for each in told.holdings] == [(use,)]
    assert told.services == ["backend.example.com:443"]

    def is_mended(estate: Estate, report: Report) -> bool:
        chains = Usage([estate.inventory()], report.shown).chains(use)
        name, end = told.certificate.sha256, told.certificate.not_after
        return chains is not None and is_replaced(str(name), end, use.role, chains)

    assert is_mended(estate, after)
    assert not is_mended(estate, before)
    assert not is_mended(estate, estate.report())  # nobody was asked
    assert is_mended(Estate(), Estate().report())  # it is called no more


def test_a_glob_for_endpoints_has_what_they_show() -> None:
    estate = Estate().server("b")
    scope, report = Scope(where="acme/prod/targetservers/*"), _report(estate, THEIRS)
    assert list(without_certificates([scope], [estate.inventory()])) == [scope]
    assert list(without_certificates([scope], [estate.inventory()], report.shown)) == []


def test_what_is_switched_off_for_the_service_is_not_told() -> None:
    estate = Estate().server("b")
    scope = Scope(rule="served-certificate-expiring", where="backend.example.com:443")
    policy = Policy(overrides=(Override(scope, None),))
    usage = Usage([estate.inventory()], _report(estate, THEIRS).shown)
    assert usage.in_use(policy, NOW) == ()
    assert len(usage.in_use(Policy(), NOW)) == 1
