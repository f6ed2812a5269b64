"""Who depends on what: certificate, alias, store, reference, endpoint, proxy."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.endpoints import (
    called_servers,
    checks_peer,
    has_tls,
    is_dynamic,
    names_dynamically,
    store_names,
)
from edgeaudit.host import Host
from edgeaudit.inventory import (
    Alias,
    Endpoint,
    Keystore,
    ProxyTarget,
    Reference,
    StoredCertificate,
    TargetServer,
)
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.inventory import Direction, Environment, Inventory, Revision, StoreName

Wired = StoredCertificate | Alias | Reference | Keystore | Endpoint
Subject = Wired | Host


class _Use(NamedTuple):
    """What follows from the endpoints that use a thing."""

    is_live: bool
    direction: Direction | None
    affected: tuple[str, ...]


class Impact:
    """What the endpoints of an inventory name, followed in both directions."""

    def __init__(self, inventory: Inventory) -> None:
        self.environments = {env.where: env for env in inventory.environments}
        self.aliases = {
            alias.where: alias
            for env in inventory.environments
            for store in env.keystores
            for alias in store.aliases
        }
        self.keystores = {s.where: s for env in inventory.environments for s in env.keystores}
        self._called = {env.where: called_servers(env) for env in inventory.environments}
        self._open = {env.where for env in inventory.environments if _is_open(env)}
        self._named_by: dict[str, list[Endpoint]] = defaultdict(list)
        self._perhaps_named_by: dict[str, list[Endpoint]] = defaultdict(list)
        self._anchors_of: dict[str, list[Endpoint]] = defaultdict(list)
        self._deployed_on: dict[str, list[Revision]] = defaultdict(list)
        self._own: dict[str, Keystore | None] = {}  # of endpoints
        self._uses: dict[str, _Use] = {}
        for env in inventory.environments:
            for endpoint in env.endpoints:
                self._note_names(endpoint)
            for revision in env.revisions:
                for where in {endpoint.where: None for endpoint in self.endpoints(revision)}:
                    self._deployed_on[where].append(revision)

    # what an endpoint depends on

    def environment(self, thing: Wired | Revision) -> Environment:
        """The environment in which it lives."""
        if isinstance(thing, StoredCertificate):
            thing = self.aliases[thing.alias]
        if isinstance(thing, Alias):
            thing = self.keystores[thing.keystore]
        return self.environments[thing.environment]

    def keystore(self, endpoint: Endpoint) -> Keystore | None:
        """The keystore that an endpoint names, itself or by reference, where it is known."""
        if endpoint.where not in self._own:
            self._own[endpoint.where] = self.resolved(
                endpoint, endpoint.tls.keystore if endpoint.tls else None
            )
        return self._own[endpoint.where]

    def truststore(self, endpoint: Endpoint) -> Keystore | None:
        """The truststore that an endpoint names, itself or by reference, where it is known."""
        return self.resolved(endpoint, endpoint.tls.truststore) if endpoint.tls else None

    def resolved(self, endpoint: Endpoint, name: StoreName | None) -> Keystore | None:
        """The store that an endpoint means by a name, where it is known."""
        if name is None:
            return None
        env = self.environment(endpoint)
        reference = env.references.get(name.reference)
        return env.keystores.get(reference.refers if reference else name.literal)

    def key_alias(self, endpoint: Endpoint) -> Alias | None:
        """The alias that an endpoint names as its own, where it is known."""
        store = self.keystore(endpoint)
        return store.alias(endpoint.tls.key_alias) if store and endpoint.tls else None

    def endpoints(self, revision: Revision) -> tuple[Endpoint, ...]:
        """Where a deployed revision listens and what it calls, of what could be read."""
        env = self.environment(revision)
        hosts = [env.virtual_hosts.get(name) for name in revision.virtual_hosts]
        servers = [
            env.target_servers.get(name) for each in revision.targets for name in each.servers
        ]
        return (*filter(None, hosts), *filter(None, servers), *revision.targets)

    # who depends on a thing

    def revisions(self, endpoint: Endpoint) -> tuple[Revision, ...]:
        """The deployed revisions that listen at the endpoint or call it."""
        return tuple(self._deployed_on.get(endpoint.where, ()))

    def namers(self, subject: Subject) -> tuple[Endpoint, ...]:
        """The endpoints that name the subject, whether or not their settings are in force."""
        match subject:
            case StoredCertificate():
                alias = self.aliases[subject.alias]
                return (*self.namers(alias), *self._anchors_of.get(alias.keystore, ()))
            case Alias():
                perhaps = self._perhaps_named_by.get(subject.where, ())
                return (*self._named_by.get(subject.where, ()), *perhaps)
            case Reference() | Keystore():
                return tuple(self._named_by.get(subject.where, ()))
        return ()

    def trusters(self, store: Keystore) -> tuple[Endpoint, ...]:
        """The endpoints that name it as their truststore."""
        return tuple(self._anchors_of.get(store.where, ()))

    def users(self, subject: Subject) -> tuple[Endpoint, ...]:
        """Those of the namers that have TLS on."""
        return tuple(filter(has_tls, self.namers(subject)))

    def checkers(self, store: Keystore) -> tuple[Endpoint, ...]:
        """The endpoints with TLS on that check the other side's certificates against the store.

        A virtual host does so only where it asks its clients for certificates.
        """
        return tuple(filter(checks_peer, self._anchors_of.get(store.where, ())))

    def affected(self, subject: Subject) -> tuple[str, ...]:
        """The places of the endpoints and deployed proxies that depend on the subject.

        All may depend on a host, and so none is named.
        """
        if isinstance(subject, Host):
            return ()
        if isinstance(subject, Endpoint):
            return tuple(sorted(self._proxies(subject)))
        return self._use(subject).affected

    def is_in_use(self, subject: Subject) -> bool:
        """Whether a live endpoint depends on the subject, or may do so, or the subject is one.

        It may where a virtual host, target server or reference could not be read, and where a flow
        variable names a store.
        """
        if isinstance(subject, Endpoint):
            return self.is_live(subject)
        if isinstance(subject, Host):
            return True
        is_open = self.environment(subject).where in self._open
        return is_open or self._use(subject).is_live

    def direction(self, subject: Subject) -> Direction | None:
        """The side that it serves; northbound, the stricter one, where it serves both."""
        if isinstance(subject, Endpoint | Host):
            return subject.direction
        return self._use(subject).direction

    def only_anchors_backends(self, stored: StoredCertificate) -> bool:
        """Whether all that uses the certificate is southbound and has it as trust anchor."""
        is_key = bool(self.namers(self.aliases[stored.alias]))
        return not is_key and self.direction(stored) == "southbound"

    def is_key_alias(self, alias: Alias) -> bool:
        """Whether an endpoint names it as its own, for certain."""
        return alias.where in self._named_by

    def _note_names(self, endpoint: Endpoint) -> None:
        keystore, truststore = self.keystore(endpoint), self.truststore(endpoint)
        references = self.environment(endpoint).references
        named = [references.get(name.reference) for name in store_names(endpoint)]
        things = [keystore, truststore, *named, self.key_alias(endpoint)]
        for where in {thing.where: None for thing in things if thing}:
            self._named_by[where].append(endpoint)
        for alias in self.possible_aliases(endpoint):
            self._perhaps_named_by[alias.where].append(endpoint)
        if truststore:  # every anchor in it counts
            self._anchors_of[truststore.where].append(endpoint)

    def possible_aliases(self, endpoint: Endpoint) -> list[Alias]:
        """All aliases of the keystore, where it is not known which of them is named.

        A flow variable names it, or an Edge without alias resources does not tell.
        """
        store = self.keystore(endpoint)
        alias = endpoint.tls.key_alias if endpoint.tls else None
        if store is None or alias is None or store.alias(alias):
            return []
        is_open = is_dynamic(alias) or (store.keys is not None and not store.lacks_alias(alias))
        return list(store.aliases) if is_open else []

    def is_live(self, endpoint: Endpoint) -> bool:
        """Whether it can be called at all: a target server also needs a deployed caller.

        Where not all that is deployed could be read, every target server may have one.
        """
        if not isinstance(endpoint, TargetServer):
            return True
        env = self.environment(endpoint)
        is_called = not env.revisions.is_complete or endpoint.name in self._called[env.where]
        return endpoint.is_enabled and is_called

    def _use(self, subject: Subject) -> _Use:
        """What follows from its users; all that is merely trusted in a store has the same."""
        where = subject.where
        if isinstance(subject, StoredCertificate) and not self.namers(self.aliases[subject.alias]):
            where = f"{self.aliases[subject.alias].keystore}#"
        if where not in self._uses:
            self._uses[where] = self._use_by(self.users(subject))
        return self._uses[where]

    def _use_by(self, users: Sequence[Endpoint]) -> _Use:
        places = {user.where for user in users if not isinstance(user, ProxyTarget)}
        places.update(*map(self._proxies, users))
        direction = min((user.direction for user in users), default=None)
        return _Use(any(map(self.is_live, users)), direction, tuple(sorted(places)))

    def _proxies(self, endpoint: Endpoint) -> set[str]:
        return {
            f"{revision.environment}/{place(revision.kind, revision.name)}"
            for revision in self.revisions(endpoint)
        }


def _is_open(env: Environment) -> bool:
    """Whether what is not known to be used may be used all the same."""
    sections = (env.virtual_hosts, env.target_servers, env.references)
    return not all(section.is_complete for section in sections) or names_dynamically(env)
