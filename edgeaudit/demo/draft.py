"""An environment while it is being planted: objects, and the defects that are among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal

from .installation import (
    Alias,
    Call,
    Defect,
    Environment,
    Keystore,
    Observed,
    Organization,
    Peer,
    Policy,
    Proxy,
    ProxyEndpoint,
    Reference,
    Revision,
    Severity,
    Target,
    TargetServer,
    Tls,
    VirtualHost,
)
from .pki import Authorities

if TYPE_CHECKING:
    from .services import Service

Named = tuple[str, Revision]
"""A revision, and the proxy or shared flow of which it is one."""


class Draft:
    """Collects the objects of one environment and the defects planted in it."""

    def __init__(self, organization: str, name: str) -> None:
        self._place = f"{organization}/{name.replace('%', '%25')}"
        self._domain = f"{organization}.example"
        # each organization calls another backend, so that no target's stores matter to two
        self.partner = f"{organization}.partner.example"
        self._name = name
        self._keystores: list[Keystore] = []
        self._references: list[Reference] = []
        self._virtual_hosts: list[VirtualHost] = []
        self._target_servers: list[TargetServer] = []
        self._called: list[str] = []
        self._proxies: list[Named] = []
        self.shared_flows: list[Named] = []
        self.defects: list[Defect] = []
        self.peers: list[Peer] = []
        self.observed: list[Observed] = []

    def environment(self) -> Environment:
        """The environment, as planted so far."""
        return Environment(
            self._name,
            tuple(self._keystores),
            tuple(self._references),
            tuple(self._virtual_hosts),
            tuple(self._target_servers),
        )

    def proxies(self) -> list[Named]:
        """The revisions of proxies, as planted so far, and those that go without saying.

        Every TLS virtual host is listened to, and every target server called, by one of its name.
        """
        hosts = [host.name for host in self._virtual_hosts if host.tls]
        implied = []
        for name in dict.fromkeys((*hosts, *self._called)):
            listens_on = (name,) if name in hosts else ("default",)
            calls = (Target("default", Call(servers=(name,))),) if name in self._called else ()
            endpoint = ProxyEndpoint("default", f"/{name}", listens_on)
            implied.append((name, Revision(1, (endpoint,), calls, (), (self._name,))))
        return [*self._proxies, *implied]

    def defect(self, name: str, rule: str, severity: Severity, where: str, story: str) -> None:
        """Expect a finding at `where`, told from the environment: `keystores/web/server#0`."""
        self.defects.append(Defect(name, rule, f"{self._place}/{where}", severity, story))

    def observe(
        self,
        name: str,
        rule: str,
        severity: Severity,
        where: str,
        story: str,
        *,
        has_sni: bool | None = None,
    ) -> None:
        """Expect a probe to find it at `where` (HOST:PORT), perhaps only with or without SNI."""
        self.observed.append(Observed(name, rule, where, severity, story, has_sni))

    def answer(self, where: str, service: Service) -> str:
        """Have `service` at `where` (HOST:PORT), which is returned."""
        self.peers.append(Peer(where, service))
        return where

    def target(self, tls: Tls | None, name: str = "default") -> Target:
        """A target endpoint with a URL and settings of its own; without them plain HTTP."""
        return Target(name, self._call(tls))

    def callout(self, name: str, tls: Tls | None) -> Policy:
        """A service callout with a URL and settings of its own; without them plain HTTP."""
        return Policy("ServiceCallout", name, self._call(tls))

    def _call(self, tls: Tls | None) -> Call:
        return Call(f"{'https' if tls else 'http'}://{self.partner}/v1", tls=tls)

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

    def target_server(self, server: TargetServer, *, is_called: bool = True) -> None:
        """Plant a target server."""
        self._target_servers.append(server)
        if is_called:
            self._called.append(server.name)

    def proxy(
        self,
        name: str,
        *parts: Target | Policy,
        number: int = 1,
        deployed_in: tuple[str, ...] | None = None,
    ) -> None:
        """Plant a revision of a proxy, deployed in this environment unless said otherwise."""
        revision = Revision(
            number,
            (ProxyEndpoint("default", f"/{name}", ("default",)),),
            tuple(part for part in parts if isinstance(part, Target)),
            tuple(part for part in parts if isinstance(part, Policy)),
            (self._name,) if deployed_in is None else deployed_in,
        )
        self._proxies.append((name, revision))

    def shared_flow(
        self, name: str, *policies: Policy, deployed_in: tuple[str, ...] | None = None
    ) -> None:
        """Plant a shared flow, deployed in this environment unless said otherwise."""
        where = (self._name,) if deployed_in is None else deployed_in
        self.shared_flows.append((name, Revision(1, policies=policies, deployed_in=where)))

    def host(self, name: str, tls: Tls | None, *host_aliases: str) -> None:
        """Plant a virtual host on a port of its own, as in Private Cloud.

        It answers for `NAME.ORG.example`, unless said otherwise.
        """
        port = 9001 + len(self._virtual_hosts)
        names = host_aliases or (f"{name}.{self._domain}",)
        self.virtual_host(VirtualHost(name, names, tls, port))

    def backend(
        self,
        name: str,
        tls: Tls | None,
        *,
        host: str = "",
        is_enabled: bool = True,
        is_called: bool = True,
    ) -> None:
        """Plant a target server on 443, at the organization's usual backend unless said so."""
        server = TargetServer(name, host or self.partner, tls, is_enabled=is_enabled)
        self.target_server(server, is_called=is_called)

    def secure_host(self, name: str, alias: Alias, *host_aliases: str) -> None:
        """Plant a virtual host with a keystore, and a reference between them, all named alike."""
        self.keystore(name, alias)
        self.host(name, Tls(self.reference(name, name), alias.name), *host_aliases)

    def tuned_host(self, name: str, ca: Authorities, tls: Tls | None = None, **tuning: str) -> None:
        """Plant a virtual host that has `tuning` as properties, `tls` having the rest of its own.

        It has a port of its own; its chain and names are flawless.
        """
        self.keystore(name, Alias("server", ca.chain(f"{name}.{self._domain}")))
        own = replace(tls or Tls(), key_store=self.reference(name, name), key_alias="server")
        names = (f"{name}.{self._domain}",)
        port = 9001 + len(self._virtual_hosts)
        self.virtual_host(VirtualHost(name, names, own, port, properties=tuple(tuning.items())))

    def mutual_host(self, name: str, ca: Authorities, truststore: str) -> None:
        """Plant a flawless virtual host that asks clients for certificates of `truststore`."""
        self.keystore(name, Alias("server", ca.chain(f"{name}.{self._domain}")))
        self.host(name, Tls(self.reference(name, name), "server", truststore, client_auth=True))

    def secure_backend(
        self, name: str, alias: Alias, *, host: str = "", is_enabled: bool = True
    ) -> None:
        """Plant a target server that shows a client certificate from a keystore of its own."""
        self.keystore(name, alias)
        tls = Tls(self.reference(name, name), alias.name, "ref://partners", client_auth=True)
        self.backend(name, tls, host=host, is_enabled=is_enabled)


def organization(name: str, *drafts: Draft, others: tuple[Environment, ...] = ()) -> Organization:
    """The organization with the environments planted, and with all that is deployed there."""
    environments = (*(draft.environment() for draft in drafts), *others)
    proxies = _gathered(draft.proxies() for draft in drafts)
    shared_flows = _gathered(draft.shared_flows for draft in drafts)
    return Organization(name, environments, proxies, shared_flows)


def _gathered(lists: Iterable[list[Named]]) -> tuple[Proxy, ...]:
    revisions: dict[str, list[Revision]] = defaultdict(list)
    for name, revision in chain.from_iterable(lists):
        revisions[name].append(revision)
    return tuple(Proxy(name, tuple(own)) for name, own in revisions.items())


Plant = Callable[[Draft, Authorities], None]


def planted(draft: Draft, ca: Authorities, *plants: Plant) -> Draft:
    """The draft with all of `plants` in it."""
    for plant in plants:
        plant(draft, ca)
    return draft


def partners(draft: Draft, ca: Authorities) -> None:
    """Plant the truststore that the target servers of an environment share."""
    draft.truststore("partners", Alias("partner-root", (ca.partner_root.certificate,), False))
