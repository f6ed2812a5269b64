"""Time left, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeaudit.audit.time_left import days_left, time_left
from tests.audit.estate import LEAF
from tests.factories import NOW

END = LEAF.certificate.not_after


@pytest.mark.parametrize(
    ("before", "words", "days"),
    [
        (timedelta(days=30), "expires in 30 days", 30),
        (timedelta(days=1, hours=23), "expires in 1 day", 1),
        (timedelta(hours=2), "expires in 2 hours", 0),
        (timedelta(minutes=1), "expires in 1 minute", 0),
        (timedelta(seconds=9), "expires in less than a minute", 0),
        (timedelta(0), "expired less than a minute ago", 0),
        (timedelta(hours=-30), "expired 1 day ago", -1),
    ],
)
def test_words(before: timedelta, words: str, days: int) -> None:
    assert time_left(LEAF.certificate, END - before) == words
    assert days_left(LEAF.certificate, END - before) == days


def test_now_is_pinned() -> None:
    assert days_left(LEAF.certificate, NOW) == 335
