"""The way to one service, gone once for each question."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.observe.probe.connection import Route, connect, resolve, travel, wire_name
from edgeaudit.tls.handshake import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.observe.probe.connection import Connection, Limits


class Way(NamedTuple):
    """What all services are reached by: an HTTP proxy, the PROXY protocol."""

    http_proxy: tuple[str, int] | None = None
    proxy_protocol: bool = False


class Line:
    """Leads to one place, a host and port. `address` is where that is, as far as it is known.

    It stays None behind an HTTP proxy, which alone looks it up. `connections` counts.
    """

    def __init__(self, place: tuple[str, int], way: Way, limits: Limits) -> None:
        self.address: Endpoint | None = None
        self.connections = 0
        self.has_proxy_line = way.proxy_protocol
        self._place, self._proxy, self._limits = place, way.http_proxy, limits
        self._endpoints: tuple[Endpoint, ...] = ()

    @contextmanager
    def opened(self, *, with_proxy_line: bool = False) -> Iterator[Connection]:
        """A connection on which TLS may begin; raises Failure, OutOfTime."""
        connection = self._connected()
        try:
            tunnel = self._proxy and Endpoint(wire_name(self._place[0]), self._place[1])
            travel(connection, Route(tunnel, with_proxy_line or self.has_proxy_line))
            yield connection
        finally:
            connection.close()

    def _connected(self) -> Connection:
        """Where one address takes connections, the others are not tried again."""
        if not self._endpoints:
            host, port = self._proxy or self._place
            self._endpoints = resolve(wire_name(host), port, self._limits)
            self.address = None if self._proxy else self._endpoints[0]
        self.connections += 1
        connection = connect(self._endpoints, self._limits)
        self._endpoints = (connection.server,)
        self.address = None if self._proxy else connection.server
        return connection
