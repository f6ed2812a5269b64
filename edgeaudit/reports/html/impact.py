"""Whom the findings affect: environment, then endpoint or proxy, then finding."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.finding import Severity
from edgeaudit.plural import counted
from edgeaudit.reports.wording import located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

_MOST_FINDINGS = 5  # that are told of one thing
_NOUNS = {
    "proxies": ("proxy", "proxies"),
    "sharedflows": ("shared flow", "shared flows"),
    "targetservers": ("target server", "target servers"),
    "virtualhosts": ("virtual host", "virtual hosts"),
}


class Thing(NamedTuple):
    """An endpoint or a proxy, and the findings that affect it, the first of them."""

    kind: str
    name: str
    counts: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    more: int


class Area(NamedTuple):
    """An environment, and what is affected in it."""

    where: str
    counts: tuple[tuple[str, int], ...]
    things: tuple[Thing, ...]


def tree(report: Report) -> tuple[Area, ...]:
    """Every environment in which something is affected, in the order of their names."""
    areas: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in report.findings:
        for where in finding.affects:
            org, env, rest = _divided(where)
            areas[located(report, finding.installation, f"{org}/{env}")][rest].append(finding)
    return tuple(_area(where, areas[where]) for where in sorted(areas))


def headline(report: Report) -> str:
    """What it comes to, in one sentence for somebody who reads no other."""
    errors = [each for each in report.findings if each.severity is Severity.ERROR]
    hit = {(each.installation, where) for each in errors for where in each.affects}
    kinds = Counter(_divided(where)[2].partition("/")[0] for _, where in hit)
    if told := [_noun(kind, kinds[kind]) for kind in sorted(kinds)]:
        listed = " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
        return f"TLS fails, today or soon, for {listed}."
    if errors and report.is_of_captures:
        return f"Handshakes fail in {counted(len(errors), 'way')}."
    if errors:
        return f"{counted(len(errors), 'error')}; no endpoint or proxy that was read depends on it."
    if report.gaps:
        return "No failing handshake was found, but not everything could be read."
    return "No failing handshake was found."


def _divided(where: str) -> tuple[str, str, str]:
    org, _, rest = where.partition("/")
    env, _, rest = rest.partition("/")
    return org, env, rest


def _noun(kind: str, count: int) -> str:
    one, many = _NOUNS.get(kind, ("other place", "other places"))
    return f"{count} {one if count == 1 else many}"


def _area(where: str, things: dict[str, list[Finding]]) -> Area:
    made = [_thing(rest, findings) for rest, findings in things.items()]
    made.sort(key=lambda each: (each.findings[0].severity.rank, each.kind, each.name))
    distinct = {id(each): each for findings in things.values() for each in findings}
    return Area(where, _counts(distinct.values()), tuple(made))


def _thing(rest: str, findings: list[Finding]) -> Thing:
    kind, _, name = rest.partition("/")
    worst = sorted(findings, key=lambda each: each.severity.rank)
    noun = _NOUNS.get(kind, (kind, ""))[0]
    more = max(len(worst) - _MOST_FINDINGS, 0)
    return Thing(noun, name, _counts(worst), tuple(worst[:_MOST_FINDINGS]), more)


def _counts(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    counts = Counter(each.severity for each in findings)
    return tuple((each.value, counts[each]) for each in Severity if counts[each])
