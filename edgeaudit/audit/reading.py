"""Of which installations something was read, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.inventory import Gap, Inventory


@dataclass(frozen=True)
class Installation:
    """A management server that was read."""

    name: str
    source: str
    is_complete: bool


@dataclass(frozen=True)
class InstalledGap:
    """A gap, and the installation in which it is."""

    installation: str
    gap: Gap

    def as_data(self) -> dict[str, str]:
        """The same as values that JSON knows."""
        return {
            "installation": self.installation,
            "where": self.gap.where,
            "reason": self.gap.reason,
            "detail": self.gap.detail,
            "hint": self.gap.hint,
        }


def installations_of(inventories: Sequence[Inventory]) -> tuple[Installation, ...]:
    """Each management server, and whether it was read whole."""
    return tuple(Installation(one.installation, one.source, not one.gaps) for one in inventories)


def gaps_of(inventories: Sequence[Inventory]) -> tuple[InstalledGap, ...]:
    """What could not be read, in order."""
    gaps = [InstalledGap(one.installation, gap) for one in inventories for gap in one.gaps]
    return tuple(sorted(gaps, key=lambda each: (each.installation, each.gap)))
