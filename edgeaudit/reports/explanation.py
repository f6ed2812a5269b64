"""The likely causes behind a message: for a person, and as JSON."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.messages import advice
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports.json import finding_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.messages.diagnosis import Explanation, Seen, Suspect
    from edgeaudit.audit.messages.named import Concerned
    from edgeaudit.audit.report import Report

_LABEL = 9
_MOST_SUSPECTS = 4
_MOST_FINDINGS = 10
_LONGEST_WORDS = 100
_SIDES = {
    "northbound": "between the client and Edge's Router (northbound)",
    "southbound": "between the Message Processor and the backend (southbound)",
}


@dataclass(frozen=True)
class Told:
    """What there is to tell of a message: its causes, at which HOST:PORT if it names one, and what
    it means in the installations, if any were read."""

    explanation: Explanation
    endpoint: str | None = None
    concerned: Concerned | None = None
    report: Report | None = None


def table(told: Told, width: int) -> str:
    """The causes with what speaks for them and what to do next, in lines of `width` columns."""
    return "\n".join(_Table(told, max(width, 40)).lines()) + "\n"


def as_json(told: Told, _width: int) -> str:
    """As `docs/explain.schema.json` describes it."""
    return json.dumps(as_data(told), indent=2) + "\n"


FORMATS: dict[str, Callable[[Told, int], str]] = {"table": table, "json": as_json}


class _Table:
    def __init__(self, told: Told, width: int) -> None:
        self._told = told
        self._width = width
        self._read: set[Seen] = set()

    def lines(self) -> Iterator[str]:
        explanation = self._told.explanation
        suspects = explanation.suspects[:_MOST_SUSPECTS]
        for number, suspect in enumerate(suspects, 1):
            yield from self._suspect(number, suspect)
        if left := [each.cause.value for each in explanation.suspects[_MOST_SUSPECTS:]]:
            yield from self._wrapped(f"less likely: {', '.join(left)}")
            yield ""
        if self._told.concerned:
            yield from self._concerned(self._told.concerned)
        yield from self._wrapped(_summary(explanation))

    def _suspect(self, number: int, suspect: Suspect) -> Iterator[str]:
        help_ = advice.advice(suspect.cause, self._told.endpoint)
        yield f"{number}. {suspect.cause.value}, {suspect.confidence}"
        for seen in suspect.because:
            if seen not in self._read:  # once is enough
                yield from self._row("because", _reading(seen))
        self._read.update(suspect.because)
        yield from self._row("look at", help_.look)
        if help_.rules:
            yield from self._row("rules", ", ".join(help_.rules))
        for label, command in zip(("next", *[""] * 9), help_.commands, strict=False):
            yield from self._row(label, command)
        yield ""

    def _concerned(self, concerned: Concerned) -> Iterator[str]:
        for named in concerned.named:
            yield from self._wrapped(f'"{named.words}" is {named.where}')
            for name, where in named.stores:
                is_told = where and f"{name}: {where}"
                yield from self._wrapped(is_told or f"{name}: not there, or not read", "  ")
        if not concerned.named:
            yield from self._wrapped("It names nothing that was read.")
        yield ""
        yield from self._findings(concerned)

    def _findings(self, concerned: Concerned) -> Iterator[str]:
        place = "there" if concerned.named else "of these causes, anywhere"
        if not concerned.findings:
            yield from self._wrapped(f"An audit finds nothing {place}.")
        else:
            yield from self._wrapped(f"An audit finds {place}:")
        for finding in concerned.findings[:_MOST_FINDINGS]:
            yield from self._finding(finding)
        if (left := len(concerned.findings) - _MOST_FINDINGS) > 0:
            yield from self._wrapped(f"and {left} more: edgeaudit audit", "  ")
        yield ""

    def _finding(self, finding: Finding) -> Iterator[str]:
        yield printable(f"  {finding.severity.value} {finding.rule}  {finding.where}")
        yield from self._wrapped(finding.message, "    ")

    def _row(self, label: str, text: str) -> list[str]:
        return self._wrapped(text, f"   {label:<{_LABEL}}", " " * (_LABEL + 3))

    def _wrapped(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        return textwrap.wrap(
            printable(text),
            self._width,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_on_hyphens=False,
        )


def _reading(seen: Seen) -> str:
    return f'"{textwrap.shorten(seen.words, _LONGEST_WORDS)}": {seen.means}'


def _summary(explanation: Explanation) -> str:
    if not explanation.suspects:
        commands = ", ".join(advice.UNKNOWN)
        known = "The message is not one that edgeaudit knows"
        if explanation.is_recognised:
            known = "What is known of the message points to no cause"
        return f"{known}. What may tell more: {commands}; or a longer part of the log."
    told = f"{counted(len(explanation.suspects), 'cause')} by the words of the message"
    if explanation.direction:
        told += f"; the connection is the one {_SIDES[explanation.direction]}"
    if explanation.speaker:
        told += f"; it is the {explanation.speaker} of the handshake that says it"
    return f"{told}."


def as_data(told: Told) -> dict[str, Any]:
    """What is told, as values that JSON knows."""
    explanation, report = told.explanation, told.report
    return {
        "schema": "edgeaudit/explain/1",
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "recognised": explanation.is_recognised,
        "speaker": explanation.speaker,
        "direction": explanation.direction,
        "causes": [_suspect(each, told.endpoint) for each in explanation.suspects],
        "seen": [_seen(each) for each in explanation.seen],
        "installation": report and told.concerned and _concerned(told.concerned, report),
    }


def _suspect(suspect: Suspect, endpoint: str | None) -> dict[str, Any]:
    help_ = advice.advice(suspect.cause, endpoint)
    return {
        "cause": suspect.cause.value,
        "confidence": suspect.confidence,
        "because": [_seen(each) for each in suspect.because],
        "look_at": help_.look,
        "rules": list(help_.rules),
        "commands": list(help_.commands),
    }


def _seen(seen: Seen) -> dict[str, str]:
    return {"words": printable(seen.words), "means": seen.means, "source": seen.source}


def _concerned(concerned: Concerned, report: Report) -> dict[str, Any]:
    return {
        "at": instant(report.at),
        "complete": report.is_complete,
        "named": [
            {
                "installation": each.installation,
                "where": each.where,
                "words": printable(each.words),
                "stores": [
                    {"name": printable(name), "where": where} for name, where in each.stores
                ],
            }
            for each in concerned.named
        ],
        "findings": [finding_data(each) for each in concerned.findings],
        "gaps": [gap.as_data() for gap in report.gaps],
    }
