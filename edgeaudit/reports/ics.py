"""The report as a calendar: when the certificates in use end (RFC 5545)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.timeline import Timeline
from edgeaudit.reports.wording import summary

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report


def render(report: Report) -> str:
    """The calendar of `edgeaudit timeline`, without end; its description counts the findings.

    The events have the same UIDs there.
    """
    from edgeaudit.reports import calendar  # icalendar costs 80 ms

    used = {event.certificate for event in report.events}
    timeline = Timeline(
        made_at=report.made_at,
        at=report.at,
        until=max((event.moment for event in report.events), default=report.at),
        installations=report.installations,
        events=report.events,
        later=0,
        unused=len(report.certificates) - len(used),
        gaps=report.gaps,
        left_out=report.left_out,
    )
    return calendar.render(timeline, summary(report))
