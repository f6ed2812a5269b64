"""What differs between two readings of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from edgeaudit.audit.comparing.particulars import Kind, Particulars, Thing
    from edgeaudit.audit.comparing.side import Place, Side
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.reading import Installation, InstalledGap

Event = Literal["appeared", "went", "renewed", "replaced", "changed"]
SIDES = ("old", "new")


class Difference(NamedTuple):
    """A particular before and after; None where it was not set, or there was nothing."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What happened to one thing.

    A certificate is `renewed` where another of the same subject lies in its place, `replaced` where
    one of another subject does; behind a reference that was moved, `where` is that of the reference
    with the alias. `differences` are the particulars that differ; of what appeared or went all that
    it has.
    """

    installation: str
    where: str
    kind: Kind
    event: Event
    differences: tuple[Difference, ...]

    @property
    def names_lost(self) -> tuple[str, ...]:
        """The host names that a renewed certificate no longer has."""
        return tuple(
            name
            for each in self.differences
            if each.name == "names" and self.event != "went"
            for name in each.before or ()
            if name not in (each.after or ())
        )


class Unsure(NamedTuple):
    """A thing or a finding that one side has, where the other could not be read."""

    installation: str
    where: str
    what: str
    side: Literal["old", "new"]


@dataclass(frozen=True)
class Comparison:
    """All that differs; `came` and `went` are findings, both sides judged as of `at`.

    `unsure` could not be compared. `sides` is what the two are called.
    """

    made_at: datetime
    at: datetime
    old: tuple[Installation, ...]
    new: tuple[Installation, ...]
    changes: tuple[Change, ...]
    came: tuple[Finding, ...]
    went: tuple[Finding, ...]
    unsure: tuple[Unsure, ...]
    old_gaps: tuple[InstalledGap, ...]
    new_gaps: tuple[InstalledGap, ...]
    sides: tuple[str, str] = SIDES

    @property
    def is_complete(self) -> bool:
        """Whether both sides were read whole, and all could be compared."""
        return not (self.old_gaps or self.new_gaps or self.unsure)


def compare(old: Side, new: Side, sides: tuple[str, str] = SIDES) -> Comparison:
    """What differs between two sides that were judged at the same time, under the same policy."""
    came = [each for key, each in new.findings.items() if key not in old.findings]
    went = [each for key, each in old.findings.items() if key not in new.findings]
    return Comparison(
        made_at=new.report.made_at,
        at=new.report.at,
        old=old.report.installations,
        new=new.report.installations,
        changes=tuple(_changes(old, new)),
        came=tuple(each for each in came if old.would_find(each)),
        went=tuple(each for each in went if new.would_find(each)),
        unsure=tuple(sorted({*_unsure(old, new, "old"), *_unsure(new, old, "new")})),
        old_gaps=old.report.gaps,
        new_gaps=new.report.gaps,
        sides=sides,
    )


def _changes(old: Side, new: Side) -> Iterator[Change]:
    for at in sorted({*old.things, *new.things}):
        before, after = old.things.get(at), new.things.get(at)
        if before is None and after is not None:
            if old.would_know(at):
                yield _change(at, after, "appeared", {}, after.particulars)
        elif before is not None and after is None:
            if new.would_know(at):
                yield _change(at, before, "went", before.particulars, {})
        elif before and after and (found := _changed(at, before, after)):
            yield found
            if before.kind == "reference":
                yield from _behind(at, before, after, old, new)


def _changed(at: Place, before: Thing, after: Thing) -> Change | None:
    one, other = before.particulars, after.particulars
    if before.kind == "certificate":
        if _is_same(one, other):
            return None
        event: Event = "renewed" if one.get("subject") == other.get("subject") else "replaced"
        return _change(at, after, event, one, other)
    if before.kind == "alias" and not (one and other):
        return None  # older Edges do not tell whether there is a key
    return _change(at, after, "changed", one, other) if one != other else None


def _behind(at: Place, before: Thing, after: Thing, old: Side, new: Side) -> Iterator[Change]:
    """What a reference that was moved stands for now, where that stood for other certificates.

    A renewal is done so (Edge: "Update a TLS certificate"); the place is that of the reference.
    """
    (store, formerly), (other, now) = old.behind(at, before), new.behind(at, after)
    for name in sorted(formerly.keys() | now.keys()):
        here = (at[0], f"{at[1]}/{name}")
        one, two = formerly.get(name), now.get(name)
        if one and two:
            yield from filter(None, [_changed(here, one, two)])
        elif one and new.would_know((other[0], f"{other[1]}/{name}")):
            yield _change(here, one, "went", one.particulars, {})
        elif two and old.would_know((store[0], f"{store[1]}/{name}")):
            yield _change(here, two, "appeared", {}, two.particulars)


def _is_same(one: Particulars, other: Particulars) -> bool:
    """Whether it is one certificate; Edge's description of it lacks some particulars."""
    names = ("sha256",) if "sha256" in one and "sha256" in other else ("serial", "issuer")
    return all(one.get(name) == other.get(name) for name in names)


def _change(
    at: Place,
    thing: Thing,
    event: Event,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Change:
    names = dict.fromkeys((*before, *after))
    pairs = (Difference(name, before.get(name), after.get(name)) for name in names)
    return Change(*at, thing.kind, event, tuple(each for each in pairs if each[1] != each[2]))


def _unsure(has: Side, lacks: Side, side: Literal["old", "new"]) -> Iterator[Unsure]:
    for at, thing in has.things.items():
        if at not in lacks.things and not lacks.would_know(at):
            yield Unsure(*at, thing.kind, side)
    for key, finding in has.findings.items():
        if key not in lacks.findings and not lacks.would_find(finding):
            yield Unsure(finding.installation, finding.where, finding.rule, side)
