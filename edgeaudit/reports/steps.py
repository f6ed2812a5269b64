"""The steps that mend each finding, to be pasted into a shell, one finding at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

# new-chain.pem is another file for each finding, and some findings mend one another
_GUARD = "[[ $- == *i* ]] || exit 1  # no script: paste the steps of one finding at a time"


def render(report: Report) -> str:
    """A block for each finding, worst first: what it is, and the commands.

    A line is a comment or a command, however long it is: a wrapped one could not be pasted.
    """
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield _GUARD
    has_several = len(report.installations) > 1
    for finding in report.findings:
        yield ""
        yield from _block(finding, f"{finding.installation}: " if has_several else "")
    yield ""
    for each in report.gaps:
        gap = each.gap
        yield _comment(f"not read: {each.installation}: {gap.where}: {gap.detail} ({gap.reason})")
    for stale in report.stale_suppressions:
        scope = stale.suppression.scope
        yield _comment(f"{stale.flaw} suppression: {scope.rule} {scope.where}")
    yield _comment(", ".join(_counts(report)))


def _counts(report: Report) -> Iterator[str]:
    yield f"{len(report.findings)} findings"
    if report.suppressed:
        yield f"{len(report.suppressed)} suppressed"
    if report.left_out:
        yield f"left out: {' '.join(report.left_out)}"
    yield f"as of {report.at:%Y-%m-%d %H:%M} UTC"


def _block(finding: Finding, installation: str) -> Iterator[str]:
    yield _comment(f"{finding.severity.value} {finding.rule} {installation}{finding.where}")
    yield _comment(finding.message)
    if finding.affects:
        yield _comment(f"affects {', '.join(finding.affects)}")
    yield from finding.steps or map(_comment, finding.remedy)


def _comment(text: str) -> str:
    return f"# {printable(text)}"
