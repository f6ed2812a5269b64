"""Reports that are made one say what an audit of all would have said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.engine import judge
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.merging import merged
from edgeaudit.audit.policy import Override, Policy, Suppression
from edgeaudit.audit.scope import Scope
from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap
from edgeaudit.reports.json import as_data, render
from edgeaudit.reports.parsed import parse
from edgeaudit.shard import Shard
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate, secure
from tests.audit.practice import practice
from tests.factories import NOW
from tests.schemas import validate

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report
    from edgeaudit.inventory import Inventory

LATER = NOW + timedelta(minutes=2)


def _entry(rule: str, where: str = "*", day: date | None = None) -> Suppression:
    return Suppression(Scope(rule, where), "known", day, "somebody")


POLICIES = {
    "plain": Policy(),
    "suppressed": Policy(
        suppressions=(
            _entry("shared-certificate", "acme/sandbox/*"),
            _entry("weak-key", "acme/*"),
            _entry("expired-certificate", "acme/prod/*", NOW.date()),
            _entry("expired-certificate", "*", NOW.date() - timedelta(days=1)),
            _entry("no-truststore", "acme/nowhere/*"),
            _entry("dangling-reference", "wellkept/*"),
        )
    ),
    "off": Policy(overrides=(Override(Scope("shared-certificate"), None),)),
}


@cache
def _whole(policy: str) -> Report:
    inventory, trust = practice()
    return judge([inventory], trust, POLICIES[policy], NOW, NOW)


@cache
def _part(policy: str, shard: Shard) -> Report:
    """What an audit of that part writes, read back."""
    inventory, trust = practice()
    own = tuple(each for each in inventory.environments if shard.has(each.where))
    part = replace(inventory, environments=own, shard=shard)
    text = render(judge([part], trust, POLICIES[policy], NOW, LATER))
    validate(json.loads(text), "report")
    return parse(text, "a part")


@pytest.mark.parametrize("of", [3, *(pytest.param(of, marks=pytest.mark.full) for of in (1, 7))])
@pytest.mark.parametrize(
    "policy",
    ["suppressed", *(pytest.param(one, marks=pytest.mark.full) for one in ("plain", "off"))],
)
def test_shards_are_the_whole(policy: str, of: int) -> None:
    parts = [_part(policy, Shard(number, of)) for number in range(of, 0, -1)]
    expected = {**as_data(_whole(policy)), "made_at": as_data(merged(parts))["made_at"]}
    assert as_data(merged(parts)) == expected
    if policy != "off":
        assert "shared-certificate" in {each["rule"] for each in expected["findings"]}


def test_a_part_that_is_missing() -> None:
    parts = [_part("plain", Shard(number, 3)) for number in (1, 3)]
    report = merged(parts)
    (gap,) = report.gaps
    assert (gap.gap.where, gap.gap.reason) == ("shard 2/3", "not_found")
    assert not report.is_complete
    assert not report.installations[0].is_complete


def _report(inventory: Inventory) -> Report:
    return parse(render(judge([inventory], TRUST, Policy(), NOW, NOW)), "a report")


EAST, WEST = secure().inventory("east"), secure([LEAF]).inventory("west")


def test_installations_are_as_if_audited_together() -> None:
    together = judge([EAST, WEST], TRUST, Policy(), NOW, NOW)
    assert as_data(merged([_report(WEST), _report(EAST)])) == as_data(together)


def test_what_both_left_out_stands_once() -> None:
    both = [replace(each, left_out=("acme/portal",)) for each in (EAST, WEST)]
    apart = merged([_report(each) for each in both])
    assert judge(both, TRUST, Policy(), NOW, NOW).left_out == apart.left_out == ("acme/portal",)


def test_an_endpoint_that_several_parts_have_asked() -> None:
    def part(severity: Severity, affected: str) -> Report:
        report = _report(secure([LEAF]).inventory())
        (found,) = (each for each in report.findings if each.rule == "incomplete-chain")
        return replace(report, findings=(replace(found, severity=severity, affects=(affected,)),))

    parts = [part(Severity.WARNING, "acme/test/x"), part(Severity.ERROR, "acme/prod/x")]
    for each in (parts, parts[::-1]):
        (found,) = merged(each).findings
        assert (found.severity, found.affects) == (Severity.ERROR, ("acme/prod/x", "acme/test/x"))


def test_two_servers_of_one_name() -> None:
    other = replace(EAST, source="http://elsewhere")
    with pytest.raises(InputError, match="two servers are called east"):
        merged([_report(EAST), _report(other)])


def test_the_same_report_twice_is_that_report() -> None:
    estate = secure([LEAF])
    estate.gaps = [Gap("acme/prod/references", "forbidden", "HTTP 403")]
    one = _report(estate.inventory())
    whole = as_data(one)
    both = as_data(merged([one, one]))
    assert {**both, "examined": whole["examined"]} == whole


# reading back


def test_what_was_written_is_read() -> None:
    whole = _whole("suppressed")
    assert as_data(parse(render(whole), "it")) == as_data(whole)


def test_the_mend_is_told_as_it_was() -> None:
    read = parse(render(_whole("plain")), "it")
    assert {each.id: (each.remedy, each.steps) for each in read.findings} == {
        each.id: (each.remedy, each.steps) for each in _whole("plain").findings
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it is no report of an audit"),
        ('{"schema": "edgeaudit/impact/1"}', "it is no report of an audit"),
        ('{"schema": "edgeaudit/report/1"}', "it is a damaged report of an audit"),
        ('{"schema": "edgeaudit/report/2"}', "it is a report of a later edgeaudit"),
        ('{"schema": 7}', "it is no report of an audit"),
    ],
)
def test_what_is_no_report(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(text, "it")


SMALL = as_data(judge([secure([ISSUING]).inventory()], TRUST, POLICIES["plain"], NOW, NOW))
ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(st.data())
def test_a_damaged_report_is_said_to_be_one(data: Any) -> None:
    """Whatever stands in the place of a value, it is read or refused in one sentence."""
    report: Any = json.loads(json.dumps(SMALL))
    at = report
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
            at[key] = data.draw(ODD | st.lists(ODD, max_size=2))
            break
        at = at[key]
    try:
        read = parse(json.dumps(report), "it")
    except InputError:
        return
    render(merged([read]))


def test_nothing_at_all() -> None:
    assert merged([_report(Estate().inventory())]).findings == ()
