"""Where a chain is to be put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.location import place

if TYPE_CHECKING:
    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import (
        Alias,
        Endpoint,
        Environment,
        Inventory,
        Keystore,
        Reference,
    )


@dataclass(frozen=True)
class Slot:
    """Where a chain is to be put: an alias of a keystore, there already or not.

    With a `reference`, into a new keystore that it is then moved to.
    """

    inventory: Inventory
    environment: Environment
    keystore: Keystore
    alias: str
    reference: Reference | None = None

    @property
    def where(self) -> str:
        """The place of the alias."""
        return f"{self.keystore.where}/{place(self.alias)}"

    @property
    def present(self) -> Alias | None:
        """What lies there now."""
        return self.keystore.alias(self.alias) or self.keystore.aliases.get(self.alias)

    def showers(self, impact: Impact) -> tuple[Endpoint, ...]:
        """Those that name the alias as their own, be it there or not."""
        named = impact.namers(self.present) if self.present else ()
        by_name = (
            each
            for each in self.environment.endpoints
            if impact.keystore(each) is self.keystore
            and each.tls
            and each.tls.key_alias == self.alias
        )
        return (*named, *by_name)

    def users(self, impact: Impact) -> list[str]:
        """The places of those that show the alias, or check against its store."""
        return [each.where for each in (*self.showers(impact), *impact.trusters(self.keystore))]
