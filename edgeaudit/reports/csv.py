"""Tables for spreadsheets and scripts (RFC 4180): the report, and how any cell is written."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from edgeaudit.location import printable
from edgeaudit.reports.json import as_data
from edgeaudit.reports.wording import flaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

COLUMNS = (
    "kind",
    "severity",
    "rule",
    "cause",
    "direction",
    "installation",
    "where",
    "message",
    "subject",
    "not_after",
    "sha256",
    "affects",
    "also_at",
    "remedy",
    "reason",
    "expires",
    "owner",
    "hint",
    "id",
)


def render(report: Report) -> str:
    """A row for each finding, then what is suppressed, what should go of that, what was not read.

    `kind` is `finding`, `suppressed`, `stale_suppression`, `gap` or `left_out`. Several places in
    one cell are separated by `; `.
    """
    return written(COLUMNS, _rows(report))


def written(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A heading and the rows; what a row lacks is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def plain(value: object, separator: str = " ") -> str:
    """A value of JSON's in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return separator.join(map(str, value))
    return "" if value is None else str(value)


def _cell(value: object) -> str:
    text = printable(plain(value))
    if isinstance(value, int):
        return text
    # a spreadsheet runs what begins like a formula (OWASP, "CSV Injection")
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    data = as_data(report)
    for finding, own in zip(data["findings"], report.findings, strict=True):
        yield {"kind": "finding", **_finding(finding, own)}
    for finding, by in zip(data["suppressed"], report.suppressed, strict=True):
        yield {"kind": "suppressed", **_finding(finding, by.finding), **finding["suppression"]}
    for entry, stale in zip(data["stale_suppressions"], report.stale_suppressions, strict=True):
        sha256 = entry["certificate"]
        yield {**entry, "kind": "stale_suppression", "message": flaw(stale), "sha256": sha256}
    for gap in data["gaps"]:
        yield {**gap, "kind": "gap", "message": gap["detail"]}
    for where in data["left_out"]:
        yield {"kind": "left_out", "where": where}


def _finding(finding: dict[str, Any], own: Finding) -> dict[str, Any]:
    lists = {name: plain(finding[name], "; ") for name in ("affects", "also_at")}
    # the steps need a line each, which a cell does not have
    remedy = {"remedy": " ".join(own.remedy)}
    return {**finding, **(finding["certificate"] or {}), **lists, **remedy}
