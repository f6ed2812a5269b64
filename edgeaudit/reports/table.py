"""The report for a person at a terminal, or in the mail that cron sends."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from tabulate import tabulate

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports.wording import (
    MEANINGS,
    flaw,
    life,
    located,
    named,
    reason,
    scope,
    set_at,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

_STYLES = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.NOTE: "36;1"}
_BOLD = "1"
_INDENT = "  "
_MOST_PLACES = 10  # of a trouble that many places share


def render(report: Report, *, width: int = 100, colour: bool = False, of: str = "") -> str:
    """Findings by severity and certificate, the remedies, what could not be read, the counts.

    Lines are at most `width` columns long, save where a place is longer: it stays whole, to be
    copied. `colour` adds ANSI escapes; `of` is how much was looked at, if not certificates.
    """
    return "\n".join(_Table(report, width, colour).lines(of)) + "\n"


class _Table:
    def __init__(self, report: Report, width: int, colour: bool) -> None:
        self._report = report
        self._width = max(width, 40)
        self._colour = colour

    def lines(self, of: str) -> Iterator[str]:
        report = self._report
        for severity in Severity:
            findings = [each for each in report.findings if each.severity is severity]
            if findings:
                yield from self._section(severity, findings)
        if report.findings:
            yield from self._remedies()
        if report.suppressed:
            yield from self._suppressed()
        if report.stale_suppressions:
            yield from self._stale()
        if report.gaps:
            yield from self._gaps()
        yield from self._wrapped(summary(report, of))

    def _section(self, severity: Severity, findings: list[Finding]) -> Iterator[str]:
        name = severity.name
        first, *rest = self._wrapped(f"{name}: {MEANINGS[severity]}")
        yield first.replace(name, self._painted(name, _STYLES[severity]), 1)
        yield from rest
        for heading, group in groupby(sorted(findings, key=self._group), key=self._heading):
            yield ""
            yield from (self._painted(line, _BOLD) for line in self._wrapped(heading))
            yield from self._rows(row for finding in group for row in self._finding(finding))
        yield ""

    def _group(self, finding: Finding) -> tuple[bool, str, str, str]:
        certificate = finding.certificate
        expiry = instant(certificate.not_after) if certificate else ""
        return (certificate is None, expiry, self._heading(finding), finding.where)

    def _heading(self, finding: Finding) -> str:
        certificate = finding.certificate
        if certificate is None:
            return "no certificate"
        return f"{named(certificate)}: {life(certificate, self._report.at)}"

    def _finding(self, finding: Finding) -> Iterator[tuple[str, str]]:
        yield finding.rule, located(self._report, finding.installation, finding.where)
        yield "", finding.message
        for label, places in (
            ("set at", set_at(finding)),
            ("affects", finding.affects),
            ("same certificate", finding.also_at),
        ):
            labels = [_INDENT + label] + [""] * (len(places) - 1)
            yield from zip(labels, places, strict=False)

    def _remedies(self) -> Iterator[str]:
        yield self._painted("WHAT TO DO", _BOLD)
        remedies = {each.rule: each.remedy for each in self._report.findings}
        yield from self._rows((rule, " ".join(remedy)) for rule, remedy in remedies.items())
        if any(each.steps for each in self._report.findings):
            told = "The commands for each finding: edgeaudit audit --format steps"
            yield from self._wrapped(told, _INDENT)
        yield ""

    def _gaps(self) -> Iterator[str]:
        yield self._painted("NOT READ", "35;1")
        alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for each in self._report.gaps:
            gap = each.gap
            where = located(self._report, each.installation, gap.where)
            alike[gap.detail, gap.hint, gap.reason.replace("_", " ")].append(where)
        for (detail, hint, why), places in alike.items():
            yield from self._wrapped(f"{detail} ({why})", _INDENT)
            yield from self._wrapped(hint and f"hint: {hint}", _INDENT)
            yield from self._some(places)
        yield ""

    def _suppressed(self) -> Iterator[str]:
        yield self._painted("SUPPRESSED", _BOLD)
        alike: dict[str, list[str]] = defaultdict(list)
        for each in self._report.suppressed:
            finding = each.finding
            where = located(self._report, finding.installation, finding.where)
            alike[reason(each)].append(f"{finding.rule}  {where}")
        yield from self._grouped(alike)

    def _stale(self) -> Iterator[str]:
        yield self._painted("SUPPRESSIONS THAT SHOULD GO", _BOLD)
        alike: dict[str, list[str]] = defaultdict(list)
        for each in self._report.stale_suppressions:
            entry = each.suppression
            alike[f"{flaw(each)}: {reason(entry)}"].append(scope(entry))
        yield from self._grouped(alike)

    def _grouped(self, alike: dict[str, list[str]]) -> Iterator[str]:
        for told, places in alike.items():
            yield from self._wrapped(told, _INDENT)
            yield from self._some(places)
        yield ""

    def _some(self, places: list[str]) -> Iterator[str]:
        for where in places[:_MOST_PLACES]:
            yield from self._wrapped(where, _INDENT * 2)
        if len(places) > _MOST_PLACES:
            yield f"{_INDENT * 2}and {len(places) - _MOST_PLACES} more"

    def _rows(self, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
        cells = [(_INDENT + printable(left), printable(right)) for left, right in rows]
        gutter = max(len(left) for left, _ in cells) + len(_INDENT)
        width = max(self._width - gutter, 8)
        wrapped = [(left, "\n".join(_lines(right, width))) for left, right in cells]
        table = tabulate(wrapped, tablefmt="plain", preserve_whitespace=True, disable_numparse=True)
        yield from (line.rstrip() for line in table.split("\n"))

    def _wrapped(self, text: str, indent: str = "") -> Iterator[str]:
        lines = _lines(printable(text), self._width - len(indent))
        yield from (indent + line for line in lines)

    def _painted(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text


def _lines(text: str, width: int) -> list[str]:
    # tabulate's own wrapping takes seconds for a name of 10,000 characters
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
