"""The report for Nagios, Icinga, Naemon and Checkmk: one line, with figures after a bar.

Source: Nagios Plugin Development Guidelines, "Plugin Output for Nagios" and "Plugin Return Codes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Cause, Severity
from edgeaudit.audit.time_left import days_left, has_expired
from edgeaudit.location import printable
from edgeaudit.reports.wording import located, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_MOST_CHARACTERS = 200  # of one trouble; NRPE 2 sends no more than 1,024 bytes in all


def state(report: Report) -> int:
    """CRITICAL for an error, WARNING for a warning, UNKNOWN where not all could be read, else OK.

    What was found goes before what was not read, as in the guidelines' order of states.
    """
    if report.count(Severity.ERROR):
        return CRITICAL
    if report.count(Severity.WARNING):
        return WARNING
    return OK if report.is_complete else UNKNOWN


def render(report: Report) -> str:
    """The state, the counts, the gravest finding, the first gap, and the figures."""
    told = [summary(report).removesuffix("."), *_troubles(report)]
    return f"{line(state(report), '; '.join(map(_clipped, told)))} | {' '.join(_figures(report))}\n"


def line(code: int, told: str) -> str:
    """A state and what is to be said of it, without figures or end of line."""
    return f"EDGEAUDIT {_STATES[code]} - {printable(told).replace('|', chr(92) + 'x7c')}"


def _troubles(report: Report) -> Iterator[str]:
    if report.findings:
        finding = min(report.findings, key=_lightness)
        where = located(report, finding.installation, finding.where)
        yield f"{finding.rule} {where}: {finding.message}"
    for each in report.gaps[:1]:
        yield f"not read: {located(report, each.installation, each.gap.where)}: {each.gap.detail}"


def _lightness(finding: Finding) -> tuple[int, bool, int]:
    """Less of it is graver: the severity, then an expired certificate in use, then who is hit."""
    is_dead = finding.cause is Cause.EXPIRED_CERTIFICATE and bool(finding.affects)
    return list(Severity).index(finding.severity), not is_dead, -len(finding.affects)


def _clipped(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."


def _figures(report: Report) -> Iterator[str]:
    """`name=value;warning;critical;minimum`: an alarm outside of the range 0 to the threshold."""
    yield f"errors={report.count(Severity.ERROR)};;0;0"
    yield f"warnings={report.count(Severity.WARNING)};0;;0"
    yield f"notes={report.count(Severity.NOTE)};;;0"
    yield f"suppressed={len(report.suppressed)};;;0"
    yield f"stale_suppressions={len(report.stale_suppressions)};;;0"
    yield f"gaps={len(report.gaps)};;;0"
    yield f"certificates={len(report.certificates)};;;0"
    ends = [each.certificate for each in report.events if each.kind == "expires"]
    ahead = [days_left(each, report.at) for each in ends if not has_expired(each, report.at)]
    if ahead:
        yield f"days_to_next_expiry={min(ahead)};;;0"
