"""What stops working when, and for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Policy, Threshold
from edgeaudit.audit.timeline import Event, Timeline, timeline
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from datetime import datetime

EXPIRED = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=3))
AHEAD = ISSUING.leaf("new.example.com", not_before=NOW + timedelta(days=2))


def _timeline(*estates: Estate, until: datetime = NOW + timedelta(days=365)) -> Timeline:
    names = ["east", "west"] if len(estates) > 1 else ["default"]
    inventories = [one.inventory(name) for one, name in zip(estates, names, strict=True)]
    return timeline(inventories, Policy(), NOW, until, NOW)


def _told(*estates: Estate) -> list[tuple[str, str]]:
    return [(each.kind, each.certificate.subject) for each in _timeline(*estates).events]


def _only(*estates: Estate) -> Event:
    (event,) = _timeline(*estates).events
    return event


def test_the_order_is_that_of_the_dates() -> None:
    assert _told(secure([LEAF, EXPIRED, AHEAD])) == [
        ("expires", "CN=old.example.com"),
        ("becomes_valid", "CN=new.example.com"),
        ("expires", "CN=api.example.com"),
        ("expires", "CN=new.example.com"),
    ]


def test_what_comes_later_is_counted() -> None:
    made = _timeline(secure([LEAF, ISSUING]), until=NOW + timedelta(days=335))
    assert ([each.certificate for each in made.events], made.later) == ([LEAF.certificate], 1)
    assert _timeline(secure([LEAF]), until=NOW + timedelta(days=334)).events == ()


def test_a_certificate_stands_once_with_all_whom_it_affects() -> None:
    estate = secure([LEAF]).store("copy", x=[LEAF]).store("former", x=[LEAF])
    event = _only(estate.server("b", keystore="copy", key_alias="x"))
    assert event.in_use_at == ("acme/prod/keystores/copy/x#0", "acme/prod/keystores/web/server#0")
    assert event.also_at == ("acme/prod/keystores/former/x#0",)
    assert event.affects == (
        "acme/prod/proxies/b-proxy",
        "acme/prod/targetservers/b",
        "acme/prod/virtualhosts/web",
    )


def test_what_nothing_uses_is_only_counted() -> None:
    made = _timeline(secure([LEAF]).store("former", x=[EXPIRED]))
    assert [each.certificate for each in made.events] == [LEAF.certificate]
    assert made.unused == 1


def test_what_may_be_used_is_told() -> None:
    estate = Estate().store("s", x=[EXPIRED]).cannot_read("virtual_hosts")
    assert _only(estate).severity is Severity.ERROR


@pytest.mark.parametrize(
    ("estate", "severity"),
    [
        (Estate().server("b", truststore="s"), Severity.WARNING),
        (Estate().host("h", truststore="s", client_auth=True), Severity.ERROR),
        (Estate().server("b", truststore="s").host("h", truststore="s"), Severity.ERROR),
        (Estate().server("b", keystore="s", key_alias="root"), Severity.ERROR),
    ],
)
def test_java_does_not_look_at_the_dates_of_an_anchor(estate: Estate, severity: Severity) -> None:
    old = ROOT.intermediate("Old Root", not_after=NOW - timedelta(days=1))
    assert _only(estate.store("s", root=[old])).severity is severity


def test_several_installations() -> None:
    event = _only(secure([LEAF]), mutual([LEAF]))
    assert event.installations == ("east", "west")
    assert event.in_use_at == (
        "east:acme/prod/keystores/web/server#0",
        "west:acme/prod/keystores/client/me#0",
    )
    assert event.affects[0] == "east:acme/prod/virtualhosts/web"


@pytest.mark.parametrize(
    ("policy", "days_before"),
    [
        (Policy(), [30, 7]),
        (Policy(Threshold(share=0.2), Threshold(days=7)), [73, 7]),
        (Policy(Threshold(days=10), Threshold(days=10)), [10]),
        (Policy(Threshold(days=400), Threshold(days=0)), [0]),
    ],
)
def test_alarms_go_off_where_the_policy_warns(policy: Policy, days_before: list[int]) -> None:
    made = timeline([secure([LEAF]).inventory()], policy, NOW, NOW + timedelta(days=365), NOW)
    end = LEAF.certificate.not_after
    assert made.events[0].alarms == tuple(end - timedelta(days=days) for days in days_before)
    for alarm, threshold in zip(made.events[0].alarms, [policy.warn_within], strict=False):
        if policy.warn_within.days < 400:
            assert threshold.is_reached(LEAF.certificate, alarm)
            assert not threshold.is_reached(LEAF.certificate, alarm - timedelta(seconds=1))


def test_what_has_expired_alarms_nobody() -> None:
    assert _only(secure([EXPIRED])).alarms == ()
