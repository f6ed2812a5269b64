"""What stops working when: for a person, as JSON, and as a calendar."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports.events import MILD, summary, told
from edgeaudit.reports.json import identity, installation_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.timeline import Event, Timeline

_MOST_PLACES = 10


def render(timeline: Timeline, *, width: int = 100) -> str:
    """A block for each event, and a closing line, in lines of at most `width` columns."""
    width = max(width, 60)
    blocks = [_wrapped(_rows(event, timeline.at), width) for event in timeline.events]
    closing = tabulate([[printable(summary(timeline))]], tablefmt="plain", maxcolwidths=width)
    return "\n\n".join([*blocks, closing]) + "\n"


def as_data(timeline: Timeline) -> dict[str, Any]:
    """The timeline as values that JSON knows."""
    return {
        "schema": "edgeaudit/timeline/1",
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "made_at": instant(timeline.made_at),
        "at": instant(timeline.at),
        "until": instant(timeline.until),
        "installations": [installation_data(one) for one in timeline.installations],
        "complete": not timeline.gaps,
        "summary": {
            "events": len(timeline.events),
            "later": timeline.later,
            "unused": timeline.unused,
            "gaps": len(timeline.gaps),
        },
        "events": [_event(event) for event in timeline.events],
        "gaps": [gap.as_data() for gap in timeline.gaps],
        "left_out": list(timeline.left_out),
    }


def _rows(event: Event, at: datetime) -> Iterator[tuple[str, str]]:
    yield f"{event.moment:%Y-%m-%d %H:%M}", told(event, at)
    yield from _listed("  in", event.in_use_at)
    yield from _listed("  affects", event.affects)
    if event.severity is Severity.WARNING:
        yield "", MILD


def _listed(label: str, places: Sequence[str]) -> Iterator[tuple[str, str]]:
    more = len(places) - _MOST_PLACES
    shown = [*places[:_MOST_PLACES], *([f"and {more} more"] if more > 0 else [])]
    yield from zip([label, *[""] * len(shown)], shown, strict=False)


def _wrapped(rows: Iterable[tuple[str, str]], width: int) -> str:
    """Rows of a label and a text, which may take several lines."""
    cells = [[label, printable(text)] for label, text in rows]
    table = tabulate(
        cells,
        tablefmt="plain",
        maxcolwidths=[None, width - len("2026-11-23 12:00  ")],
        preserve_whitespace=True,
        disable_numparse=True,
        break_on_hyphens=False,
    )
    return "\n".join(line.rstrip() for line in table.split("\n"))


def _event(event: Event) -> dict[str, Any]:
    return {
        "moment": instant(event.moment),
        "event": event.kind,
        "severity": event.severity.value,
        "certificate": identity(event.certificate),
        "in_use_at": list(event.in_use_at),
        "also_at": list(event.also_at),
        "affects": list(event.affects),
    }


def _json(timeline: Timeline) -> str:
    return json.dumps(as_data(timeline), indent=2) + "\n"


def _ics(timeline: Timeline) -> str:
    from edgeaudit.reports import calendar  # icalendar costs 80 ms

    return calendar.render(timeline)


FORMATS: dict[str, Callable[[Timeline], str]] = {"ics": _ics, "json": _json, "table": render}
