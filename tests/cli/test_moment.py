"""The time that is judged at."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

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
    ],
)
def test_what_is_understood(text, expected) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "30d", "-3d", "2027-13-01", "+999999w", "+3y"])
def test_what_is_not(text) -> None:
    with pytest.raises(InputError, match="that is no time") as caught:
        moment(text, NOW)
    assert "2027-03-01" in caught.value.hint
