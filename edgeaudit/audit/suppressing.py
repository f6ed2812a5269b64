"""What is suppressed, and which suppressions should go."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.report import StaleSuppression, Suppressed
from edgeaudit.location import split_host_port

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.reading import InstalledGap
    from edgeaudit.audit.scope import Scope
    from edgeaudit.inventory import Gap, Inventory


class Suppressions:
    """The suppressions of a policy at the moment `now`. Of several for a finding the first holds.

    Those of a single place are looked up by it: a baseline holds thousands.
    """

    def __init__(self, suppressions: Iterable[Suppression], now: datetime) -> None:
        self._expired = [each for each in suppressions if each.has_expired(now)]
        self._standing = [each for each in suppressions if not each.has_expired(now)]
        self._at: dict[str | None, list[int]] = defaultdict(list)
        for number, each in enumerate(self._standing):
            self._at[each.scope.place].append(number)
        self._used: set[int] = set()

    def divided(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Suppressed]]:
        """The findings that are to be told, and those that are suppressed."""
        told, suppressed = [], []
        for finding in findings:
            numbers = self._covering(finding)
            self._used.update(numbers)
            if numbers:
                by = self._standing[numbers[0]]
                suppressed.append(Suppressed(finding, by.reason, by.expires, by.owner))
            else:
                told.append(finding)
        return told, suppressed

    def stale(
        self,
        inventories: Sequence[Inventory],
        gaps: Iterable[InstalledGap],
        silent: Collection[str] = (),
    ) -> Iterator[StaleSuppression]:
        """Those whose day has passed; those that suppressed nothing of what was `divided`.

        Nothing is said of one where something that it may speak of was not read. `silent` are the
        rules that had nothing to judge, as no endpoint was asked.
        """
        yield from (StaleSuppression(each, "expired") for each in self._expired)
        extent = Extent(inventories, gaps)
        for number, each in enumerate(self._standing):
            is_silent = each.scope.rule in silent or (silent and split_host_port(each.scope.where))
            if number not in self._used and not is_silent and extent.has_all(each.scope):
                yield StaleSuppression(each, "unused")

    def _covering(self, finding: Finding) -> list[int]:
        here = self._at.get(without_revision(finding.where), [])
        numbers = sorted([*here, *self._at.get(None, [])])
        return [number for number in numbers if self._standing[number].covers(finding)]


class Extent:
    """What was read: of each installation the environments, and where they are not known whole."""

    def __init__(self, inventories: Sequence[Inventory], gaps: Iterable[InstalledGap]) -> None:
        self._inventories = inventories
        self._unread = {
            one.installation: {_environment(where) for where in one.left_out} for one in inventories
        }
        for each in gaps:
            self._unread[each.installation].add(hidden_by(each.gap))

    def has_all(self, scope: Scope) -> bool:
        """Whether all that `scope` speaks of was read, in at least one installation."""
        named = [
            one for one in self._inventories if fnmatchcase(one.installation, scope.installation)
        ]
        return bool(named) and all(self._is_known(one, scope.prefix) for one in named)

    def _is_known(self, inventory: Inventory, prefix: str) -> bool:
        is_within = any(prefix.startswith(f"{env.where}/") for env in inventory.environments)
        unread = self._unread[inventory.installation]
        return (is_within or not inventory.is_narrowed) and not any(
            prefix.startswith(area) or area.startswith(prefix) for area in unread
        )


def hidden_by(gap: Gap) -> str:
    """What all the places begin with that a gap may hide: those of its environment, or its own.

    A rule that does not know one thing is silent on others beside it. Where the gap is above the
    environments it is the organization, or everything; an endpoint that could not be asked hides
    nothing else.
    """
    where = gap.where
    if gap.is_of_endpoint:
        return where
    depth = where.count("/")
    if depth > 1:
        return _environment(where)
    return f"{where.partition('/')[0]}/" if depth else ""


def _environment(where: str) -> str:
    return "/".join(where.split("/")[:2]) + "/"
