"""proxy → virtual host, target → reference → keystore → alias → certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.audit.tree import (
    Kind,
    Node,
    Use,
    absent,
    alias_node,
    named_stores,
    node_of,
    paths_of,
    state_of,
    varying,
    why_idle,
)
from edgeaudit.inventory import (
    Endpoint,
    Keystore,
    ProxyTarget,
    Revision,
    TargetServer,
    VirtualHost,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import Section


class Needs:
    """What an endpoint or a deployed revision depends on, step by step down to certificates."""

    def __init__(self, impact: Impact) -> None:
        self._impact = impact

    def of(self, thing: Endpoint | Revision) -> Node:
        """The tree that begins with it."""
        if not isinstance(thing, Revision):
            return self._endpoint(thing)
        env = self._impact.environment(thing)
        hosts = env.virtual_hosts
        listening = [
            self._named(hosts, "virtualhost", name, env.where) for name in thing.virtual_hosts
        ]
        calling = [self._endpoint(target) for target in thing.targets]
        return node_of(thing, paths_of(thing), (*listening, *calling))

    def _endpoint(self, endpoint: Endpoint) -> Node:
        env = self._impact.environment(endpoint)
        names = endpoint.servers if isinstance(endpoint, ProxyTarget) else ()
        servers = [
            self._named(env.target_servers, "targetserver", name, env.where) for name in names
        ]
        stores = [self._store(use) for use in named_stores(endpoint)]
        note = why_idle(endpoint, self._impact)
        return node_of(endpoint, note, (*servers, *stores), state_of(endpoint))

    def _named(
        self, section: Section[VirtualHost] | Section[TargetServer], kind: Kind, name: str, env: str
    ) -> Node:
        if found := section.get(name):
            return self._endpoint(found)
        is_varying = kind == "targetserver" and is_dynamic(name)
        return varying(kind, name) if is_varying else absent(kind, env, name, section.lacks(name))

    def _store(self, use: Use) -> Node:
        env = self._impact.environment(use.endpoint)
        if use.name.is_dynamic and not isinstance(use.endpoint, VirtualHost):
            return varying("keystore", use.name.text, use.note)
        if (name := use.name.reference) is None:
            return self._keystore(use, use.name.text, use.note)
        if (reference := env.references.get(name)) is None:
            return absent("reference", env.where, name, env.references.lacks(name), use.note)
        return node_of(reference, use.note, (self._keystore(use, reference.refers),))

    def _keystore(self, use: Use, name: str, note: str = "") -> Node:
        env = self._impact.environment(use.endpoint)
        if (store := env.keystores.get(name)) is None:
            return absent("keystore", env.where, name, env.keystores.lacks(name), note)
        return node_of(store, note, tuple(self._aliases(use, store)))

    def _aliases(self, use: Use, store: Keystore) -> Iterator[Node]:
        alias = use.endpoint.tls.key_alias if use.endpoint.tls else None
        if use.is_trust:
            yield from map(alias_node, store.aliases)
        elif found := store.alias(alias):
            yield alias_node(found)
        elif perhaps := self._impact.possible_aliases(use.endpoint):
            yield from (alias_node(each, "perhaps this one") for each in perhaps)
        elif is_dynamic(alias):
            yield varying("alias", alias or "")
        elif alias is not None:
            yield absent("alias", store.where, alias, store.lacks_alias(alias))
