"""The report for code scanning and security dashboards (OASIS SARIF 2.1.0)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.rules import RULES
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports.json import finding_data, installation_data
from edgeaudit.reports.wording import flaw, located, reason, scope

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.reading import InstalledGap
    from edgeaudit.audit.report import Report, Suppressed

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PROPERTIES = ("cause", "direction", "certificate", "facts", "affects", "remedy")
_SIGNS = str.maketrans({"{": "{{", "}": "}}", "[": "\\[", "]": "\\]"})


def render(report: Report) -> str:
    """One run: the rules with their manuals, the findings, and what could not be read.

    There are no files: a place is a logical location. What was not read, and suppressions that
    should go, are notifications of the invocation, which was successful where all was read.
    """
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=2) + "\n"


def _run(report: Report) -> dict[str, Any]:
    found = [*report.findings, *(each.finding for each in report.suppressed)]
    slugs = sorted({*report.examined, *(each.rule for each in found)})
    numbers = {slug: number for number, slug in enumerate(slugs)}
    results = [_result(report, each, numbers) for each in report.findings]
    results += [
        {**_result(report, each.finding, numbers), "suppressions": [_suppression(each)]}
        for each in report.suppressed
    ]
    return {
        "tool": {
            "driver": {
                "name": "edgeaudit",
                "semanticVersion": edgeaudit.__version__,
                "rules": [_rule(slug) for slug in slugs],
                "notifications": [
                    {"id": name} for name in sorted({each.gap.reason for each in report.gaps})
                ],
            }
        },
        "invocations": [_invocation(report)],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {
            "at": instant(report.at),
            "complete": report.is_complete,
            "installations": [installation_data(one) for one in report.installations],
            "left_out": list(report.left_out),
        },
    }


def _rule(slug: str) -> dict[str, Any]:
    rule = RULES.get(slug)
    if rule is None:
        return {"id": slug}
    manual = rule.manual.strip()
    return {
        "id": slug,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": manual.partition("\nRemedy:")[0].strip()},
        "help": {"text": manual, "markdown": manual},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": [rule.cause.value]},
    }


def _result(report: Report, finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    more = [_location(where) for where in finding.also_at]
    data = finding_data(finding)
    return {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "kind": "fail",
        "level": finding.severity.value,
        "message": _message(finding.message),
        "locations": [_location(located(report, finding.installation, finding.where))],
        **({"relatedLocations": more} if more else {}),
        "partialFingerprints": {"edgeaudit/v1": finding.id},
        "properties": {name: data[name] for name in _PROPERTIES},
    }


def _suppression(by: Suppressed) -> dict[str, Any]:
    return {"kind": "external", "status": "accepted", "justification": printable(reason(by))}


def _invocation(report: Report) -> dict[str, Any]:
    unread = [_unread(report, each) for each in report.gaps]
    stale = [
        {
            "level": "note",
            "message": _message(f"{flaw(each)}: {scope(entry)}: {reason(entry)}"),
        }
        for each in report.stale_suppressions
        for entry in [each.suppression]
    ]
    return {
        "executionSuccessful": report.is_complete,
        "startTimeUtc": instant(report.made_at),
        "toolExecutionNotifications": unread,
        "toolConfigurationNotifications": stale,
    }


def _unread(report: Report, each: InstalledGap) -> dict[str, Any]:
    gap = each.gap
    told = f"{gap.detail}; {gap.hint}" if gap.hint else gap.detail
    return {
        "level": "error",
        "descriptor": {"id": gap.reason},
        "message": _message(f"not read: {gap.where}: {told}"),
        "locations": [_location(located(report, each.installation, gap.where))],
    }


def _location(where: str) -> dict[str, Any]:
    told = printable(where)
    logical = {"name": told.rpartition("/")[2], "fullyQualifiedName": told}
    return {"logicalLocations": [logical]}


def _message(text: str) -> dict[str, str]:
    """A message without placeholders and links (3.11.5, 3.11.6), whatever stands in it."""
    return {"text": printable(text).translate(_SIGNS)}
