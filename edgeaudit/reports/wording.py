"""What the formats say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import time_left
from edgeaudit.plural import counted

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.report import Report, StaleSuppression, Suppressed
    from edgeaudit.x509.certificate import Certificate

MEANINGS = {
    Severity.ERROR: "expect failing handshakes, today or soon",
    Severity.WARNING: "fails before long, or is weaker than it should be",
    Severity.NOTE: "untidy, or not in use",
}


def title(report: Report) -> str:
    """What a report is about."""
    return "Failed TLS handshakes" if report.is_of_captures else "Certificates of Apigee Edge"


def summary(report: Report, of: str = "") -> str:
    """The counts, the time judged at, and what was not looked at, in one sentence.

    `of` is how much was looked at, if not certificates.
    """
    counts = ", ".join(counted(report.count(severity), severity.value) for severity in Severity)
    found = f"{counts} in {of or counted(len(report.certificates), 'certificate')}"
    if report.suppressed:
        found += f", {len(report.suppressed)} suppressed"
    if report.stale_suppressions:
        found += f", {counted(len(report.stale_suppressions), 'suppression')} that should go"
    unread = counted(len(report.gaps), "place")
    told = f"{unread} could not be read" if report.gaps else "everything could be read"
    left_out = f"; left out: {', '.join(report.left_out)}" if report.left_out else ""
    return f"{found}, as of {report.at:%Y-%m-%d %H:%M} UTC; {told}{left_out}."


def named(certificate: Certificate) -> str:
    """What a person calls it: its subject, or its serial number where it has none."""
    return certificate.subject or f"serial {certificate.serial}"


def life(certificate: Certificate, at: datetime) -> str:
    """`expired 3 days ago (2026-11-20)`."""
    return f"{time_left(certificate, at)} ({certificate.not_after:%Y-%m-%d})"


def located(report: Report, installation: str, where: str) -> str:
    """A place, with its installation where there are several."""
    return f"{installation}: {where}" if len(report.installations) > 1 else where


def set_at(finding: Finding) -> tuple[str, ...]:
    """The lines of hosts' own files, FILE:LINE, that bring about what is found elsewhere."""
    told = (finding.facts.get(name) for name in ("set_at", "disabled_at"))
    return tuple(str(line) for lines in told if isinstance(lines, list) for line in lines)


def reason(by: Suppressed | Suppression) -> str:
    """Why something is suppressed, until when, and who answers for it."""
    until = f"until {by.expires:%Y-%m-%d}" if by.expires else "for good"
    return f"{by.reason} ({until}{by.owner and f', {by.owner}'})"


def scope(entry: Suppression) -> str:
    """What a suppression speaks of: rule, installation, place or certificate."""
    given = entry.scope
    installation = "" if given.installation == "*" else f"{given.installation}: "
    is_place = not (entry.certificate and given.is_everywhere)
    return f"{given.rule}  {installation}{given.where if is_place else entry.certificate}"


def flaw(stale: StaleSuppression) -> str:
    """Why a suppression should go."""
    return "it has run out" if stale.flaw == "expired" else "it matches nothing"
