"""Each certificate is told once a step; a mend only when it is seen; gaps while they last."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.policy import Override, Policy, Suppression
from edgeaudit.audit.reading import InstalledGap
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.uses import Usage
from edgeaudit.inventory import Gap
from edgeaudit.notify.ladder import completeness, digest, expiries, step
from edgeaudit.notify.memory import Memory
from tests.audit.estate import ISSUING, ROOT, Estate, mutual, secure
from tests.audit.services import observed, service
from tests.factories import NOW, Made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

DAY = timedelta(days=1)
STEPS = (60, 30, 14, 7, 3, 1, 0)
OLD = ISSUING.leaf("old.example.com", not_after=NOW + 10 * DAY)
NEW = ISSUING.leaf("new.example.com", not_after=NOW + 300 * DAY)
SHORT = ISSUING.leaf("short.example.com", not_after=NOW + 9 * DAY)
GAP = InstalledGap("default", Gap("acme/prod/references", "forbidden", "HTTP 403"))
OTHER = InstalledGap("default", Gap("acme/prod/virtualhosts", "forbidden", "HTTP 403"))


def _run(
    memory: Memory, estate: Estate, now: datetime = NOW, steps: Sequence[int] = STEPS
) -> tuple[list[tuple[str, int]], list[str], Memory]:
    """Who crossed which step, who is mended, and the memory after it."""
    usage = Usage([estate.inventory()])
    notice, later = expiries(memory, usage.in_use(Policy(), now), usage.chains, steps, now)
    crossed = (
        [(each.in_use.certificate.subject, each.step) for each in notice.crossings]
        if (notice)
        else []
    )
    return crossed, [each.told.subject for each in notice.mended] if notice else [], later


def _mended(before: Estate, after: Estate) -> list[str]:
    """Who is mended when, after the first estate was told of, the second one is read."""
    crossed, _, memory = _run(Memory(), before)
    assert crossed
    return _run(memory, after, NOW + DAY)[1]


def test_a_certificate_is_told_once_a_step() -> None:
    memory, told = Memory(), []
    for day in range(14):
        crossed, mended, memory = _run(memory, secure([OLD]), NOW + day * DAY)
        told += [(day, step) for _, step in crossed]
        assert mended == []
    assert told == [(0, 14), (3, 7), (7, 3), (9, 1), (10, 0)]


def test_a_short_life_that_is_only_shown_is_told_of_near_its_end() -> None:
    machine = ISSUING.leaf("m", not_before=NOW - 50 * DAY, not_after=NOW + 40 * DAY)
    estate = Estate().server("b")
    report = estate.report(observations=observed(estate, service([machine])))
    (told,) = Usage([estate.inventory()], report.shown).in_use(Policy(), NOW)
    days = [step(told, STEPS, NOW + each * DAY) for each in (0, 15, 23, 27)]
    assert days == [None, None, 30, 14]


def test_a_day_without_a_run_skips_a_step_and_no_more() -> None:
    _, _, memory = _run(Memory(), secure([OLD]))
    assert _run(memory, secure([OLD]), NOW + 8 * DAY)[0] == [("CN=old.example.com", 3)]


@given(st.integers(-30, 100), st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_no_step_is_told_twice_and_the_last_one_always(left: int, pauses: list[int]) -> None:
    made = ISSUING.leaf("x", not_after=NOW + left * DAY) if left != 10 else OLD
    usage = Usage([secure([made]).inventory()])
    memory, now, told = Memory(), NOW, []
    for pause in pauses:
        now += pause * DAY
        used = usage.in_use(Policy(), now)
        notice, memory = expiries(memory, used, usage.chains, STEPS, now)
        told += [each.step for each in notice.crossings] if notice else []
    remaining = (made.certificate.not_after - now).days
    reached = [step for step in STEPS if remaining <= step]
    assert told == sorted(set(told), reverse=True)
    assert told[-1:] == reached[-1:]


def test_one_certificate_in_many_places_is_one() -> None:
    estate = secure([OLD])
    for name in "abcdef":
        estate.store(name, x=[OLD]).host(name, keystore=name, key_alias="x")
    usage = Usage([estate.inventory()])
    (used,) = usage.in_use(Policy(), NOW)
    assert len(used.holdings) == 7
    assert _run(Memory(), estate)[0] == [("CN=old.example.com", 14)]


def test_what_nothing_uses_is_not_told() -> None:
    assert _run(Memory(), Estate().store("s", x=[OLD]))[0] == []


def _switched(refers: str) -> Estate:
    estate = Estate().store("old", x=[OLD]).store("new", x=[NEW]).reference("web", refers)
    return estate.host("h", keystore="ref://web", key_alias="x")


ALIVE = ["CN=old.example.com"]
WEB: dict[str, Any] = {"keystore": "web", "key_alias": "server"}


@pytest.mark.parametrize(
    ("before", "after", "mended"),
    [
        (secure([OLD]), secure([NEW]), ALIVE),
        (secure([OLD, ISSUING]), secure([NEW, ISSUING]), ALIVE),
        (_switched("old"), _switched("new"), ALIVE),
        (mutual([OLD]), mutual([NEW]), ALIVE),
        (mutual([OLD]), mutual([OLD], is_enabled=False), ALIVE),
        (secure([OLD]), Estate(), ALIVE),
        (secure([OLD]), secure([OLD]).host("web", **WEB, enabled=False), ALIVE),
        # what took its place ends even sooner
        (secure([OLD]), secure([SHORT]), []),
        # still there, in one of two places
        (
            secure([OLD]).store("b", x=[OLD]).host("b", keystore="b", key_alias="x"),
            secure([NEW]).store("b", x=[OLD]).host("b", keystore="b", key_alias="x"),
            [],
        ),
        # broken, and not mended
        (_switched("old"), _switched("gone"), []),
        (secure([OLD]), Estate().host("web", **WEB), []),
        (secure([OLD]), Estate().store("web").host("web", **WEB), []),
        (secure([OLD]), secure([NEW]).host("web"), []),
        # not read this time
        (secure([OLD]), secure([NEW]).change_alias("web", "server", is_complete=False), []),
        (secure([OLD]), secure([NEW]).change_alias("web", "server", chain=()), []),
        (secure([OLD]), Estate().store("web", unread=["server"]).host("web", **WEB), []),
        (secure([OLD]), Estate().cannot_read("virtual_hosts"), []),
        (secure([OLD]), Estate().cannot_read("virtual_hosts", "web"), []),
        (_switched("old"), _switched("new").cannot_read("references"), []),
        (_switched("old"), _switched("new").cannot_read("references", "web"), []),
        (mutual([OLD]), Estate().cannot_read("target_servers"), []),
    ],
)  # fmt: skip
def test_a_mend_is_told_when_it_is_seen(before: Estate, after: Estate, mended: list[str]) -> None:
    assert _mended(before, after) == mended


def test_an_environment_that_was_not_read_mends_nothing() -> None:
    _, _, memory = _run(Memory(), secure([OLD]))
    notice, later = expiries(memory, (), Usage([]).chains, STEPS, NOW + DAY)
    assert (notice, later) == (None, memory)
    assert _run(later, secure([NEW]), NOW + 2 * DAY)[1] == ALIVE


def test_a_new_deployment_is_no_mend() -> None:
    def calling(revision: int, *chain: Made) -> Estate:
        estate = Estate().store("client", me=chain)
        return estate.proxy(
            "p", revision, url="https://b", keystore="client", key_alias="me", client_auth=True
        )

    assert _mended(calling(1, OLD), calling(2, OLD)) == []
    assert _mended(calling(1, OLD), calling(2, NEW)) == ALIVE


def test_anchors() -> None:
    old = ROOT.intermediate("Old Root", not_after=NOW + 10 * DAY)
    new = ROOT.intermediate("New Root", not_after=NOW + 900 * DAY)
    twin = ROOT.intermediate("Old Root", key=old.private_key, not_after=NOW + 900 * DAY)

    def trusting(*anchors: Made) -> Estate:
        aliases: dict[str, Any] = {f"a{nth}": [each] for nth, each in enumerate(anchors)}
        return Estate().server("b", truststore="s").store("s", keys=False, **aliases)

    assert _mended(trusting(old), trusting(new)) == ["CN=Old Root"]
    assert _mended(trusting(old), trusting(old, new)) == []
    assert _mended(trusting(old), trusting()) == []
    assert _run(Memory(), trusting(old, twin))[0] == [], "its successor stands beside it"
    assert _mended(trusting(old), trusting(twin)) == ["CN=Old Root"]


def test_what_comes_back_is_told_again() -> None:
    _, _, memory = _run(Memory(), secure([OLD]))
    _, mended, memory = _run(memory, secure([NEW]), NOW + DAY)
    assert mended == ALIVE
    assert _run(memory, secure([OLD]), NOW + 2 * DAY)[0] == [("CN=old.example.com", 14)]


def test_what_is_long_gone_is_forgotten() -> None:
    _, _, memory = _run(Memory(), secure([OLD]))
    _, _, memory = _run(memory, Estate().cannot_read("virtual_hosts"), NOW + 399 * DAY)
    assert len(memory.certificates) == 1
    _, _, memory = _run(memory, Estate().cannot_read("virtual_hosts"), NOW + 400 * DAY)
    assert memory.certificates == {}


def test_what_is_known_by_description_is_told_too() -> None:
    estate = secure([OLD]).describe_alias("web", "server", OLD)
    _, _, memory = _run(Memory(), estate)
    assert list(memory.certificates) == [f"{OLD.certificate.issuer} {OLD.certificate.serial}"]
    assert _run(memory, estate, NOW + DAY)[0] == []


def test_gaps_are_told_when_they_come_weekly_and_when_they_are_gone() -> None:
    days = {0: (GAP,), 1: (GAP,), 2: (GAP, OTHER), 3: (OTHER,), 4: (GAP,), 8: (GAP,), 9: (GAP,)}
    told, memory = {}, Memory()
    for day in range(14):
        gaps = days.get(day, () if day > 10 else (GAP,))
        notice, memory = completeness(memory, gaps, NOW + day * DAY)
        if notice:
            told[day] = notice.gaps
    assert told == {0: (GAP,), 2: (GAP, OTHER), 9: (GAP,), 11: ()}


@pytest.mark.parametrize(
    ("days", "sent"),
    [
        (range(15), [0, 7, 14]),  # NOW is a Monday
        (range(1, 16), [7, 14]),
        ([0, 1, 9, 10, 13, 14], [0, 9, 14]),
        (range(1, 60, 7), [8, 15, 22, 29, 36, 43, 50, 57]),  # only Tuesdays
    ],
)
def test_a_digest_a_week(days: Sequence[int], sent: list[int]) -> None:
    used = Usage([secure([OLD, ISSUING]).inventory()]).in_use(Policy(), NOW)
    memory, found = Memory(), []
    for day in days:
        notice, memory = digest(memory, used, (), STEPS, 0, NOW + day * DAY)
        if notice:
            found.append(day)
            assert [each.certificate for each in notice.in_use] == [OLD.certificate]
    assert found == sent


def test_what_a_policy_lets_pass_is_not_told() -> None:
    usage = Usage([secure([OLD]).inventory()])
    borne = Suppression(Scope("expir*", "acme/prod/*"), "known", (NOW + 5 * DAY).date())
    policy = Policy(suppressions=(borne,))
    assert usage.in_use(policy, NOW) == ()
    assert len(usage.in_use(policy, NOW + 6 * DAY)) == 1
    assert usage.in_use(Policy(overrides=(Override(Scope("expiring-*"), None),)), NOW) == ()
