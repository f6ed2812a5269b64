"""Named kinds of clients, and what each offers by itself: versions and suites.

The table is clients.csv: the code points of a kind's own ClientHello, each row with its source. Old
clients end before the versions that came after them; what a user of one has configured is not
known here.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgeaudit.tls.ciphers import Suite


@dataclass(frozen=True)
class Client:
    """A kind of client: `name` for configurations, `title` for people."""

    name: str
    title: str
    versions: frozenset[Version]
    suites: tuple[Suite, ...]
    source: str

    def agrees(
        self, versions: Collection[Version], suites: Collection[Suite], key: str | None
    ) -> bool:
        """Whether one of its suites is among a server's, works in a version of both, and suits
        the server's key (None for any)."""
        common = self.versions & set(versions)
        return any(
            each.suits(key) and any(each.works_in(one, "openssl") for one in common)
            for each in set(self.suites) & set(suites)
        )


@cache
def clients() -> dict[str, Client]:
    """All of them, by name."""
    table = resources.files("edgeaudit.tls").joinpath("clients.csv").read_text("utf-8")
    return {row["name"]: _client(row) for row in csv.DictReader(table.splitlines())}


def _client(row: dict[str, str]) -> Client:
    by_spelling = {version.spelling: version for version in Version}
    return Client(
        name=row["name"],
        title=row["title"],
        versions=frozenset(by_spelling[each] for each in row["versions"].split()),
        suites=tuple(filter(None, (on_the_wire(int(c, 16)) for c in row["suites"].split()))),
        source=row["source"],
    )
