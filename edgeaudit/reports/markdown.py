"""The report for GitHub, GitLab and wikis (GitHub Flavored Markdown).

What came from outside stands in code spans, in which nothing has a meaning; of sentences all words
do that are not plain ones, so that no link, mention, emoji or HTML comes of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import accumulate, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Severity
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
    title,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

_PLAIN_WORD = re.compile(r"[(\"]?[^\W_]+(?:[-'][^\W_]+)*(?:(?<=[0-9]):[0-9]+)*[.,;:)\"]*")
_PART_OF_A_NAME = re.compile(r"[(\"]?[A-Za-z][\w.]*=.")  # of a distinguished name: CN=...
_NUMBER_OF_A_LIST = re.compile(r"[0-9]+[.)]")
_WITHIN_MARKS = re.compile(r"([(\"]*)(.*?)([.,;:)\"]*)", re.DOTALL)
_MOST_PLACES = 10  # of a trouble that many places share


def render(report: Report) -> str:
    """The summary, the findings by severity and certificate, the remedies, what was not read."""
    return "\n".join(_lines(report)) + "\n"


def code(text: str) -> str:
    """A code span that reads `text` (CommonMark 0.31, 6.1)."""
    inside = printable(text) or " "
    runs = re.findall("`+", inside)
    fence = "`" * next(size for size in range(1, len(runs) + 2) if "`" * size not in runs)
    is_stripped = inside.strip(" ") and inside[0] == inside[-1] == " "
    pad = " " if is_stripped or "`" in (inside[0], inside[-1]) else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence, in which all but plain words and its punctuation stand in code spans."""
    words = text.split()
    plain = [bool(_PLAIN_WORD.fullmatch(word)) for word in words]
    if words and _NUMBER_OF_A_LIST.match(words[0]):
        plain[0] = False
    for first, last in _names(words):
        plain[first:last] = [False] * (last - first)
    clauses = accumulate((word.endswith(":") for word in words), initial=0)
    parts = groupby(zip(plain, clauses, words, strict=False), key=itemgetter(0, 1))
    told = [(key[0], " ".join(each[2] for each in group)) for key, group in parts]
    return " ".join(part if is_plain else _marked(part) for is_plain, part in told)


def _names(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From where to where distinguished names go, as far as their last comma tells."""
    begun: int | None = None
    for at, word in enumerate(words):
        if _PART_OF_A_NAME.match(word):
            if begun is not None and words[at - 1].endswith(","):
                yield begun, at
            begun = at


def _marked(words: str) -> str:
    """A code span with the sentence's own punctuation around it."""
    before, inside, after = _WITHIN_MARKS.fullmatch(words).groups()  # type: ignore[union-attr]
    own = after.lstrip(')"') if inside.count("(") or inside.count('"') % 2 else after
    inside += after[: len(after) - len(own)]
    return f"{before}{code(inside)}{own}" if inside else code(words)


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# {title(report)}", "", prose(summary(report)))
    for severity in Severity:
        findings = [each for each in report.findings if each.severity is severity]
        if findings:
            yield from ("", f"## {severity.name}: {MEANINGS[severity]}")
            yield from _findings(report, findings)
    remedies = {each.rule: " ".join(each.remedy) for each in report.findings}
    yield from _section(
        "What to do", (f"{_rule(rule)}: {prose(remedies[rule])}" for rule in remedies)
    )
    yield from _section("Suppressed", _grouped(_suppressed(report)))
    yield from _section("Suppressions that should go", _grouped(_stale(report)))
    yield from _section("Not read", _grouped(_gaps(report)))
    yield from _section("Left out", map(code, report.left_out))


def _section(heading: str, items: Iterable[str]) -> Iterator[str]:
    listed = [f"- {item}" for item in items]
    if listed:
        yield from ("", f"## {heading}", "", *listed)


def _findings(report: Report, findings: list[Finding]) -> Iterator[str]:
    alike: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda each: each.certificate is None):
        alike[_heading(report, finding)].append(finding)
    for heading, group in alike.items():
        yield from ("", f"### {heading}", "")
        for finding in group:
            place = code(located(report, finding.installation, finding.where))
            yield f"- {_rule(finding.rule)} {place}: {prose(finding.message)}"
            for label, places in (
                ("set at", set_at(finding)),
                ("affects", finding.affects),
                ("also at", finding.also_at),
            ):
                yield from ([f"  - {label} {_some(places)}"] if places else [])


def _heading(report: Report, finding: Finding) -> str:
    certificate = finding.certificate
    if certificate is None:
        return "no certificate"
    return f"{code(named(certificate))}: {life(certificate, report.at)}"


def _suppressed(report: Report) -> Iterator[tuple[str, str]]:
    for each in report.suppressed:
        finding = each.finding
        place = located(report, finding.installation, finding.where)
        yield prose(reason(each)), f"{_rule(finding.rule)} {code(place)}"


def _stale(report: Report) -> Iterator[tuple[str, str]]:
    for each in report.stale_suppressions:
        entry = each.suppression
        yield prose(f"{flaw(each)}: {reason(entry)}"), code(scope(entry))


def _gaps(report: Report) -> Iterator[tuple[str, str]]:
    for each in report.gaps:
        gap = each.gap
        hint = f"; {gap.hint}" if gap.hint else ""
        told = prose(f"{gap.detail} ({gap.reason.replace('_', ' ')}){hint}")
        yield told, code(located(report, each.installation, gap.where))


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    alike: dict[str, list[str]] = defaultdict(list)
    for told, place in pairs:
        alike[told].append(place)
    for told, places in alike.items():
        yield "\n".join([told, *(f"  - {place}" for place in places)])


def _some(places: tuple[str, ...]) -> str:
    told = ", ".join(map(code, places[:_MOST_PLACES]))
    more = len(places) - _MOST_PLACES
    return f"{told} and {more} more" if more > 0 else told


def _rule(slug: str) -> str:
    return f"**{slug}**"
