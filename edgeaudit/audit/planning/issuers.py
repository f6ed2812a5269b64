"""The CAs that an installation knows, above a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.inventory import Inventory
    from edgeaudit.x509.certificate import Certificate


def issuers_above(chain: Sequence[Certificate], inventory: Inventory) -> Iterator[Certificate]:
    """The certificates of the installation that may stand above the chain, by their names."""
    by_subject: dict[bytes, dict[Certificate, None]] = {}
    for env in inventory.environments:
        for store in env.keystores:
            for alias in store.aliases:
                for each in alias.certificates:
                    if each.is_ca and each.der is not None:
                        by_subject.setdefault(each.subject_canonical, {})[each] = None
    wanted, seen = [each.issuer_canonical for each in chain], set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            yield from by_subject.get(name, ())
            wanted += [each.issuer_canonical for each in by_subject.get(name, ())]
