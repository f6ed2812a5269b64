"""What differs between two readings of an installation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from edgeaudit.audit.comparing.particulars import things
from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.suppressing import hidden_by
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.comparing.particulars import Kind, Particulars, Thing
    from edgeaudit.audit.finding import Finding, Installation, InstalledGap, Report
    from edgeaudit.inventory import Inventory

Event = Literal["appeared", "went", "renewed", "replaced", "changed"]
SIDES = ("old", "new")
Place = tuple[str, str]  # an installation, and a place in it


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


class Side:
    """What one side has, and what it may have and could not be read."""

    def __init__(self, inventories: Sequence[Inventory], report: Report) -> None:
        self.report = report
        self.inventories = {one.installation: one for one in inventories}
        self.things: dict[Place, Thing] = {
            (one.installation, thing.where): thing
            for one in inventories
            for env in one.environments
            for thing in things(env)
        }
        suppressed = (each.finding for each in report.suppressed)
        self.findings = {_key(each): each for each in chain(report.findings, suppressed)}

    def behind(self, at: Place, reference: Thing) -> tuple[Place, Mapping[str, Thing]]:
        """The store that a reference means, and the certificates there by alias and number."""
        env = at[1].rpartition("/references/")[0]
        store = (at[0], f"{env}/keystores/{place(reference.particulars['refers'])}")
        return store, self._chains[store]

    @cached_property
    def _chains(self) -> Mapping[Place, dict[str, Thing]]:
        found: dict[Place, dict[str, Thing]] = defaultdict(dict)
        for (installation, where), thing in self.things.items():
            if thing.kind == "certificate":
                store, _, name = where.rpartition("/")
                found[installation, store][name] = thing
        return found

    def would_know(self, at: Place) -> bool:
        """Whether what lies there would have been read, had it been there."""
        inventory = self.inventories.get(at[0])
        return (
            inventory is not None
            and _was_asked(inventory, at[1])
            and not any(_is_within(at[1], area) for area in _unread(inventory))
        )

    def would_find(self, finding: Finding) -> bool:
        """Whether nothing that could not be read may have kept a rule from that finding."""
        inventory = self.inventories.get(finding.installation)
        return (
            inventory is not None
            and _was_asked(inventory, finding.where)
            and not any(finding.where.startswith(hidden_by(gap)) for gap in inventory.gaps)
        )


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


def _key(finding: Finding) -> tuple[str, ...]:
    """What tells a finding from others; a renewed certificate may have what the old one had.

    One that has become worse, as an endpoint has come to use what it speaks of, is another.
    """
    where = without_revision(finding.where)
    severity = finding.severity.value
    return finding.installation, finding.rule, finding.cause.value, where, severity


def _was_asked(inventory: Inventory, where: str) -> bool:
    return not inventory.is_narrowed or any(
        _is_within(where, env.where) for env in inventory.environments
    )


def _unread(inventory: Inventory) -> Iterator[str]:
    """The places of which not all is known, less revisions."""
    above = [gap for gap in inventory.gaps if gap.where.count("/") < 2 or gap.is_of_endpoint]
    yield from (hidden_by(gap).rstrip("/") for gap in above)
    within = [gap.where for gap in inventory.gaps if gap not in above]
    for where in (*within, *inventory.left_out):
        yield without_revision(f"{where}/").rstrip("/")
        if where.endswith("/proxies"):
            yield where.removesuffix("proxies") + "sharedflows"


def _is_within(where: str, area: str) -> bool:
    return not area or where == area or where.startswith((f"{area}/", f"{area}#"))
