"""The exit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report

# of the command line; `--format nagios` has Nagios' own, those of reports.nagios
GOOD = 0
FOUND = 1
UNUSABLE = 2
INCOMPLETE = 3
UNDELIVERED = 4


def of_report(report: Report, fail_on: str) -> int:
    """FOUND for a finding at or above the severity `fail_on` ("never" for none), else INCOMPLETE
    where something could not be read."""
    from edgeaudit.audit.finding import Severity

    if fail_on != "never":
        least = Severity(fail_on)
        if any(finding.severity.at_least(least) for finding in report.findings):
            return FOUND
    return GOOD if report.is_complete else INCOMPLETE
