"""Entries of the policy that speak of no place that there is: most often a name is misspelt."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.reading import gaps_of
from edgeaudit.audit.suppressing import Extent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.policy import Override
    from edgeaudit.inventory import Inventory


def unmatched(
    overrides: Iterable[Override], inventories: Sequence[Inventory]
) -> Iterator[Override]:
    """Those that can speak of nothing: no place begins as theirs do, or no installation is theirs.

    Nothing is said of one where something that it may speak of was not read.
    """
    given = [each for each in overrides if each.scope.prefix or each.scope.installation != "*"]
    if not given:
        return
    extent = Extent(inventories, gaps_of(inventories))
    catalogue = Catalogue(inventories)
    places = {one.installation: catalogue.places(one) for one in inventories}
    for each in given:
        scope = each.scope
        prefix = without_revision(scope.prefix)
        theirs = [name for name in places if fnmatchcase(name, scope.installation)]
        is_there = any(where.startswith(prefix) for name in theirs for where in places[name])
        if not is_there and (extent.has_all(scope) or not theirs):
            yield each
