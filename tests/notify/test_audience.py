"""Each owner gets what is theirs, and no more; what is nobody's has somebody who gets it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.reading import InstalledGap
from edgeaudit.audit.timeline import timeline
from edgeaudit.audit.uses import Usage
from edgeaudit.inventory import Gap
from edgeaudit.notify.audience import Audience, Route
from edgeaudit.reports import FORMATS
from edgeaudit.reports.json import as_data
from edgeaudit.shard import Shard
from tests.audit.estate import ISSUING, TRUST, Estate
from tests.audit.services import observed, service
from tests.factories import NOW
from tests.reports.sample import REPORT

OLD = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=3))
PAYMENTS = Route("acme/prod/keystores/payments*")
ORDERS = Route("acme/prod/keystores/orders/*")
OWNER, REST = Audience((PAYMENTS,)), Audience(taken=(PAYMENTS, ORDERS))


def _estate() -> Estate:
    estate = Estate()
    for name in ("payments", "payments-2", "orders", "web"):
        estate.store(name, x=[OLD]).host(name, keystore=name, key_alias="x")
    return estate


def _gap(where: str, installation: str = "default") -> InstalledGap:
    return InstalledGap(installation, Gap(where, "forbidden"))


def test_what_was_left_out_is_told_to_whom_it_may_concern() -> None:
    report = replace(REPORT, left_out=("acme/portal", "other/prod", "acme/prod"))
    assert OWNER.report(report).left_out == ("acme/prod",)
    assert REST.report(report).left_out == report.left_out


@pytest.mark.parametrize(
    ("audience", "stores"),
    [
        (OWNER, ["payments", "payments-2"]),
        (Audience((ORDERS,)), ["orders"]),
        (REST, ["web"]),
        (Audience((ORDERS,), taken=(PAYMENTS, ORDERS)), ["orders", "web"]),
        (Audience(taken=()), ["orders", "payments", "payments-2", "web"]),
        (Audience((Route("*", "east"),)), []),
        (Audience((Route("*", "def*"),)), ["orders", "payments", "payments-2", "web"]),
    ],
)
def test_whose_a_place_is(audience: Audience, stores: list[str]) -> None:
    usage = Usage([_estate().inventory()])
    view = audience.view(usage.in_use(Policy(), NOW), ())
    found = [one.where for used in view.in_use for one in used.holdings]
    assert sorted(found) == sorted(f"acme/prod/keystores/{name}/x#0" for name in stores)


@pytest.mark.parametrize(
    ("where", "may_miss"),
    [
        ("127.0.0.1:8080", True),
        ("acme", True),
        ("acme/prod", True),
        ("acme/prod/references", True),
        ("acme/prod/keystores", True),
        ("acme/prod/keystores/payments-2", True),
        ("acme/prod/keystores/payments/x", True),
        ("acme/prod/keystores/web", False),
        ("acme/prod/virtualhosts/web", True),  # it may use what is theirs
        ("acme/test/references", False),
        ("other/prod", False),
    ],
)
def test_whose_a_gap_is(where: str, may_miss: bool) -> None:
    gap = _gap(where)
    assert OWNER.view((), [gap]).gaps == ((gap,) if may_miss else ())
    assert REST.view((), [gap]).gaps == (gap,)


def test_a_gap_of_another_installation() -> None:
    audience = Audience((Route("acme/*", "east"),))
    assert audience.view((), [_gap("acme", "west")]).gaps == ()
    assert audience.view((), [_gap("the whole audit", "")]).gaps != ()


def test_a_report_of_ones_own() -> None:
    report = OWNER.report(_estate().report())
    told = json.dumps(as_data(report))
    assert "keystores/payments/x" in told
    assert "keystores/orders" not in told
    assert "keystores/web" not in told
    (found,) = report.certificates
    assert len(found.found_at) == 2
    assert all(each.where.startswith("acme/prod/keystores/payments") for each in report.findings)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_tells_an_owner_of_anothers(name: str) -> None:
    """Not even one that looks ahead."""
    render = FORMATS[name]
    assert "orders" in render(_estate().report()) or name == "nagios"
    assert "orders" not in render(OWNER.report(_estate().report()))


@pytest.mark.parametrize("installations", [("default",), ("east", "west")])
def test_a_finding_on_an_endpoint_is_told_where_that_has_its_certificate(
    installations: tuple[str, ...],
) -> None:
    """Not where the same certificate lies for another endpoint."""
    estate = Estate()
    for name in "ab":
        estate.store(name, x=[OLD]).host(name, ["else.where"], keystore=name, key_alias="x")
    inventories = [estate.inventory(each) for each in installations]
    report = judge(inventories, TRUST, Policy(), NOW, NOW)
    rule = "uncovered-host-alias"
    for name in "ab":
        own = Audience((Route(f"acme/prod/keystores/{name}/*", installations[0]),)).report(report)
        found = [(one.installation, one.where) for one in own.findings if one.rule == rule]
        assert found == [(installations[0], f"acme/prod/virtualhosts/{name}")]
    assert len([one for one in REST.report(report).findings if one.rule == rule]) > 1


def test_what_a_backend_shows_is_told_to_those_who_call_it() -> None:
    estate = Estate().server("payments").server("orders")
    report = estate.report(observations=observed(estate, service([OLD])))
    audience = Audience((Route("acme/prod/targetservers/payments"),))
    own = audience.report(report)
    where = ("acme/prod/targetservers/payments",)
    assert [each.found_at for each in own.certificates] == [where]
    assert [each.in_use_at for each in own.events] == [where]
    assert "orders" not in str([own.certificates, own.events, own.findings])


def test_what_other_shards_need_is_not_told_to_an_owner() -> None:
    report = replace(REPORT, shard=Shard(1, 2), keys_held=REPORT.findings[:1])
    assert report.keys_held
    for audience in (OWNER, REST):
        assert audience.report(report).keys_held == ()
    assert Audience(taken=()).report(report) == report


def test_a_report_for_all_is_whole() -> None:
    assert Audience(taken=()).report(REPORT) == REPORT
    assert Audience((Route("acme/test/*"),)).report(REPORT).stale_suppressions == ()


def test_dates_of_ones_own() -> None:
    inventories = [_estate().inventory("east"), _estate().inventory("west")]
    made = timeline(inventories, Policy(), NOW, NOW + timedelta(days=9), NOW)
    own = Audience((Route("*/payments/*", "west"),)).timeline(made)
    (event,) = own.events
    assert event.in_use_at == ("west:acme/prod/keystores/payments/x#0",)
    assert Audience((Route("*/none/*"),)).timeline(made).events == ()
