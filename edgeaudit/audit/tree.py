"""Trees of what hangs on what: their nodes, and what these say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeaudit.audit.endpoints import has_tls
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
    from collections.abc import Iterator

    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import StoreName
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
class Use:
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


def state_of(endpoint: Endpoint) -> State:
    """Whether its TLS settings count."""
    return "present" if has_tls(endpoint) else "idle"


def why_idle(endpoint: Endpoint, impact: Impact) -> str:
    """Why its TLS settings are not in force, empty where they are."""
    if endpoint.tls is None or not endpoint.tls.enabled:
        return "" if isinstance(endpoint, ProxyTarget) and endpoint.servers else "TLS is off"
    if isinstance(endpoint, ProxyTarget) and endpoint.servers:
        return "not in force: the settings of its target servers are"
    if isinstance(endpoint, TargetServer) and not endpoint.is_enabled:
        return "disabled"
    return "" if impact.is_live(endpoint) else "no deployed proxy calls it"


def node_of(
    thing: Thing, note: str = "", children: tuple[Node, ...] = (), state: State = "present"
) -> Node:
    """A thing as a node."""
    certificate = thing.certificate if isinstance(thing, StoredCertificate) else None
    return Node(kind_of(thing), thing.where, note, state, certificate, children)


def alias_node(alias: Alias, note: str = "") -> Node:
    """An alias, and below it its chain."""
    unread = "" if alias.is_complete else "not all of its chain was read"
    state: State = "present" if alias.is_complete else "unknown"
    return node_of(alias, noted(note, unread), tuple(map(node_of, alias.chain)), state)


_FOLDERS: dict[Kind, str] = {
    "virtualhost": "virtualhosts",
    "targetserver": "targetservers",
    "reference": "references",
    "keystore": "keystores",
}


def absent(kind: Kind, parent: str, name: str, is_certain: bool, note: str = "") -> Node:
    """What is named and is not there; where that is not certain, not known."""
    where = place(*filter(None, [_FOLDERS.get(kind), name]))
    told = "does not exist" if is_certain else "was not read"
    state: State = "missing" if is_certain else "unknown"
    return Node(kind, f"{parent}/{where}", noted(note, told), state)


def varying(kind: Kind, variable: str, note: str = "") -> Node:
    """What a flow variable names."""
    return Node(kind, variable, noted(note, "a flow variable names it"), "unknown")


def named_stores(endpoint: Endpoint) -> Iterator[Use]:
    """The stores that an endpoint names, as it does."""
    tls = endpoint.tls
    if tls and tls.keystore:
        yield Use(endpoint, tls.keystore)
    if tls and tls.truststore:
        yield Use(endpoint, tls.truststore, is_trust=True)


def paths_of(revision: Revision) -> str:
    """The base paths of a revision."""
    return ", ".join(revision.base_paths)
