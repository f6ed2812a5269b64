"""What differs between two readings: for a person, as JSON, and as Markdown for a change ticket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.comparing.changes import SIDES
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports.items import Item, wrapped
from edgeaudit.reports.json import finding_data, installation_data
from edgeaudit.reports.markdown import code, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from edgeaudit.audit.comparing.changes import Change, Comparison, Difference, Event
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.reading import InstalledGap

# that these differ goes without saying
_UNTOLD = frozenset({"sha256", "public_key", "serial"})


def render(compared: Comparison, *, width: int = 100) -> str:
    """The changes, the findings that came and went, what could not be compared, and a summary.

    Lines are at most `width` columns long, save where a word is longer, as a place may be.
    """
    lines: list[str] = []
    for heading, side, items in _sections(compared):
        told = f"{heading.upper()} {printable(side)}".rstrip()
        lines += [told, *(line for each in items for line in each.lines(width)), ""]
    return "\n".join([*lines, *wrapped(summary(compared), "", width)]) + "\n"


def markdown(compared: Comparison) -> str:
    """The same for a change ticket (GitHub Flavored Markdown)."""
    lines = ["# What differs in Apigee Edge", "", prose(summary(compared))]
    for heading, side, items in _sections(compared):
        lines += ["", f"## {heading} {side and code(side)}".rstrip(), ""]
        for each in items:
            name = f": {code(each.name)}" if each.name else ""
            lines.append(f"- {code(each.where)}: {prose(each.what)}{name}")
            lines += [f"  - {prose(name)}: {code(told)}" for name, told in each.particulars]
    return "\n".join(lines) + "\n"


def summary(compared: Comparison) -> str:
    """The counts, the time judged at, and whether all could be compared, in one sentence."""
    unsure = counted(len(compared.unsure), "thing")
    read = f"{unsure} could not be compared" if compared.unsure else "everything could be compared"
    if not compared.unsure and not compared.is_complete:
        read = "not everything could be read"
    came, went = counted(len(compared.came), "finding"), len(compared.went)
    changes = len(_with_their_own(compared.changes))
    old, new = compared.sides
    if compared.sides == SIDES:
        told = f"{counted(changes, 'change')}; {came} came and {went} went"
    else:
        told = (
            f"{counted(changes, 'difference')} between {old} and {new}; "
            f"{came} only in {new}, {went} only in {old}"
        )
    return f"{told}, both judged as of {compared.at:%Y-%m-%d %H:%M} UTC; {read}."


def as_data(compared: Comparison) -> dict[str, Any]:
    """The comparison as values that JSON knows."""
    return {
        "schema": "edgeaudit/diff/1",
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "made_at": instant(compared.made_at),
        "at": instant(compared.at),
        "sides": list(compared.sides),
        "old": [installation_data(one) for one in compared.old],
        "new": [installation_data(one) for one in compared.new],
        "complete": compared.is_complete,
        "changes": [_change(each) for each in compared.changes],
        "findings": {
            "came": [finding_data(each) for each in compared.came],
            "went": [finding_data(each) for each in compared.went],
        },
        "unsure": [each._asdict() for each in compared.unsure],
        "gaps": {
            "old": [each.as_data() for each in compared.old_gaps],
            "new": [each.as_data() for each in compared.new_gaps],
        },
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "installation": change.installation,
        "where": change.where,
        "kind": change.kind,
        "event": change.event,
        "names_lost": list(change.names_lost),
        "differences": {
            each.name: {"before": each.before, "after": each.after} for each in change.differences
        },
    }


def _sections(compared: Comparison) -> Iterator[tuple[str, str, list[Item]]]:
    """Headings, perhaps with the name of a side, and what stands below them."""
    several = len({one.name for one in (*compared.old, *compared.new)}) > 1

    def at(installation: str, where: str) -> str:
        if compared.sides != SIDES:  # two environments: below them the names are the same
            return "/".join(where.split("/")[2:]) or "the environment"
        return f"{installation}: {where}" if several else where

    def finding(each: Finding) -> Item:
        told = f"{each.severity.value}: {each.rule}: {each.message}"
        return Item(at(each.installation, each.where), told)

    def gap(each: InstalledGap) -> Item:
        return Item(at(each.installation, each.gap.where), each.gap.detail or each.gap.reason)

    changes = [
        Item(
            at(each.installation, each.where),
            _event(each, compared),
            _particulars(each, along),
            _brief(each) if _is_whole(each) and each.kind == "certificate" else "",
        )
        for each, along in _with_their_own(compared.changes)
    ]
    names = dict(zip(("old", "new"), compared.sides, strict=True))
    unsure = [
        Item(at(each.installation, each.where), f"{each.what}, only seen in {names[each.side]}")
        for each in compared.unsure
    ]
    old, new = compared.sides
    yield from _section("Changes", "", changes)
    if compared.sides == SIDES:
        yield from _section("Findings that came", "", map(finding, compared.came))
        yield from _section("Findings that went", "", map(finding, compared.went))
    else:
        yield from _section("Findings only in", new, map(finding, compared.came))
        yield from _section("Findings only in", old, map(finding, compared.went))
    yield from _section("Not compared", "", unsure)
    for side, gaps in ((old, compared.old_gaps), (new, compared.new_gaps)):
        yield from _section("Not read of", side, map(gap, gaps))


def _section(
    heading: str, side: str, items: Iterable[Item]
) -> Iterator[tuple[str, str, list[Item]]]:
    if listed := list(items):
        yield heading, side, listed


def _with_their_own(changes: Sequence[Change]) -> list[tuple[Change, list[Change]]]:
    """Each change, that of a whole keystore with the certificates that appeared or went with it."""
    found: list[tuple[Change, list[Change]]] = []
    stores: dict[tuple[str, str, str], list[Change]] = {}
    for each in changes:
        place = each.where.rpartition("/")[0] if each.kind in ("alias", "certificate") else ""
        along = stores.get((each.installation, place, each.event))
        if along is None:
            along = []
            found.append((each, along))
            stores[each.installation, each.where, each.event] = along
        elif each.kind == "certificate":
            along.append(each)
    return found


def _event(change: Change, compared: Comparison) -> str:
    told = f"{change.kind} {_happened(change.event, compared.sides)}"
    if change.names_lost:
        told += f", and no longer covers {', '.join(change.names_lost)}"
    if change.event == "renewed" and any(e.name == "public_key" for e in change.differences):
        told += ", with another key"
    return told


def _happened(event: Event, sides: tuple[str, str]) -> str:
    if sides == SIDES:
        return event
    old, new = sides
    return {"appeared": f"only in {new}", "went": f"only in {old}"}.get(event, "differs")


def _is_whole(change: Change) -> bool:
    return change.event in ("appeared", "went")


def _particulars(change: Change, along: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    if _is_whole(change) and change.kind == "certificate":
        return ()
    own = (
        (_in_words(each.name), _told(each, change.event))
        for each in change.differences
        if each.name not in _UNTOLD
    )
    return (*own, *((each.where.rpartition("/")[2], _brief(each)) for each in along))


def _in_words(name: str) -> str:
    """`not_after` as words; a property of a virtual host has the name that Edge knows."""
    return name if name.startswith("properties.") else name.replace("_", " ")


def _brief(certificate: Change) -> str:
    told = {each.name: each.after or each.before for each in certificate.differences}
    return f"{told['subject']}, until {told['not_after'][:10]}"


def _told(each: Difference, event: str) -> str:
    if event == "appeared":
        return _value(each.after)
    if event == "went":
        return _value(each.before)
    return f"{_value(each.before)} -> {_value(each.after)}"


def _value(value: object) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _json(compared: Comparison) -> str:
    return json.dumps(as_data(compared), indent=2) + "\n"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "json": _json,
    "markdown": markdown,
    "table": render,
}
