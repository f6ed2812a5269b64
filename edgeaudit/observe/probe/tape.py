"""All that was said on a connection of the probe, to be heard as a capture is."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

from edgeaudit.observe.dissect import Conversation
from edgeaudit.observe.flow import Moment
from edgeaudit.observe.probe import speech
from edgeaudit.tls.handshake import Ending, Handshake
from edgeaudit.tls.secrets import KeyLog

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Endpoint, Side


class Tape:
    """Records a connection from its beginning; steps of its handshake count what was said.

    `keys` are the secrets that the probe's own OpenSSL used, `size` the bytes that were said.
    """

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        self.keys = KeyLog()
        self.size = 0
        self._ends = client, server
        self._said: list[tuple[Side, bytes, Moment]] = []
        self._ended: list[tuple[Side, str, Moment]] = []
        self._start = 0
        self._began = self._moment

    def hear(self, side: Side, data: bytes) -> None:
        """A side said this; nothing at its end."""
        self.size += len(data)
        if data:
            self._said.append((side, data, self._moment))
        else:
            self.end(side, "FIN")

    def end(self, side: Side, how: str) -> None:
        """A side ended the connection, with FIN or RST."""
        self._ended.append((side, how, self._moment))

    def start(self) -> None:
        """What stands before TLS has been said."""
        self._start = len(self._said)

    @property
    def begun(self) -> bytes:
        """What the server said, after what stands before TLS."""
        return b"".join(data for side, data, _ in self._said[self._start :] if side == "server")

    def handshake(self, ending: Ending | None = None) -> Handshake:
        """The connection's first handshake; `ending` is how it ended where it cannot be heard."""
        heard = Conversation(_key(*self._ends), self._began, self.keys)
        heard.opened("client", self._began)
        heard.opened("server", self._began)
        for side, data, moment in self._said:
            if not heard.is_over:
                heard.data(side, data, moment)
        for side, how, moment in self._ended:
            heard.ended(side, how, moment)
        known = heard.finish(self._moment.time)
        found = known[0] if known else self._unheard()
        is_sure = found.ending in (Ending.COMPLETED, Ending.ALERT, Ending.NOT_TLS)
        return found if is_sure or ending is None else replace(found, ending=ending)

    def _unheard(self) -> Handshake:
        """One of which nothing was said: the connection broke before our hello was on its way."""
        ending = Ending.NOT_TLS if speech.spoken(self.begun) else Ending.RESET
        at = datetime.fromtimestamp(self._began.time / 1e9, timezone.utc)
        return Handshake(*self._ends, at, self._began.packet, ending)

    @property
    def _moment(self) -> Moment:
        return Moment(len(self._said) + 1, time.time_ns())


def _key(client: Endpoint, server: Endpoint) -> bytes:
    """A connection as `Conversation` knows it."""
    addresses = (ip_address(each.address.partition("%")[0]).packed for each in (client, server))
    ports = (each.port.to_bytes(2, "big") for each in (client, server))
    return b"".join((*addresses, *ports))
