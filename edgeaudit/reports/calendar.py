"""What stops working when, as a calendar that can be subscribed to (RFC 5545)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import icalendar

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports.events import MILD, summary
from edgeaudit.reports.wording import named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgeaudit.audit.timeline import Event, Timeline


def render(timeline: Timeline, about: str | None = None) -> str:
    """An event for each, with alarms where the policy warns; one more where not all was read.

    `about` is the calendar's description, if it is not to be the timeline's summary.
    An event keeps its UID as long as its certificate lies in its installation, so that a calendar
    which is fetched again changes it and does not add another.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//edgeaudit//edgeaudit {edgeaudit.__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Certificates of Apigee Edge")
    calendar.add("x-wr-caldesc", printable(about or summary(timeline)))
    for event in timeline.events:
        calendar.add_component(_event(event, timeline))
    if timeline.gaps:
        calendar.add_component(_unread(timeline))
    text: bytes = calendar.to_ical()
    return text.decode()


def _event(event: Event, timeline: Timeline) -> icalendar.Event:
    certificate = event.certificate
    name = named(certificate)
    identity = certificate.sha256 or f"{certificate.issuer} {certificate.serial}"
    is_past = event.moment <= timeline.at
    ends = "expired" if is_past else "expires"
    happens = "becomes valid" if event.kind == "becomes_valid" else ends
    made = _made(timeline.made_at, event.kind, identity, *event.installations)
    made.add("summary", printable(f"{name} {happens}"))
    made.add("description", "\n".join(map(printable, _description(event))))
    made.add("dtstart", event.moment)
    for moment in event.alarms:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", printable(f"{name} {happens}"))
        alarm.add("trigger", moment - event.moment)
        made.add_component(alarm)
    return made


def _description(event: Event) -> Iterator[str]:
    if event.severity is Severity.WARNING:
        yield MILD
    yield from ("Affects:", *event.affects, "")
    yield from ("In:", *event.in_use_at)
    yield f"Valid until: {instant(event.certificate.not_after)}"
    yield f"Serial: {event.certificate.serial}"


def _unread(timeline: Timeline) -> icalendar.Event:
    """That the calendar may lack events; on the day on which it was made."""
    names = (one.name for one in timeline.installations)
    made = _made(timeline.made_at, "unread", *names)
    made.add("summary", f"edgeaudit: {counted(len(timeline.gaps), 'place')} could not be read")
    places = (f"{each.gap.where}: {each.gap.detail}" for each in timeline.gaps)
    made.add("description", "\n".join(map(printable, places)))
    made.add("dtstart", timeline.made_at.date())
    return made


def _made(made_at: datetime, *identity: str) -> icalendar.Event:
    digest = hashlib.sha256("\n".join(identity).encode("utf-8", "surrogatepass")).hexdigest()
    made = icalendar.Event()
    made.add("uid", f"{digest[:32]}@edgeaudit")
    made.add("dtstamp", made_at)
    made.add("transp", "TRANSPARENT")
    return made
