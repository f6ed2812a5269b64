"""An environment, and an installation with all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeaudit.inventory.section import Section

if TYPE_CHECKING:
    from edgeaudit.host import Host
    from edgeaudit.inventory.endpoints import Endpoint, Revision, TargetServer, VirtualHost
    from edgeaudit.inventory.section import Gap
    from edgeaudit.inventory.stores import Keystore, Reference
    from edgeaudit.shard import Shard

_PUBLIC_CLOUD = re.compile(r"https?://api\.enterprise\.apigee\.com\.?(?=[:/]|$)", re.IGNORECASE)


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
    Message Processors' major version, `sni` whether they send server names, `protocols` and
    `ciphers` are what they offer where a target names none; `routers` are addresses; `platform` is
    the Public or a Private Cloud.
    """

    edge_version: str | None = None
    java: int | None = None
    sni: bool | None = None
    routers: tuple[str, ...] = ()
    platform: Literal["public", "private"] | None = None
    protocols: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()


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
