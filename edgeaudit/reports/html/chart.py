"""When the certificates in use end, as a picture: a column for each month."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.report import Report

MONTHS = 13
WIDTH, HEIGHT = 28, 100  # of a column, in units of the picture
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Column(NamedTuple):
    """A month and how many certificates end in it; `x` and `height` are units of the picture."""

    label: str
    year: str
    number: int
    kind: str
    x: int
    height: int


class Chart(NamedTuple):
    """The columns from what has expired to what ends after a year, and the same in words."""

    columns: tuple[Column, ...]
    told: str


def chart(report: Report) -> Chart:
    """The picture of the certificates in use."""
    moments = [each.moment for each in report.events if each.kind == "expires"]
    counts = Counter(_index(moment, report.at) for moment in moments)
    most = max(counts.values(), default=1)
    columns = tuple(
        _column(index, counts[index], most, report.at) for index in range(-1, MONTHS + 1)
    )
    parts = (f"{each.label} {each.year}".strip() + f": {each.number}" for each in columns)
    return Chart(columns, ", ".join(parts))


def _index(moment: datetime, at: datetime) -> int:
    """Months from that of `at`; -1 for what has expired, MONTHS for what is later than all."""
    if moment <= at:
        return -1
    return min((moment.year - at.year) * 12 + moment.month - at.month, MONTHS)


def _column(index: int, count: int, most: int, at: datetime) -> Column:
    years, month = divmod(at.month - 1 + max(index, 0), 12)
    year = at.year + years
    is_named = 0 <= index < MONTHS
    label = _NAMES[month] if is_named else ("past" if index < 0 else "later")
    kind = "past" if index < 0 else "soon" if index < 2 else "far"
    shown_year = str(year) if is_named and (index == 0 or month == 0) else ""
    height = max(round(HEIGHT * count / most), 2) if count else 0
    return Column(label, shown_year, count, kind, (index + 1) * WIDTH, height)
