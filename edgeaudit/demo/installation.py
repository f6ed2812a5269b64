"""What is true of a demo installation, whatever form the management API tells it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .pki import Chain, Key
    from .services import Service

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Defect:
    """Something wrong in the installation, and the one finding that must tell of it.

    `rule`, `severity` and `where` (`acme/prod/keystores/orders/server#0`) are the finding's;
    `story` is what an operator would say.
    """

    name: str
    rule: str
    where: str
    severity: Severity
    story: str


@dataclass(frozen=True)
class Observed(Defect):
    """Something wrong that only a probe can see; `where` is HOST:PORT.

    `has_sni` is set where it is found only if the Message Processor sends SNI, or only if not.
    """

    has_sni: bool | None = None


@dataclass(frozen=True)
class Peer:
    """What answers at `where` (HOST:PORT)."""

    where: str
    service: Service


@dataclass(frozen=True)
class Alias:
    """A certificate with its chain, leaf first, and perhaps its private key."""

    name: str
    chain: Chain
    has_key: bool = True
    cert_file: str = ""

    @property
    def cert_name(self) -> str:
        """The certificate's own name, which `…/certs` lists."""
        # Certificates uploaded through the older resource keep their file name (Edge API
        # specification, keystores: example `wildcard.apigee.net.crt`).
        return self.cert_file or f"{self.name}-cert"


@dataclass(frozen=True)
class Keystore:
    """A keystore or truststore: Edge has one resource for both."""

    name: str
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A name that stands for a keystore: `ref://NAME` in virtual hosts and target servers."""

    name: str
    refers: str
    resource_type: Literal["KeyStore", "TrustStore"] = "KeyStore"


@dataclass(frozen=True)
class CommonName:
    """The name that the backend's certificate must carry."""

    value: str
    wildcard_match: bool


@dataclass(frozen=True)
class Tls:
    """The `sSLInfo` of a virtual host or target server; None and () stand for *not set*."""

    key_store: str | None = None
    key_alias: str | None = None
    trust_store: str | None = None
    client_auth: bool = False
    enabled: bool = True
    common_name: CommonName | None = None
    ignores_errors: bool = False
    protocols: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()


@dataclass(frozen=True)
class VirtualHost:
    """Where clients reach Edge. `properties` are names and values, as nginx knows them.

    Among `listen_options` may be `proxy_protocol`.
    """

    name: str
    host_aliases: tuple[str, ...]
    tls: Tls | None = None
    port: int = 443
    free_trial: bool = False
    properties: tuple[tuple[str, str], ...] = ()
    listen_options: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetServer:
    """Where Edge reaches a backend."""

    name: str
    host: str
    tls: Tls | None = None
    port: int = 443
    is_enabled: bool = True


@dataclass(frozen=True)
class Call:
    """An HTTP connection to a `url` of its own, or to the target `servers` of a load balancer.

    `tls` is the `SSLInfo` beside it, with names as they stand in the XML, blanks and all.
    """

    url: str = ""
    servers: tuple[str, ...] = ()
    tls: Tls | None = None


@dataclass(frozen=True)
class Target:
    """A target endpoint, with the call or the element that stands there instead, if any."""

    name: str
    connection: Call | Literal["LocalTargetConnection", "ScriptTarget"] | None = None


@dataclass(frozen=True)
class Policy:
    """A policy that calls a backend, or names stores for another purpose.

    An AssignMessage does neither: what looks like it is the message.
    """

    kind: Literal[
        "AssignMessage",
        "GenerateSAMLAssertion",
        "MessageLogging",
        "ServiceCallout",
        "ValidateSAMLAssertion",
    ]
    name: str
    connection: Call
    is_enabled: bool = True


@dataclass(frozen=True)
class ProxyEndpoint:
    """Where a proxy listens."""

    name: str
    base_path: str
    virtual_hosts: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """A revision of a proxy or shared flow, and the environments in which it is deployed."""

    number: int
    endpoints: tuple[ProxyEndpoint, ...] = ()
    targets: tuple[Target, ...] = ()
    policies: tuple[Policy, ...] = ()
    deployed_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proxy:
    """An API proxy or a shared flow, which has policies only."""

    name: str
    revisions: tuple[Revision, ...]


@dataclass(frozen=True)
class Environment:
    """An environment; what holds keystores, references, virtual hosts and target servers."""

    name: str
    keystores: tuple[Keystore, ...] = ()
    references: tuple[Reference, ...] = ()
    virtual_hosts: tuple[VirtualHost, ...] = ()
    target_servers: tuple[TargetServer, ...] = ()
    is_portal: bool = False


@dataclass(frozen=True)
class Organization:
    """An organization with its environments, as the Edge of one `generation` tells it."""

    name: str
    environments: tuple[Environment, ...]
    proxies: tuple[Proxy, ...] = ()
    shared_flows: tuple[Proxy, ...] = ()
    type: Literal["paid", "trial"] = "paid"
    generation: Literal["4.17.09", "today"] = "today"


@dataclass(frozen=True)
class Installation:
    """All that one management server knows, and what is wrong with it.

    `peers` are the Routers and backends, `observed` what is wrong with them; `keys` holds the
    private key of each certificate by its serial number.
    """

    organizations: tuple[Organization, ...]
    defects: tuple[Defect, ...]
    trusted: Chain
    peers: tuple[Peer, ...] = ()
    observed: tuple[Observed, ...] = ()
    keys: Mapping[int, Key] = field(default_factory=dict)
