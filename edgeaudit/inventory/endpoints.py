"""Where Edge listens and what it calls, with the settings for TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.inventory.stores import StoreName

Direction = Literal["northbound", "southbound"]


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
