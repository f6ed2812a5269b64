"""What stops working when, in every format."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.timeline import Event, Timeline, timeline
from edgeaudit.inventory import Gap
from edgeaudit.location import printable
from edgeaudit.reports.timeline import FORMATS, render
from tests.audit.estate import ISSUING, LEAF, Estate, secure
from tests.factories import NOW
from tests.reports.sample import HOSTILE
from tests.schemas import validate

UNTIL = NOW + timedelta(days=365)
OLD = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=3))
AHEAD = ISSUING.leaf("new.example.com", not_before=NOW + timedelta(days=2))


def _timeline(estate: Estate, made_at: Any = NOW) -> Timeline:
    return timeline([estate.inventory()], Policy(), NOW, UNTIL, made_at)


def _named(text: str) -> Timeline:
    """A timeline in which outsiders had their say."""
    event = Event(
        NOW, "expires", Severity.WARNING, HOSTILE, (text,), {text: (text,)}, (text,), (NOW,)
    )
    gap = InstalledGap("default", Gap(text or "-", "forbidden", text, text))
    source = Installation(text, text, is_complete=False)
    return Timeline(NOW, NOW, UNTIL, (source,), (event,), 0, 0, (gap,), (text,))


TIMELINE = _timeline(secure([OLD, LEAF, AHEAD]).proxy("orders", hosts=["web"]))
UNREAD_ESTATE = secure([LEAF])
UNREAD_ESTATE.gaps = [Gap("acme/prod/references", "forbidden", "HTTP 403: no permission")]


def _events(text: str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def test_the_table() -> None:
    told = render(TIMELINE)
    assert told.startswith(
        "2026-11-20 12:00  CN=old.example.com expired 3 days ago\n"
        "  in              acme/prod/keystores/web/server#0\n"
        "  affects         acme/prod/proxies/orders\n"
        "                  acme/prod/virtualhosts/web\n"
        "\n"
        "2026-11-25 12:00  CN=new.example.com becomes valid in 2 days\n"
    )
    assert told.endswith(
        "\n\n4 events until 2027-11-23 12:00 UTC, 0 later; 0 certificates that nothing uses not "
        "told; everything\ncould be read.\n"
    )


def test_a_table_of_nothing() -> None:
    assert render(_timeline(Estate())).startswith("0 events until 2027-11-23 12:00 UTC, 0 later; ")


def test_mild_ends_are_told_mildly() -> None:
    assert "a warning only: Java does not look" in render(_named("x"))
    assert "a warning only" not in render(TIMELINE)


def test_at_most_ten_places_of_a_kind() -> None:
    estate = Estate()
    for number in range(12):
        estate.store(f"s{number}", x=[LEAF]).host(
            f"h{number}", keystore=f"s{number}", key_alias="x"
        )
    told = render(_timeline(estate))
    assert told.count("and 2 more") == 2
    assert told.count("keystores/") == 10


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    assert max(map(len, render(TIMELINE, width=width).splitlines())) <= width


@pytest.mark.parametrize(
    "made", [TIMELINE, _timeline(UNREAD_ESTATE), _named("x"), _timeline(Estate())]
)
def test_json_is_as_its_schema_says(made: Timeline) -> None:
    validate(json.loads(FORMATS["json"](made)), "timeline")


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hides_that_something_could_not_be_read(name: str) -> None:
    told = " ".join(FORMATS[name](_timeline(UNREAD_ESTATE)).split())
    assert "acme/prod/references" in told or "1 place could not be read" in told


def test_a_calendar_is_read_back() -> None:
    events = _events(FORMATS["ics"](TIMELINE))
    assert [str(each["summary"]) for each in events] == [
        "CN=old.example.com expired",
        "CN=new.example.com becomes valid",
        "CN=api.example.com expires",
        "CN=new.example.com expires",
    ]
    assert [each.decoded("dtstart") for each in events] == [one.moment for one in TIMELINE.events]
    assert {each.decoded("dtstamp") for each in events} == {NOW}
    assert len({str(each["uid"]) for each in events}) == 4
    assert all("acme/prod/proxies/orders" in each["description"] for each in events)
    alarms = [[alarm.decoded("trigger") for alarm in each.walk("VALARM")] for each in events]
    both = [timedelta(days=-30), timedelta(days=-7)]
    assert alarms == [[], [], both, both]


def test_a_calendar_says_what_could_not_be_read() -> None:
    *_, last = _events(FORMATS["ics"](_timeline(UNREAD_ESTATE)))
    assert last["summary"] == "edgeaudit: 1 place could not be read"
    assert last["description"] == "acme/prod/references: HTTP 403: no permission"
    assert last.decoded("dtstart") == NOW.date()


def test_an_event_keeps_its_uid() -> None:
    later = _timeline(secure([LEAF, OLD, AHEAD]), NOW + timedelta(days=1))
    uids = {str(each["uid"]) for each in _events(FORMATS["ics"](TIMELINE))}
    assert {str(each["uid"]) for each in _events(FORMATS["ics"](later))} == uids
    other = timeline([secure([LEAF]).inventory("west")], Policy(), NOW, UNTIL, NOW)
    assert str(_events(FORMATS["ics"](other))[0]["uid"]) not in uids


def test_a_certificate_that_edge_only_describes_has_a_uid_too() -> None:
    first, again, elsewhere = (
        _events(FORMATS["ics"](_named(installation)))[0]["uid"] for installation in "xxy"
    )
    assert HOSTILE.sha256 is None
    assert first == again != elsewhere


@given(
    st.text(max_size=100)
    | st.sampled_from(["a;b,c\\n\\;", "x\r\nEND:VCALENDAR\r\n", "\u0e01" * 60, ":" * 200, '"^n'])
)
def test_nothing_breaks_out_of_a_calendar(text: str) -> None:
    made = FORMATS["ics"](_named(text))
    event, unread = _events(made)
    lines = str(event["description"]).splitlines()
    assert printable(text).strip() in "\n".join(lines)
    assert printable(text) in str(unread["description"])
    assert made.count("\r\nBEGIN:VEVENT\r\n") == 2
    assert max(len(line.encode()) for line in made.split("\r\n")) <= 75
    assert not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\ud800-\udfff]", made)


@given(st.text(max_size=100))
def test_nothing_breaks_out_of_a_table(text: str) -> None:
    told = render(_named(text))
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", told)
