"""The time that is judged at."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.cli.moment import moment
from edgeaudit.errors import InputError
from tests.factories import NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, NOW),
        ("2027-03-01", datetime(2027, 3, 1, tzinfo=timezone.utc)),
        ("2027-03-01T06:00", datetime(2027, 3, 1, 6, tzinfo=timezone.utc)),
        ("2027-03-01T06:00Z", datetime(2027, 3, 1, 6, tzinfo=timezone.utc)),
        ("2027-03-01T06:00+02:00", datetime(2027, 3, 1, 4, tzinfo=timezone.utc)),
        ("+30d", NOW + timedelta(days=30)),
        ("+12h", NOW + timedelta(hours=12)),
        ("+2w", NOW + timedelta(weeks=2)),
        ("+6mo", datetime(2027, 5, 23, 12, tzinfo=timezone.utc)),
        ("+1y", datetime(2027, 11, 23, 12, tzinfo=timezone.utc)),
        ("+0y", NOW),
    ],
)
def test_what_is_understood(text, expected) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "30d",
        "-3d",
        "2027-13-01",
        "+999999w",
        "+3",
        "+6m",
        "+9999y",
        "+999999mo",
        "+1 y",
    ],
)
def test_what_is_not(text) -> None:
    with pytest.raises(InputError, match="that is no time") as caught:
        moment(text, NOW)
    assert "2027-03-01" in caught.value.hint


def test_the_option_is_named() -> None:
    with pytest.raises(InputError, match="--until soon: that is no time"):
        moment("soon", NOW, "--until")


@pytest.mark.parametrize(
    ("start", "text", "expected"),
    [
        ("2024-02-29", "+1y", "2025-02-28"),
        ("2024-02-29", "+4y", "2028-02-29"),
        ("2026-08-31", "+1mo", "2026-09-30"),
        ("2026-12-31", "+2mo", "2027-02-28"),
        ("2026-12-31", "+12mo", "2027-12-31"),
    ],
)
def test_a_month_that_has_no_such_day(start: str, text: str, expected: str) -> None:
    assert moment(text, moment(start, NOW)) == moment(expected, NOW)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)),
    st.integers(0, 1200),
)
def test_months_go_by_the_calendar(start: datetime, months: int) -> None:
    end = moment(f"+{months}mo", start)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1
    assert end.timetz() == start.timetz()


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_every_time_is_read_back(time: datetime) -> None:
    assert moment(time.isoformat(), NOW) == time


@given(st.text(max_size=20) | st.from_regex(r"\+[0-9]{1,9}[a-z]{0,3}", fullmatch=True))
def test_any_text_is_a_time_or_a_plain_refusal(text: str) -> None:
    with suppress(InputError):
        assert moment(text, NOW).tzinfo == timezone.utc
