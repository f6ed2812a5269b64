"""What stands in the tables of the page, row by row."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.time_left import instant, time_left, until
from edgeaudit.reports.wording import flaw, life, located, named, reason, scope, set_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report
    from edgeaudit.audit.timeline import Event

_MOST_ENDS = 100


class Row(NamedTuple):
    """A finding; `ends` is its certificate's end as a Unix time, for sorting."""

    finding: Finding
    where: str
    certificate: str
    life: str
    ends: int | None

    @property
    def set_at(self) -> tuple[str, ...]:
        """The lines of hosts' own files that bring it about."""
        return set_at(self.finding)


class End(NamedTuple):
    """A certificate in use that ends, or one that is yet to begin."""

    day: str
    moment: str
    name: str
    left: str
    affects: tuple[str, ...]


class Ends(NamedTuple):
    """What has ended, the last first, and what is to come; the first of each, and how many more."""

    past: tuple[End, ...]
    more_past: int
    next: tuple[End, ...]
    more_next: int


class Unread(NamedTuple):
    """Places that could not be read for one reason."""

    detail: str
    hint: str
    reason: str
    places: tuple[str, ...]


def rows(report: Report) -> Iterator[Row]:
    """The findings in the order of the report: the worst first."""
    for finding in report.findings:
        where = located(report, finding.installation, finding.where)
        certificate = finding.certificate
        if certificate is None:
            yield Row(finding, where, "", "", None)
        else:
            ends = int(certificate.not_after.timestamp())
            yield Row(finding, where, named(certificate), life(certificate, report.at), ends)


def ends(report: Report) -> Ends:
    """When the certificates in use end."""
    past = [each for each in reversed(report.events) if each.moment <= report.at]
    ahead = [each for each in report.events if each.moment > report.at]
    return Ends(
        tuple(_end(each, report) for each in past[:_MOST_ENDS]),
        max(len(past) - _MOST_ENDS, 0),
        tuple(_end(each, report) for each in ahead[:_MOST_ENDS]),
        max(len(ahead) - _MOST_ENDS, 0),
    )


def suppressed(report: Report) -> Iterator[tuple[str, str, str]]:
    """Rule, place and reason of each."""
    for each in report.suppressed:
        finding = each.finding
        where = located(report, finding.installation, finding.where)
        yield finding.rule, where, reason(each)


def stale(report: Report) -> Iterator[tuple[str, str, str]]:
    """What each speaks of, why it should go, and its reason."""
    for each in report.stale_suppressions:
        yield scope(each.suppression), flaw(each), reason(each.suppression)


def unread(report: Report) -> Iterator[Unread]:
    """The gaps, those with the same reason together."""
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in report.gaps:
        gap = each.gap
        told = (gap.detail, gap.hint, gap.reason.replace("_", " "))
        alike[told].append(located(report, each.installation, gap.where))
    for told, places in alike.items():
        yield Unread(*told, places=tuple(places))


def _end(event: Event, report: Report) -> End:
    certificate = event.certificate
    left = time_left(certificate, report.at)
    if event.kind == "becomes_valid":
        left = f"becomes valid in {until(event.moment, report.at)}"
    return End(
        f"{event.moment:%Y-%m-%d}",
        instant(event.moment),
        next(iter(certificate.common_names), named(certificate)),
        left,
        event.affects,
    )
