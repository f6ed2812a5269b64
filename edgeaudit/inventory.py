"""The TLS-bearing objects of an Edge installation, and what could not be read of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgeaudit.host import Host
    from edgeaudit.shard import Shard
    from edgeaudit.x509.certificate import Certificate

Reason = Literal[
    "forbidden",
    "internal_error",
    "not_found",
    "rate_limited",
    "redirected",
    "server_error",
    "timeout",
    "too_large",
    "unauthorized",
    "unparsable",
    "unreachable",
    "unsafe_name",
]
Direction = Literal["northbound", "southbound"]
T = TypeVar("T")

_PUBLIC_CLOUD = re.compile(r"https?://api\.enterprise\.apigee\.com\.?(?=[:/]|$)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Gap:
    """Something that could not be read: where, why, in one sentence, and what may help.

    `is_of_endpoint` where it is an endpoint that could not be asked, and nothing of Edge's.
    """

    where: str
    reason: Reason
    detail: str = ""
    hint: str = ""
    is_of_endpoint: bool = False


@dataclass(frozen=True)
class Section(Generic[T]):
    """The things of one kind in one place, by name, and what is not known of them.

    `unread` are the names that were listed and could not be read; `is_listed` is false where
    not even the list could be read.
    """

    items: Mapping[str, T] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    is_listed: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether all there is was read."""
        return self.is_listed and not self.unread

    def lacks(self, name: str) -> bool:
        """Whether nothing of that name exists, for certain."""
        return self.is_listed and name not in self.items and name not in self.unread

    def __iter__(self) -> Iterator[T]:
        return iter(self.items.values())

    def get(self, name: str | None) -> T | None:
        """The thing of that name, where it could be read."""
        return None if name is None else self.items.get(name)


@dataclass(frozen=True)
class StoreName:
    """How a configuration names a keystore or truststore.

    A literal name, `ref://REFERENCE`, or a flow variable in braces, which only the running
    proxy can resolve (Edge: "Update a TLS certificate for the Cloud").
    """

    text: str

    @cached_property
    def reference(self) -> str | None:
        """The reference's name, if it is one, and not left to a flow variable."""
        is_one = self.text.startswith("ref://") and not self.is_dynamic
        return self.text[len("ref://") :] if is_one else None

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether a flow variable decides."""
        return "{" in self.text

    @cached_property
    def literal(self) -> str | None:
        """The store's own name, if that is what stands there."""
        return None if self.is_dynamic or self.reference is not None else self.text


@dataclass(frozen=True)
class TlsSettings:
    """Edge's `SSLInfo`: how one virtual host or target does TLS. Unset names are None."""

    enabled: bool = False
    client_auth: bool = False
    ignores_validation_errors: bool = False
    keystore: StoreName | None = None
    key_alias: str | None = None
    truststore: StoreName | None = None
    protocols: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    common_name: str | None = None


@dataclass(frozen=True)
class StoredCertificate:
    """The certificate at `index` (from 0) in the chain of the alias at `alias`."""

    where: str
    alias: str
    index: int
    certificate: Certificate


@dataclass(frozen=True)
class Alias:
    """An entry of a keystore: a chain of certificates, leaf first as a rule, perhaps with a key.

    `has_key` is None where Edge does not tell. `is_complete` is false where a certificate of
    the chain could not be read.
    """

    where: str
    keystore: str
    name: str
    has_key: bool | None
    chain: tuple[StoredCertificate, ...] = ()
    is_complete: bool = True

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that could be read, in their order."""
        return tuple(stored.certificate for stored in self.chain)


@dataclass(frozen=True)
class Keystore:
    """A keystore or truststore: to Edge one and the same resource.

    Edge 4.17.09 and older has no alias resources: `keys` then holds the names of the private
    keys, which are the aliases, and `aliases` one entry for each certificate, under its own name.
    Elsewhere `keys` is None.
    """

    where: str
    environment: str
    name: str
    aliases: Section[Alias] = Section()
    keys: frozenset[str] | None = None

    def lacks_alias(self, name: str) -> bool:
        """Whether there is no alias of that name, for certain."""
        return self.aliases.lacks(name) if self.keys is None else name not in self.keys

    def alias(self, name: str | None) -> Alias | None:
        """The alias of that name, where it is known.

        Which certificate belongs to a key is known without alias resources only where the store
        holds a single one.
        """
        if self.keys is None or name is None:
            return self.aliases.get(name)
        alone = list(self.aliases)
        is_proved = name in self.keys and self.aliases.is_complete and len(alone) == 1
        return alone[0] if is_proved else None


@dataclass(frozen=True)
class Reference:
    """A name that stands for a store, so that a renewal needs no restart.

    `resource_type` is `KeyStore` or `TrustStore`, empty where Edge does not say.
    """

    where: str
    environment: str
    name: str
    refers: str
    resource_type: str = ""


@dataclass(frozen=True)
class VirtualHost:
    """Where Edge's Router listens: a northbound endpoint. `tls` is None on a plain-HTTP host.

    `listen_options` may hold `proxy_protocol`: the Router then wants the PROXY protocol first.
    """

    where: str
    environment: str
    name: str
    port: int | None
    host_aliases: tuple[str, ...] = ()
    tls: TlsSettings | None = None
    uses_free_trial_certificate: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    listen_options: tuple[str, ...] = ()

    direction: Direction = "northbound"


@dataclass(frozen=True)
class TargetServer:
    """A backend that proxies name: a southbound endpoint. `tls` is None for plain HTTP."""

    where: str
    environment: str
    name: str
    host: str
    port: int | None
    is_enabled: bool = True
    tls: TlsSettings | None = None

    direction: Direction = "southbound"


@dataclass(frozen=True)
class ProxyTarget:
    """A southbound endpoint of a deployed revision: a target endpoint, a service callout, or
    another policy that names a store (SAML assertions, message logging).

    `url` is what it calls itself, None where target `servers` of a load balancer stand for it or
    where the policy calls nothing. `tls` is its own `SSLInfo` or the store it names, None if it
    has none.
    """

    where: str
    environment: str
    name: str
    url: str | None = None
    servers: tuple[str, ...] = ()
    tls: TlsSettings | None = None

    direction: Direction = "southbound"


@dataclass(frozen=True)
class Revision:
    """A deployed revision of a proxy or shared flow; `kind` is `proxies` or `sharedflows`."""

    where: str
    environment: str
    kind: Literal["proxies", "sharedflows"]
    name: str
    number: str
    base_paths: tuple[str, ...] = ()
    virtual_hosts: tuple[str, ...] = ()
    targets: tuple[ProxyTarget, ...] = ()


Endpoint = VirtualHost | TargetServer | ProxyTarget


@dataclass(frozen=True)
class Environment:
    """One environment of one organization; keystores and references never reach beyond it."""

    where: str
    organization: str
    name: str
    keystores: Section[Keystore] = Section()
    references: Section[Reference] = Section()
    virtual_hosts: Section[VirtualHost] = Section()
    target_servers: Section[TargetServer] = Section()
    revisions: Section[Revision] = Section()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that could be read of what can name a store."""
        targets = [target for revision in self.revisions for target in revision.targets]
        return (*self.virtual_hosts, *self.target_servers, *targets)


@dataclass(frozen=True)
class Told:
    """What the management API does not tell of an installation and the configuration may.

    None, or nothing, where it does not: what stands on it is then not applicable. `java` is the
    Message Processors' major version, `sni` whether they send server names, `routers` are
    addresses; `platform` is the Public or a Private Cloud.
    """

    edge_version: str | None = None
    java: int | None = None
    sni: bool | None = None
    routers: tuple[str, ...] = ()
    platform: Literal["public", "private"] | None = None


@dataclass(frozen=True)
class Inventory:
    """What was read from one management server, and what was not.

    `source` is its base URL or file; `left_out` are the places not read on purpose; `told` is what
    the configuration adds. `is_narrowed` where only some organizations or environments, by their
    names, were to be read; `shard` where only the environments of one were. `hosts` are the Routers
    and Message Processors whose own files were read.
    """

    installation: str
    source: str
    organizations: tuple[str, ...] = ()
    environments: tuple[Environment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[str, ...] = ()
    told: Told = Told()
    is_narrowed: bool = False
    shard: Shard | None = None
    hosts: tuple[Host, ...] = ()

    @property
    def is_public_cloud(self) -> bool:
        """Whether it is in the Public Cloud, as the configuration says, or else its URL."""
        if self.told.platform is not None:
            return self.told.platform == "public"
        return _PUBLIC_CLOUD.match(self.source) is not None

    @property
    def java(self) -> int | None:
        """The major version of the Message Processors' Java, as told, or else by that of Edge.

        Edge 4.17 to 4.53 runs with Java 8, 4.54 with 21 (Edge: "Setting TLS protocol for Router
        and Message Processor", 4.17.09 to 4.54.00). None where it is not known.
        """
        if self.told.java is not None or self.told.edge_version is None:
            return self.told.java
        edge = tuple(map(int, self.told.edge_version.split(".")))
        return 21 if edge >= (4, 54) else 8 if edge >= (4, 17) else None
