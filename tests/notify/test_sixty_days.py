"""Sixty days of daily runs: exactly the mails of the ladder; none is lost, wherever a run crashes.

ageing  ends on day 59
kept    ends on day 20, and is never renewed
early   is renewed in its place on day 22
moved   its reference is switched on day 8, and references cannot be read until day 11
late    appears on day 12, six days before its end
broken  its alias is deleted on day 5, which is no mend
dead    expired long ago
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.policy import Policy
from edgeaudit.audit.reading import InstalledGap
from edgeaudit.audit.uses import Usage
from edgeaudit.errors import DeliveryError
from edgeaudit.inventory import Gap
from edgeaudit.notify.audience import View
from edgeaudit.notify.ladder import Completeness, Digest, Expiries
from edgeaudit.notify.state import State
from edgeaudit.notify.telling import Schedule, tell
from tests.audit.estate import ISSUING, Estate
from tests.factories import NOW, Made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgeaudit.notify.ladder import Notice

DAY = timedelta(days=1)
DAYS = range(60)
GAPS = (InstalledGap("default", Gap("acme/prod/references", "timeout", "it took too long")),)


def _made(name: str, days: float) -> Made:
    return ISSUING.leaf(name, not_after=NOW + days * DAY, not_before=NOW - 200 * DAY)


AGEING, KEPT, EARLY = _made("ageing", 59), _made("kept", 20), _made("early", 40)
MOVED, LATE, BROKEN = _made("moved", 18), _made("late", 18), _made("broken", 28)
DEAD, FRESH = _made("dead", -100), _made("fresh", 500)
LADDER: dict[str, dict[int, int | str]] = {
    "ageing": {0: 60, 29: 30, 45: 14, 52: 7, 56: 3, 58: 1, 59: 0},
    "kept": {0: 30, 6: 14, 13: 7, 17: 3, 19: 1, 20: 0},
    "early": {0: 60, 10: 30, 22: "mended"},
    "moved": {0: 30, 4: 14, 11: "mended"},
    "late": {12: 7, 15: 3, 17: 1, 18: 0},
    "broken": {0: 30},
    "dead": {0: 0},
    "all": {8: "incomplete", 11: "complete"},
}
EXPECTED = {(day, name, told) for name, days in LADDER.items() for day, told in days.items()}
EXPECTED |= {(day, "all", "digest") for day in DAYS[::7]}
NEWS = {event[1:] for event in EXPECTED}


def _estate(day: int) -> Estate:
    estate = Estate()
    chains = {"ageing": AGEING, "kept": KEPT, "early": EARLY if day < 22 else FRESH, "dead": DEAD}
    chains |= {"broken": BROKEN} if day < 5 else {}
    chains |= {"late": LATE} if day >= 12 else {}
    for name, leaf in chains.items():
        estate.store(name, x=[leaf])
    for name in (*chains, "broken"):
        estate.host(name, keystore=name, key_alias="x")
    for place in ("copy", "copy-of-copy"):
        estate.store(place, x=[AGEING]).server(place, keystore=place, key_alias="x")
    estate.store("moved", x=[MOVED]).store("moved-2", x=[FRESH])
    estate.reference("moved", "moved" if day < 8 else "moved-2")
    estate.host("moved", keystore="ref://moved", key_alias="x")
    return estate.cannot_read("references") if _has_gap(day) else estate


def _has_gap(day: int) -> bool:
    return day in {8, 9, 10}


@lru_cache(maxsize=1)
def _world() -> list[tuple[View, Usage]]:
    """What each day's run reads."""
    usages = [Usage([_estate(day).inventory()]) for day in DAYS]
    return [
        (View(usage.in_use(Policy(), NOW + day * DAY), GAPS if _has_gap(day) else ()), usage)
        for day, usage in enumerate(usages)
    ]


def _events(notice: Notice) -> Iterator[tuple[str, int | str]]:
    match notice:
        case Expiries():
            for crossing in notice.crossings:
                yield crossing.in_use.certificate.subject.removeprefix("CN="), crossing.step
            yield from ((each.told.subject.removeprefix("CN="), "mended") for each in notice.mended)
        case Completeness():
            yield "all", "incomplete" if notice.gaps else "complete"
        case Digest():
            yield "all", "digest"


class Crash(BaseException):
    """The process is gone."""


class Runs:
    """Daily runs with a state file; `sent` are the events of each mail, with their days."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: list[list[tuple[int, str, int | str]]] = []
        self.fails = False

    def run(self, day: int) -> None:
        view, usage = _world()[day]
        state = State(self.path, lambda _: None)

        def send(notice: Notice) -> None:
            if self.fails:
                raise DeliveryError("the line dropped")
            self.sent.append([(day, *event) for event in _events(notice)])

        with state.locked():
            tell(
                view,
                usage.chains,
                Schedule((60, 30, 14, 7, 3, 1, 0), digest=0),
                NOW + day * DAY,
                lambda: state.memory("mail a@example.com"),
                lambda memory: state.keep("mail a@example.com", memory),
                send,
            )

    @property
    def events(self) -> list[tuple[int, str, int | str]]:
        return [event for mail in self.sent for event in mail]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_exactly_the_mails_of_the_ladder(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "told.json")
    for day in DAYS:
        runs.run(day)
        runs.run(day)  # another run on the same day has nothing to add
    assert set(runs.events) == EXPECTED
    assert len(runs.events) == len(EXPECTED)
    kinds = [(mail[0][0], mail[0][2] if mail[0][1] == "all" else "expiries") for mail in runs.sent]
    assert len(kinds) == len(set(kinds)), "one mail of a kind a day"


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.full)])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("rests", [False, True])
def test_a_crash_at_any_write_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, rests: bool, every: int
) -> None:
    """Before or after the new state takes its place; the next run is at once, or a day later."""
    real = State._write
    writes = 0

    def write(self: State, text: str) -> None:
        nonlocal writes
        writes += 1
        if writes != crash_at or moment == "after":
            real(self, text)
        if writes == crash_at:
            raise Crash

    monkeypatch.setattr(State, "_write", write)
    crash_at, crashed = 1 - every, True
    while crashed:
        crash_at, writes, crashed = crash_at + every, 0, False
        runs = Runs(tmp_path / f"{crash_at}.json")
        for day in DAYS:
            try:
                runs.run(day)
            except Crash:
                crashed = True
                if not rests:
                    runs.run(day)
        assert NEWS - {event[1:] for event in runs.events} == set(), f"write {crash_at}"
        again = len(runs.events) - len(EXPECTED)
        assert again <= (6 if moment == "before" else 0) + rests, f"write {crash_at}"
    assert crash_at > 25


@pytest.mark.parametrize("day", [0, 6, 11, 22, 58])
def test_what_could_not_be_sent_is_sent_by_the_next_run(tmp_path: Path, day: int) -> None:
    runs = Runs(tmp_path / "told.json")
    for today in DAYS:
        runs.fails = today == day
        runs.run(today)
        runs.fails = False
        runs.run(today)
    assert set(runs.events) == EXPECTED
    assert len(runs.events) == len(EXPECTED)


def test_a_lost_state_tells_each_certificate_once_more(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "told.json")
    for day in DAYS:
        if day == 30:
            runs.path.unlink()
            before = len(runs.events)
        runs.run(day)
    again = [event for event in runs.events[before:] if event[0] == 30]
    assert sorted(again) == [(30, "ageing", 30), (30, "dead", 0), (30, "kept", 0), (30, "late", 0)]
    assert len(runs.events) == len(EXPECTED) + len(again)


def test_a_state_that_is_put_back_from_a_backup_tells_twice_rather_than_never(
    tmp_path: Path,
) -> None:
    runs: Any = Runs(tmp_path / "told.json")
    kept = b""
    for day in DAYS:
        if day == 10:
            kept = runs.path.read_bytes()
        if day == 20:
            runs.path.write_bytes(kept)
        runs.run(day)
    assert {event[1:] for event in runs.events} == NEWS
