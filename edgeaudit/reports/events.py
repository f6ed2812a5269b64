"""The events of a timeline in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.time_left import time_left, until
from edgeaudit.plural import counted
from edgeaudit.reports.wording import named

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.timeline import Event, Timeline


MILD = "a warning only: Java does not look at the dates of a trust anchor"


def told(event: Event, at: datetime) -> str:
    """`CN=api.example.com expires in 3 days`."""
    certificate = event.certificate
    name = named(certificate)
    if event.kind == "becomes_valid":
        return f"{name} becomes valid in {until(event.moment, at)}"
    return f"{name} {time_left(certificate, at)}"


def summary(timeline: Timeline) -> str:
    """The counts, and what is not told, in one sentence."""
    unread = counted(len(timeline.gaps), "place")
    read = f"{unread} could not be read" if timeline.gaps else "everything could be read"
    left_out = f"; left out: {', '.join(timeline.left_out)}" if timeline.left_out else ""
    return (
        f"{counted(len(timeline.events), 'event')} until {timeline.until:%Y-%m-%d %H:%M} UTC, "
        f"{timeline.later} later; {counted(timeline.unused, 'certificate')} that nothing uses "
        f"not told; {read}{left_out}."
    )
