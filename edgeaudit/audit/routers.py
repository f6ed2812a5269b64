"""What the Routers' own files say of a virtual host, in place of what the API leads to expect."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from edgeaudit.audit.offer import Offer
from edgeaudit.tls.nginx import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.host import Host, Server
    from edgeaudit.inventory import VirtualHost


class Routers:
    """The servers of the Routers that were read, by the names and ports on which they do TLS."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._servers: dict[tuple[str, int], list[tuple[Host, Server]]] = defaultdict(list)
        for host in hosts:
            for server in host.servers:
                for name in server.names:
                    for port in server.tls_ports:
                        self._servers[name, port].append((host, server))

    def offers(self, host: VirtualHost) -> tuple[Offer, ...]:
        """What each Router's files let a handshake be made of; none where none speaks of it."""
        found = (offer_of(server, router.title, host.port) for router, server in self.servers(host))
        return tuple(dict.fromkeys(found))

    def servers(self, host: VirtualHost) -> tuple[tuple[Host, Server], ...]:
        """The servers of nginx that are a virtual host's, each with its Router.

        It is one that has one of its aliases and its port.
        """
        if not self._servers or not host.port:
            return ()
        aliases = {alias.partition(":")[0].lower() for alias in host.host_aliases}
        found = [
            each for alias in sorted(aliases) for each in self._servers.get((alias, host.port), ())
        ]
        return tuple({id(server): (router, server) for router, server in found}.values())


def offer_of(server: Server, title: str | None = None, port: int | None = None) -> Offer:
    """The protocols on a port, on any if None, and its suites; `title` is the Router's."""
    protocols = server.protocols_on(port)
    names = dict.fromkeys(name for each in protocols for name in each.value.split())
    ciphers = server.settings.get("ssl_ciphers")
    text = ":".join(words(ciphers.value)) if ciphers else ""
    return Offer(
        "openssl",
        tuple(names),
        (text,) if text and "PROFILE=" not in text else (),
        host=title,
        protocols_at=protocols[0].where if protocols else server.where,
        ciphers_at=ciphers.where if ciphers else server.where,
    )
