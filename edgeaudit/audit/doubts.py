"""Why something may be used although nothing that was read uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import is_dynamic, store_names
from edgeaudit.audit.subjects import FREE_TRIAL_KEYSTORE
from edgeaudit.inventory import (
    Alias,
    Keystore,
    Reference,
    StoredCertificate,
    TargetServer,
    VirtualHost,
)
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from edgeaudit.audit.catalogue import Found
    from edgeaudit.audit.impact import Impact
    from edgeaudit.audit.tree import Thing
    from edgeaudit.inventory import Environment, Inventory, Section


def doubts_about(found: Iterable[Found], inventories: Sequence[Inventory]) -> list[str]:
    """Why more may depend on what was found: clauses such as `acme/prod/references was not read`.

    Edge's references and stores reach no further than their environment, so only what could not be
    read there matters; a certificate may lie in any store that could not be read.
    """
    told: dict[str, None] = {}
    for each in found:
        if each.certificate is not None:
            told |= dict.fromkeys(clause for one in inventories for clause in _stores(one))
        for thing, impact in _told_apart(each):
            told |= dict.fromkeys(_doubts(thing, impact))
    return list(told)


def _told_apart(found: Found) -> list[tuple[Thing, Impact]]:
    """The things, stores in place of what lies in them; of those of an environment one will do."""
    apart: dict[object, tuple[Thing, Impact]] = {}
    for installed in found.things:
        thing, impact = installed.thing, installed.impact
        if isinstance(thing, StoredCertificate):
            thing = impact.aliases[thing.alias]
        if isinstance(thing, Alias):
            thing = impact.keystores[thing.keystore]
        is_trial = isinstance(thing, Keystore) and thing.name == FREE_TRIAL_KEYSTORE
        apart.setdefault((id(impact), impact.environment(thing).where, is_trial), (thing, impact))
    return list(apart.values())


def _doubts(thing: Thing, impact: Impact) -> Iterator[str]:
    env = impact.environment(thing)
    match thing:
        case VirtualHost():
            yield from _revisions(env)
        case TargetServer():
            yield from _revisions(env)
            yield from _varying_servers(env)
        case Reference():
            yield from _namers(env)
        case Keystore():
            yield from _namers(env)
            yield from _unread(env, "references", env.references)
            if thing.name == FREE_TRIAL_KEYSTORE:
                yield f"virtual hosts with the free-trial certificate use {thing.where} unnamed"


def _namers(env: Environment) -> Iterator[str]:
    """What names stores and references, and was not read or is not known."""
    yield from _unread(env, "virtualhosts", env.virtual_hosts)
    yield from _unread(env, "targetservers", env.target_servers)
    yield from _revisions(env)
    for endpoint in env.endpoints:
        is_varying = any(name.is_dynamic for name in store_names(endpoint))
        if is_varying and not isinstance(endpoint, VirtualHost):
            yield f"{endpoint.where} names a store by a flow variable"


def _varying_servers(env: Environment) -> Iterator[str]:
    for target in (target for revision in env.revisions for target in revision.targets):
        if any(map(is_dynamic, target.servers)):
            yield f"{target.where} names a target server by a flow variable"


def _stores(inventory: Inventory) -> Iterator[str]:
    """The stores and aliases in which a certificate may lie unseen."""
    for env in inventory.environments:
        yield from _unread(env, "keystores", env.keystores)
        for store in env.keystores:
            yield from (
                f"{store.where}/{place(name)} was not read" for name in store.aliases.unread
            )
            if not store.aliases.is_listed:
                yield f"{store.where} was not read"
            yield from (
                f"{alias.where} was not read whole"
                for alias in store.aliases
                if not alias.is_complete
            )
    known = tuple(f"{env.where}/" for env in inventory.environments)
    yield from (
        f"{gap.where} was not read" for gap in inventory.gaps if not gap.where.startswith(known)
    )


def _revisions(env: Environment) -> Iterator[str]:
    if not env.revisions.is_listed:
        yield f"not all that is deployed in {env.where} was read"
    yield from (f"{env.where}/{key} was not read" for key in sorted(env.revisions.unread))


def _unread(env: Environment, kind: str, section: Section[Any]) -> Iterator[str]:
    if not section.is_listed:
        yield f"{env.where}/{kind} was not read"
    yield from (f"{env.where}/{place(kind, name)} was not read" for name in sorted(section.unread))
