"""`edgeaudit timeline`, as a user meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from edgeaudit.cli import access, run
from edgeaudit.inventory import Gap
from tests.audit.estate import LEAF, Estate, secure
from tests.factories import NOW
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def told(monkeypatch: Any, capsys: Any) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on a small estate: status, stdout, stderr."""
    monkeypatch.setenv("EDGEAUDIT_URL", "http://127.0.0.1:1")

    def running(*arguments: str, estate: Estate | None = None) -> tuple[int, str, str]:
        inventory = (estate or secure([LEAF])).inventory()
        monkeypatch.setattr(access, "read", lambda *_, **__: [inventory])
        status = run(["timeline", "--at", NOW.isoformat(), *arguments])
        return (status, *capsys.readouterr())

    return running


def test_a_year_ahead(told) -> None:
    status, out, err = told()
    assert (status, err) == (0, "")
    assert out.startswith("2027-10-24 12:00  CN=api.example.com expires in 335 days\n")
    assert "\n\n1 event until 2027-11-23 12:00 UTC, 0 later; " in out


@pytest.mark.parametrize(("until", "events"), [("+1mo", 0), ("+335d", 1), ("2027-10-25", 1)])
def test_until(told, until: str, events: int) -> None:
    data = json.loads(told("--until", until, "--format", "json")[1])
    validate(data, "timeline")
    assert data["summary"] == {"events": events, "later": 1 - events, "unused": 0, "gaps": 0}


def test_until_is_counted_from_the_time_judged_at(told) -> None:
    data = json.loads(told("--at", "2030-02-28", "--format", "json")[1])
    assert (data["at"], data["until"]) == ("2030-02-28T00:00:00Z", "2031-02-28T00:00:00Z")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--until", "soon"], "--until soon: that is no time"),
        (["--until", "2020-01-01"], "--until 2020-01-01 is before what is judged at"),
        (["--at", "soon"], "--at soon: that is no time"),
        (["--format", "csv"], "Invalid value for '--format'"),
        (["--output", "csv=x"], 'there is no format "csv"'),
        (["--output", "x"], "--output: found"),
        (["--output", "json=x", "--output", "ics=x"], "--output: found"),
    ],
)
def test_wrong_usage(told, arguments: list[str], message: str) -> None:
    status, out, err = told(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"edgeaudit: error: {message}")


def test_what_could_not_be_read_gives_status_3(told) -> None:
    estate = secure([LEAF])
    estate.gaps = [Gap("acme/prod/references", "forbidden", "HTTP 403")]
    status, _, err = told(estate=estate)
    assert status == 3
    assert err == "edgeaudit: warning: acme/prod/references could not be read: HTTP 403\n"


def test_files_are_written_too(told, tmp_path) -> None:
    file, table = tmp_path / "edge.ics", tmp_path / "edge.txt"
    status, out, _ = told("--output", f"ics={file}", "--output", f"table={table}")
    assert status == 0
    assert "CN=api.example.com" in out
    assert table.read_text().split() == out.split()
    assert b"\r\nBEGIN:VEVENT\r\n" in file.read_bytes()
    (event,) = icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert event["summary"] == "CN=api.example.com expires"


def test_a_file_that_cannot_be_written(told, tmp_path) -> None:
    status, out, err = told("--output", f"ics={tmp_path}/none/edge.ics")
    assert status == 4
    assert "CN=api.example.com" in out
    assert "could not be written" in err


def test_the_audits_own_files_are_left_alone(told, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_OUTPUT", f"json={tmp_path}/report.json")
    assert told()[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_the_policy_of_the_configuration_sets_the_alarms(told, tmp_path) -> None:
    (tmp_path / "config.yaml").write_text("policy: {warn_within: 90d, error_within: 10%}\n")
    _, out, _ = told("--config", str(tmp_path / "config.yaml"), "--format", "ics")
    calendar = icalendar.Calendar.from_ical(out)
    days = [alarm.decoded("trigger").total_seconds() / 86400 for alarm in calendar.walk("VALARM")]
    assert days == [-90, -36.5]
