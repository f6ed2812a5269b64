"""An environment while it is being planted: objects, and the defects that are among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from .installation import (
    Alias,
    Defect,
    Environment,
    Keystore,
    Reference,
    Severity,
    TargetServer,
    Tls,
    VirtualHost,
)
from .pki import Authorities


class Draft:
    """Collects the objects of one environment and the defects planted in it."""

    def __init__(self, organization: str, name: str) -> None:
        self._place = f"{organization}/{name.replace('%', '%25')}"
        self._domain = f"{organization}.example"
        self._name = name
        self._keystores: list[Keystore] = []
        self._references: list[Reference] = []
        self._virtual_hosts: list[VirtualHost] = []
        self._target_servers: list[TargetServer] = []
        self.defects: list[Defect] = []

    def environment(self) -> Environment:
        """The environment, as planted so far."""
        return Environment(
            self._name,
            tuple(self._keystores),
            tuple(self._references),
            tuple(self._virtual_hosts),
            tuple(self._target_servers),
        )

    def defect(self, name: str, rule: str, severity: Severity, where: str, story: str) -> None:
        """Expect a finding at `where`, told from the environment: `keystores/web/server#0`."""
        self.defects.append(Defect(name, rule, f"{self._place}/{where}", severity, story))

    def keystore(self, name: str, *aliases: Alias) -> None:
        """Plant a keystore or truststore."""
        self._keystores.append(Keystore(name, aliases))

    def truststore(self, name: str, *aliases: Alias) -> str:
        """Plant a truststore and a reference of the same name to it; returns `ref://NAME`."""
        self.keystore(name, *aliases)
        return self.reference(name, name, "TrustStore")

    def reference(
        self, name: str, refers: str, resource_type: Literal["KeyStore", "TrustStore"] = "KeyStore"
    ) -> str:
        """Plant a reference; returns `ref://NAME`."""
        self._references.append(Reference(name, refers, resource_type))
        return f"ref://{name}"

    def virtual_host(self, host: VirtualHost) -> None:
        """Plant a virtual host."""
        self._virtual_hosts.append(host)

    def target_server(self, server: TargetServer) -> None:
        """Plant a target server."""
        self._target_servers.append(server)

    def host(self, name: str, tls: Tls | None, *host_aliases: str) -> None:
        """Plant a virtual host on 443 (for `NAME.ORG.example`, unless said otherwise)."""
        self.virtual_host(VirtualHost(name, host_aliases or (f"{name}.{self._domain}",), tls))

    def backend(self, name: str, tls: Tls | None, *, is_enabled: bool = True) -> None:
        """Plant a target server on 443."""
        server = TargetServer(name, "backend.partner.example", tls, is_enabled=is_enabled)
        self.target_server(server)

    def secure_host(self, name: str, alias: Alias, *host_aliases: str) -> None:
        """Plant a virtual host with a keystore, and a reference between them, all named alike."""
        self.keystore(name, alias)
        self.host(name, Tls(self.reference(name, name), alias.name), *host_aliases)

    def mutual_host(self, name: str, ca: Authorities, truststore: str) -> None:
        """Plant a flawless virtual host that asks clients for certificates of `truststore`."""
        self.keystore(name, Alias("server", ca.chain(f"{name}.{self._domain}")))
        self.host(name, Tls(self.reference(name, name), "server", truststore, client_auth=True))

    def secure_backend(self, name: str, alias: Alias, *, is_enabled: bool = True) -> None:
        """Plant a target server that shows a client certificate from a keystore of its own."""
        self.keystore(name, alias)
        tls = Tls(self.reference(name, name), alias.name, "ref://partners", client_auth=True)
        self.backend(name, tls, is_enabled=is_enabled)


Plant = Callable[[Draft, Authorities], None]


def planted(draft: Draft, ca: Authorities, *plants: Plant) -> Draft:
    """The draft with all of `plants` in it."""
    for plant in plants:
        plant(draft, ca)
    return draft


def partners(draft: Draft, ca: Authorities) -> None:
    """Plant the truststore that the target servers of an environment share."""
    draft.truststore("partners", Alias("partner-root", (ca.partner_root.certificate,), False))
