"""What names no place that there is: most often a name is misspelt."""

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
    from edgeaudit.audit.scope import Scope
    from edgeaudit.audit.shown import Shown
    from edgeaudit.inventory import Inventory


def unmatched(
    overrides: Iterable[Override], inventories: Sequence[Inventory]
) -> Iterator[Override]:
    """Entries of the policy that can speak of nothing: no place begins as theirs do, or no
    installation is theirs.

    Nothing is said of one where something that it may speak of was not read, nor in a shard, which
    is not all.
    """
    if any(one.shard for one in inventories):
        return
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


def without_certificates(
    scopes: Iterable[Scope], inventories: Sequence[Inventory], shown: Sequence[Shown] = ()
) -> Iterator[Scope]:
    """Those in which no certificate lies or is `shown`.

    Nothing is said of one where something that it may speak of was not read, nor in a shard.
    """
    if any(one.shard for one in inventories):
        return
    places = {
        one.installation: {
            each.where
            for env in one.environments
            for store in env.keystores
            for alias in store.aliases
            for each in alias.chain
        }
        for one in inventories
    }
    for each in shown:
        places[each.installation].add(each.where)
    extent = Extent(inventories, gaps_of(inventories))
    for scope in scopes:
        theirs = [name for name in places if fnmatchcase(name, scope.installation)]
        has_any = any(fnmatchcase(where, scope.where) for name in theirs for where in places[name])
        if not has_any and (extent.has_all(scope) or not theirs):
            yield scope
