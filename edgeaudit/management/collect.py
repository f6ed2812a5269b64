"""What an audit reads from one management server, each resource asked once."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from edgeaudit.inventory import Environment, Gap, Inventory, Section
from edgeaudit.location import place
from edgeaudit.management import resources
from edgeaudit.management.crawl import At, Crawl
from edgeaudit.management.keystores import (
    ListedKeystore,
    read_aliases,
    read_keystore,
    without_aliases,
)
from edgeaudit.management.revisions import read_revisions
from edgeaudit.management.stop import Stop
from edgeaudit.management.values import as_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from edgeaudit.inventory import Keystore, Revision
    from edgeaudit.management.crawl import Names, Progress
    from edgeaudit.management.source import Source
    from edgeaudit.shard import Shard

KINDS = ("keystores", "references", "virtualhosts", "targetservers")
PORTAL = "portal"  # the pseudo environment of integrated portals: nothing of its own is in it

_PARSERS = {
    "references": resources.reference,
    "virtualhosts": resources.virtual_host,
    "targetservers": resources.target_server,
}


def collect(
    source: Source,
    *,
    installation: str = "default",
    organizations: Sequence[str] = (),
    environments: Sequence[str] = (),
    kinds: Collection[str] = KINDS,
    with_aliases: bool = True,
    with_proxies: bool = True,
    concurrency: int = 8,
    stop: Stop | None = None,
    shard: Shard | None = None,
    progress: Progress = lambda *_: None,
) -> Inventory:
    """The inventory of what `source` tells, with a gap for all that it does not.

    `organizations` and `environments` are names or globs, none meaning all; organizations are
    listed only where their names are not given. `kinds` are those of KINDS to read; proxies are
    what is deployed of them and of shared flows. A `concurrency` of 0, for a source that nothing
    has to be waited for, asks in the thread of the caller. When `stop` is over, what is left is a
    gap. Of a `shard` the other environments are not read.
    """
    with Crawl(source, concurrency, progress, stop or Stop()) as crawl:
        found = _organizations(crawl, organizations)
        listed = _environments(crawl, found, environments)
        portals = [env for env in listed if env.name == PORTAL and PORTAL not in environments]
        wanted = [env for env in listed if env not in portals]
        if shard:
            wanted = [env for env in wanted if shard.has(env.where)]
        left_out = [env.where for env in portals]
        if not with_proxies:
            left_out += [f"{env.where}/proxies" for env in wanted]
        read = _read_environments(crawl, wanted, kinds, with_aliases=with_aliases)
        revisions = read_revisions(crawl, wanted) if with_proxies else {}
        unread: Section[Revision] = Section(is_listed=False)
        return Inventory(
            installation=installation,
            source=source.name,
            organizations=found,
            environments=tuple(
                replace(env, revisions=revisions.get(at, unread))
                for at, env in zip(wanted, read, strict=True)
            ),
            gaps=crawl.all_gaps(),
            left_out=tuple(sorted(left_out)),
            is_narrowed=bool(organizations or environments),
            shard=shard,
        )


def _organizations(crawl: Crawl, globs: Sequence[str]) -> Names:
    if globs and not any(map(_is_glob, globs)):
        return tuple(dict.fromkeys(globs))
    listed = crawl.read(At(("organizations",), "organizations"), as_names)
    if listed is None:
        return ()
    _miss_unmatched(crawl, globs, listed, "organization", "")
    return tuple(name for name in listed if _matches(name, globs))


def _environments(crawl: Crawl, organizations: Names, globs: Sequence[str]) -> list[At]:
    roots = [At(("organizations", name), place(name)) for name in organizations]

    def names_in(root: At) -> Names | None:
        return crawl.read(root.below("environments"), as_names)

    def read(root: At, name: str) -> At:
        return At((*root.path, "environments", name), f"{root.where}/{place(name)}")

    sections = crawl.sections("environments", roots, names_in, read)
    if roots and all(section.is_listed for section in sections):
        names = set(chain.from_iterable(section.items for section in sections))
        within = roots[0].where if len(roots) == 1 else "*"
        _miss_unmatched(crawl, globs, names, "environment", f"{within}/")
    # a role may be refused the list and yet be allowed what it would list
    literal = [name for name in globs if not _is_glob(name)]
    return [
        env
        for root, section in zip(roots, sections, strict=True)
        for env in (section if section.is_listed else [read(root, name) for name in literal])
        if _matches(env.name, globs)
    ]


def _miss_unmatched(
    crawl: Crawl, globs: Iterable[str], names: Collection[str], kind: str, within: str
) -> None:
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            detail = f"no {kind} is named {glob}"
            crawl.miss(Gap(within + place(glob), "not_found", detail, "check the spelling"))


def _matches(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _is_glob(name: str) -> bool:
    return any(char in name for char in "*?[")


class _List(NamedTuple):
    """The list of one kind of thing in one environment."""

    environment: At
    kind: str


def _read_environments(
    crawl: Crawl, environments: Sequence[At], kinds: Collection[str], *, with_aliases: bool
) -> tuple[Environment, ...]:
    def names_in(one: _List) -> Names | None:
        return crawl.read(one.environment.below(one.kind), as_names)

    def read(one: _List, name: str) -> Any:
        at = one.environment.below(one.kind, name)
        if one.kind == "keystores":
            return read_keystore(crawl, at, one.environment.where)
        parse = _PARSERS[one.kind]
        return crawl.read(at, lambda body: parse(body, one.environment.where, name))

    lists = [_List(env, kind) for env in environments for kind in KINDS if kind in kinds]
    sections = crawl.sections("objects", lists, names_in, read)
    by_list = dict(zip(lists, sections, strict=True))
    listed = [store for one in lists if one.kind == "keystores" for store in by_list[one]]
    keystores = read_aliases(crawl, listed) if with_aliases else without_aliases(listed)
    return tuple(_environment(env, by_list, keystores) for env in environments)


def _environment(
    env: At, by_list: dict[_List, Section[Any]], keystores: dict[str, Keystore]
) -> Environment:
    unread: Section[Any] = Section(is_listed=False)
    stores: Section[ListedKeystore] = by_list.get(_List(env, "keystores"), unread)
    read = {name: keystores[store.at.where] for name, store in stores.items.items()}
    return Environment(
        where=env.where,
        organization=env.path[1],
        name=env.name,
        keystores=Section(read, stores.unread, stores.is_listed),
        references=by_list.get(_List(env, "references"), unread),
        virtual_hosts=by_list.get(_List(env, "virtualhosts"), unread),
        target_servers=by_list.get(_List(env, "targetservers"), unread),
    )
