"""What hangs on a thing, and what a thing hangs on, as trees.

certificate → alias → keystore → reference → virtual host, target → proxy     Dependents
proxy → virtual host, target → reference → keystore → alias → certificate     Needs
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeaudit.audit.impact import has_tls, is_dynamic
from edgeaudit.inventory import (
    Alias,
    Endpoint,
    Keystore,
    ProxyTarget,
    Reference,
    Revision,
    StoredCertificate,
    TargetServer,
    VirtualHost,
)
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import Section, StoreName
    from edgeaudit.x509.certificate import Certificate

Thing = StoredCertificate | Alias | Keystore | Reference | Endpoint | Revision
Kind = Literal[
    "certificate",
    "alias",
    "keystore",
    "reference",
    "virtualhost",
    "targetserver",
    "target",
    "proxy",
    "sharedflow",
]
State = Literal["present", "idle", "missing", "unknown"]
_KINDS: dict[type, Kind] = {
    StoredCertificate: "certificate",
    Alias: "alias",
    Keystore: "keystore",
    Reference: "reference",
    VirtualHost: "virtualhost",
    TargetServer: "targetserver",
    ProxyTarget: "target",
}


@dataclass(frozen=True)
class Node:
    """A thing in a tree: what it is, where, what is to be said of it, and what comes next.

    `where` is empty for a certificate of which the places come next, and the flow variable where
    one stands for a name. `state` is `idle` for what names others without needing them: an endpoint
    whose TLS settings do not count, a reference that nothing names. What is named may be `missing`,
    for certain, or `unknown`.
    """

    kind: Kind
    where: str
    note: str = ""
    state: State = "present"
    certificate: Certificate | None = None
    children: tuple[Node, ...] = ()


def kind_of(thing: Thing) -> Kind:
    """What it is."""
    if isinstance(thing, Revision):
        return "sharedflow" if thing.kind == "sharedflows" else "proxy"
    return _KINDS[type(thing)]


def noted(*notes: str) -> str:
    """Several notes as one; none twice."""
    return "; ".join(filter(None, dict.fromkeys(notes)))


@dataclass(frozen=True)
class _Use:
    """An endpoint, and how it names a store of its own, or one of those whom it trusts."""

    endpoint: Endpoint
    name: StoreName
    is_trust: bool = False

    @property
    def note(self) -> str:
        """As what."""
        alias = self.endpoint.tls and self.endpoint.tls.key_alias
        own = f"key alias {alias}" if alias else "keystore"
        return "truststore" if self.is_trust else own


class Dependents:
    """Whatever depends on a thing, step by step up to the proxies."""

    def __init__(self, impact: Impact) -> None:
        self._impact = impact
        self._references: dict[str, list[Reference]] = {}
        for env in impact.environments.values():
            for reference in env.references:
                if store := env.keystores.get(reference.refers):
                    self._references.setdefault(store.where, []).append(reference)

    def of(self, thing: Thing) -> Node:
        """The tree that begins with it. A deployed revision is where such trees end."""
        match thing:
            case StoredCertificate():
                alias = self._impact.aliases[thing.alias]
                return _node(thing, children=(self.alias(alias, f"#{thing.index}"),))
            case Alias():
                return self.alias(thing)
            case Keystore():
                named = self._references.get(thing.where, ())
                namers = self._impact.namers(thing)
                uses = [
                    *self._uses(namers, thing, is_trust=False),
                    *self._uses(namers, thing, is_trust=True),
                ]
                return self._keystore(thing, uses, named)
            case Reference():
                return self._reference(thing, _naming(self._impact.namers(thing), thing))
            case Revision():
                return _node(thing, _paths(thing))
        return self._endpoint(thing)

    def alias(self, alias: Alias, note: str = "") -> Node:
        """Its keystore, with those endpoints that name the alias or trust all that is in there."""
        impact = self._impact
        store = impact.keystores[alias.keystore]
        keys = self._uses(impact.namers(alias), store, is_trust=False)
        anchors = self._uses(impact.trusters(store), store, is_trust=True)
        return _node(alias, note, (self._keystore(store, [*keys, *anchors]),))

    def _keystore(
        self, store: Keystore, uses: Iterable[_Use], references: Iterable[Reference] = ()
    ) -> Node:
        """Its direct users, and its references with theirs; `references` stand there unused too."""
        section = self._impact.environment(store).references
        direct: list[_Use] = []
        named: dict[str, list[_Use]] = {reference.name: [] for reference in references}
        for use in uses:
            if reference := section.get(use.name.reference):
                named.setdefault(reference.name, []).append(use)
            else:
                direct.append(use)
        by_reference = tuple(
            self._reference(section.items[name], own) for name, own in sorted(named.items())
        )
        return _node(store, children=(*by_reference, *self._endpoints(direct)))

    def _reference(self, reference: Reference, uses: Sequence[_Use]) -> Node:
        if not uses:
            return _node(reference, "nothing names it", state="idle")
        return _node(reference, children=self._endpoints(uses))

    def _uses(
        self, endpoints: Iterable[Endpoint], store: Keystore, *, is_trust: bool
    ) -> list[_Use]:
        """How each of the endpoints names the store, in one of the two ways."""
        return [
            use
            for endpoint in {each.where: each for each in endpoints}.values()
            for use in _named_stores(endpoint)
            if use.is_trust is is_trust and self._impact.resolved(endpoint, use.name) is store
        ]

    def _endpoints(self, uses: Iterable[_Use]) -> tuple[Node, ...]:
        notes: dict[str, list[str]] = {}
        endpoints: dict[str, Endpoint] = {}
        for use in uses:
            endpoints[use.endpoint.where] = use.endpoint
            notes.setdefault(use.endpoint.where, []).append(use.note)
        return tuple(
            self._endpoint(endpoint, *notes[where]) for where, endpoint in sorted(endpoints.items())
        )

    def _endpoint(self, endpoint: Endpoint, *notes: str) -> Node:
        revisions = sorted(self._impact.revisions(endpoint), key=lambda each: each.where)
        proxies = tuple(_node(each, _paths(each)) for each in revisions)
        note = noted(*notes, _why_idle(endpoint, self._impact))
        return _node(endpoint, note, proxies, _state(endpoint))


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
        return _node(thing, _paths(thing), (*listening, *calling))

    def _endpoint(self, endpoint: Endpoint) -> Node:
        env = self._impact.environment(endpoint)
        names = endpoint.servers if isinstance(endpoint, ProxyTarget) else ()
        servers = [
            self._named(env.target_servers, "targetserver", name, env.where) for name in names
        ]
        stores = [self._store(use) for use in _named_stores(endpoint)]
        note = _why_idle(endpoint, self._impact)
        return _node(endpoint, note, (*servers, *stores), _state(endpoint))

    def _named(
        self, section: Section[VirtualHost] | Section[TargetServer], kind: Kind, name: str, env: str
    ) -> Node:
        if found := section.get(name):
            return self._endpoint(found)
        is_varying = kind == "targetserver" and is_dynamic(name)
        return _varying(kind, name) if is_varying else _absent(kind, env, name, section.lacks(name))

    def _store(self, use: _Use) -> Node:
        env = self._impact.environment(use.endpoint)
        if use.name.is_dynamic and not isinstance(use.endpoint, VirtualHost):
            return _varying("keystore", use.name.text, use.note)
        if (name := use.name.reference) is None:
            return self._keystore(use, use.name.text, use.note)
        if (reference := env.references.get(name)) is None:
            return _absent("reference", env.where, name, env.references.lacks(name), use.note)
        return _node(reference, use.note, (self._keystore(use, reference.refers),))

    def _keystore(self, use: _Use, name: str, note: str = "") -> Node:
        env = self._impact.environment(use.endpoint)
        if (store := env.keystores.get(name)) is None:
            return _absent("keystore", env.where, name, env.keystores.lacks(name), note)
        return _node(store, note, tuple(self._aliases(use, store)))

    def _aliases(self, use: _Use, store: Keystore) -> Iterator[Node]:
        alias = use.endpoint.tls.key_alias if use.endpoint.tls else None
        if use.is_trust:
            yield from map(_alias, store.aliases)
        elif found := store.alias(alias):
            yield _alias(found)
        elif perhaps := self._impact.possible_aliases(use.endpoint):
            yield from (_alias(each, "perhaps this one") for each in perhaps)
        elif is_dynamic(alias):
            yield _varying("alias", alias or "")
        elif alias is not None:
            yield _absent("alias", store.where, alias, store.lacks_alias(alias))


def _state(endpoint: Endpoint) -> State:
    return "present" if has_tls(endpoint) else "idle"


def _why_idle(endpoint: Endpoint, impact: Impact) -> str:
    """Why its TLS settings are not in force, empty where they are."""
    if endpoint.tls is None or not endpoint.tls.enabled:
        return "" if isinstance(endpoint, ProxyTarget) and endpoint.servers else "TLS is off"
    if isinstance(endpoint, ProxyTarget) and endpoint.servers:
        return "not in force: the settings of its target servers are"
    if isinstance(endpoint, TargetServer) and not endpoint.is_enabled:
        return "disabled"
    return "" if impact.is_active(endpoint) else "no deployed proxy calls it"


def _node(
    thing: Thing, note: str = "", children: tuple[Node, ...] = (), state: State = "present"
) -> Node:
    certificate = thing.certificate if isinstance(thing, StoredCertificate) else None
    return Node(kind_of(thing), thing.where, note, state, certificate, children)


def _alias(alias: Alias, note: str = "") -> Node:
    unread = "" if alias.is_complete else "not all of its chain was read"
    state: State = "present" if alias.is_complete else "unknown"
    return _node(alias, noted(note, unread), tuple(map(_node, alias.chain)), state)


_FOLDERS: dict[Kind, str] = {
    "virtualhost": "virtualhosts",
    "targetserver": "targetservers",
    "reference": "references",
    "keystore": "keystores",
}


def _absent(kind: Kind, parent: str, name: str, is_certain: bool, note: str = "") -> Node:
    """What is named and is not there; where that is not certain, not known."""
    where = place(*filter(None, [_FOLDERS.get(kind), name]))
    told = "does not exist" if is_certain else "was not read"
    state: State = "missing" if is_certain else "unknown"
    return Node(kind, f"{parent}/{where}", noted(note, told), state)


def _varying(kind: Kind, variable: str, note: str = "") -> Node:
    return Node(kind, variable, noted(note, "a flow variable names it"), "unknown")


def _named_stores(endpoint: Endpoint) -> Iterator[_Use]:
    tls = endpoint.tls
    if tls and tls.keystore:
        yield _Use(endpoint, tls.keystore)
    if tls and tls.truststore:
        yield _Use(endpoint, tls.truststore, is_trust=True)


def _naming(endpoints: Iterable[Endpoint], reference: Reference) -> list[_Use]:
    return [
        use
        for endpoint in endpoints
        for use in _named_stores(endpoint)
        if use.name.reference == reference.name
    ]


def _paths(revision: Revision) -> str:
    return ", ".join(revision.base_paths)
