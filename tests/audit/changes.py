"""Inventories that differ from another one by a little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from edgeaudit.inventory import Gap, Section, StoreName, VirtualHost
from edgeaudit.location import numbered, place

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from edgeaudit.inventory import (
        Alias,
        Environment,
        Inventory,
        Keystore,
        ProxyTarget,
        Revision,
        StoredCertificate,
        TlsSettings,
    )

T = TypeVar("T")

SECTIONS = ("keystores", "references", "virtual_hosts", "target_servers", "revisions")
Loss = tuple[str, "Environment"]
"""What is lost, and the environment without it."""


# another order


def shuffled(inventory: Inventory, rng: random.Random) -> Inventory:
    """The same, told in another order, down to the host aliases."""

    def mixed(items: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(rng.sample(items, len(items)))

    def section(told: Section[T], change: Callable[[T], T] = lambda each: each) -> Section[T]:
        items = {name: change(told.items[name]) for name in mixed(tuple(told.items))}
        return replace(told, items=items)

    def store(told: Keystore) -> Keystore:
        return replace(told, aliases=section(told.aliases))

    def host(told: VirtualHost) -> VirtualHost:
        properties = {name: told.properties[name] for name in mixed(tuple(told.properties))}
        return replace(told, host_aliases=mixed(told.host_aliases), properties=properties)

    def revision(told: Revision) -> Revision:
        hosts, targets = mixed(told.virtual_hosts), mixed(told.targets)
        return replace(told, virtual_hosts=hosts, targets=targets)

    def environment(told: Environment) -> Environment:
        return replace(
            told,
            keystores=section(told.keystores, store),
            references=section(told.references),
            virtual_hosts=section(told.virtual_hosts, host),
            target_servers=section(told.target_servers),
            revisions=section(told.revisions, revision),
        )

    environments = mixed(tuple(map(environment, inventory.environments)))
    organizations = mixed(inventory.organizations)
    return replace(inventory, organizations=organizations, environments=environments)


# other names


def renamed(inventory: Inventory, names: Mapping[str, str]) -> Inventory:
    """The same, with other names for the stores, and wherever one of them is named."""
    changed = (_renamed_within(env, names) for env in inventory.environments)
    return replace(inventory, environments=tuple(changed))


def _renamed_within(env: Environment, names: Mapping[str, str]) -> Environment:
    def name(told: StoreName | None) -> StoreName | None:
        return StoreName(names.get(told.text, told.text)) if told else None

    def settings(tls: TlsSettings | None) -> TlsSettings | None:
        return tls and replace(tls, keystore=name(tls.keystore), truststore=name(tls.truststore))

    def endpoint(told: Any) -> Any:
        return replace(told, tls=settings(told.tls))

    def section(told: Section[T], change: Callable[[T], T]) -> Section[T]:
        return replace(told, items={key: change(each) for key, each in told.items.items()})

    stores = (_named(each, names.get(each.name, each.name)) for each in env.keystores)
    return replace(
        env,
        keystores=replace(env.keystores, items={each.name: each for each in stores}),
        references=section(
            env.references, lambda each: replace(each, refers=names.get(each.refers, each.refers))
        ),
        virtual_hosts=section(env.virtual_hosts, endpoint),
        target_servers=section(env.target_servers, endpoint),
        revisions=section(
            env.revisions, lambda each: replace(each, targets=tuple(map(endpoint, each.targets)))
        ),
    )


def _named(store: Keystore, name: str) -> Keystore:
    where = f"{store.environment}/{place('keystores', name)}"
    items = {
        each.name: _moved(each, f"{where}{each.where.removeprefix(store.where)}", where)
        for each in store.aliases
    }
    return replace(store, name=name, where=where, aliases=replace(store.aliases, items=items))


def _moved(alias: Alias, where: str, keystore: str) -> Alias:
    chain = (replace(each, where=numbered(where, each.index), alias=where) for each in alias.chain)
    return replace(alias, where=where, keystore=keystore, chain=tuple(chain))


# something is not there, or was not read


def removals(env: Environment) -> Iterator[Loss]:
    """The environment without one of its things, each once."""
    for name in SECTIONS:
        for key in getattr(env, name).items:
            yield f"{name} {key}", _with(env, name, _without(getattr(env, name), key))
    for store in env.keystores:
        for alias in store.aliases:
            aliases = _without(store.aliases, alias.name)
            yield alias.where, _with_store(env, replace(store, aliases=aliases))
            for stored in alias.chain:
                chain = _chain_without(alias, stored)
                yield stored.where, _with_alias(env, store, replace(alias, chain=chain))
    for key, revision in env.revisions.items.items():
        for target in revision.targets:
            yield target.where, _with_revision(env, key, _untargeted(revision, target))


def unread(env: Environment) -> Iterator[Loss]:
    """The environment where one of its things, or of its lists, could not be read, each once."""
    for name in SECTIONS:
        section = getattr(env, name)
        yield name, _with(env, name, Section(is_listed=False))
        for key in section.items:
            yield f"{name} {key}", _with(env, name, _unread(section, key))
    for store in env.keystores:
        yield f"{store.where}/", _with_store(env, replace(store, aliases=Section(is_listed=False)))
        for alias in store.aliases:
            aliases = _unread(store.aliases, alias.name)
            yield alias.where, _with_store(env, replace(store, aliases=aliases))
            for stored in alias.chain:
                chain = _chain_without(alias, stored)
                partial = replace(alias, chain=chain, is_complete=False)
                yield stored.where, _with_alias(env, store, partial)


def alone(inventory: Inventory, env: Environment, lost: str = "") -> Inventory:
    """The inventory with that environment only, and a gap for what is `lost`."""
    gaps = (Gap(f"{env.where}/{lost}", "forbidden"),) if lost else ()
    return replace(inventory, environments=(env,), gaps=gaps)


def _with(env: Environment, name: str, section: Section[Any]) -> Environment:
    changes: dict[str, Any] = {name: section}
    return replace(env, **changes)


def _without(section: Section[T], key: str) -> Section[T]:
    return replace(section, items={k: each for k, each in section.items.items() if k != key})


def _unread(section: Section[T], key: str) -> Section[T]:
    return replace(_without(section, key), unread=section.unread | {key})


def _with_store(env: Environment, store: Keystore) -> Environment:
    stores = replace(env.keystores, items={**env.keystores.items, store.name: store})
    return replace(env, keystores=stores)


def _with_alias(env: Environment, store: Keystore, alias: Alias) -> Environment:
    aliases = replace(store.aliases, items={**store.aliases.items, alias.name: alias})
    return _with_store(env, replace(store, aliases=aliases))


def _chain_without(alias: Alias, stored: StoredCertificate) -> tuple[StoredCertificate, ...]:
    return tuple(each for each in alias.chain if each is not stored)


def _with_revision(env: Environment, key: str, revision: Revision) -> Environment:
    revisions = replace(env.revisions, items={**env.revisions.items, key: revision})
    return replace(env, revisions=revisions)


def _untargeted(revision: Revision, target: ProxyTarget) -> Revision:
    return replace(revision, targets=tuple(each for each in revision.targets if each != target))
