"""One of two readings that are compared: what it has, and what it may have."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from edgeaudit.audit.comparing.particulars import things
from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.suppressing import hidden_by
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgeaudit.audit.comparing.particulars import Thing
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report
    from edgeaudit.inventory import Inventory

Place = tuple[str, str]  # an installation, and a place in it


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
