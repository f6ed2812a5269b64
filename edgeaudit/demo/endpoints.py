"""The TLS endpoints of the demo, on loopback: what its Routers and backends do."""

from __future__ import annotations

import socket
import tempfile
import threading
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING

from .edge import installation
from .handling import handler

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from .handling import Handler
    from .installation import Observed, Peer

_PATIENCE = 10.0  # seconds that a client may take


class DemoEndpoints:
    """The Routers and backends of the demo Edge of `now`, running inside their `with` block.

    Each listens at a port of its own on loopback. Raises ValueError for a `now` without time zone.
    """

    edge_version = "4.53"  # whose Message Processors the findings are those of

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        self._installation = installation(now)

    def __enter__(self) -> DemoEndpoints:
        self._open = ExitStack()
        self._selector = self._open.enter_context(DefaultSelector())
        self._stop, stopped = socket.socketpair()
        self._open.enter_context(stopped)
        self._selector.register(stopped, EVENT_READ)
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._addresses = {each.where: self._listen(each) for each in self.peers}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.close()
        self._thread.join()
        self._open.close()

    @property
    def peers(self) -> tuple[Peer, ...]:
        """What answers where, by the real names of the hosts."""
        return self._installation.peers

    @property
    def connect(self) -> dict[str, str]:
        """The `IP:PORT` that stands for each `HOST:PORT`."""
        return dict(self._addresses)

    @property
    def unreached(self) -> tuple[str, ...]:
        """Where nobody listens, which is all that a probe can tell."""
        return tuple(each.where for each in self.peers if each.service == "refuses")

    def observed(self, *, has_sni: bool = True) -> tuple[Observed, ...]:
        """The findings of a probe, if the Message Processor sends SNI, or if it does not."""
        return tuple(
            each for each in self._installation.observed if each.has_sni in (None, has_sni)
        )

    def _listen(self, peer: Peer) -> str:
        listener = self._open.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        if peer.service != "refuses":  # the port stays taken, and is not listened to
            listener.listen(128)
            self._selector.register(listener, EVENT_READ, (listener, peer))
        return f"127.0.0.1:{listener.getsockname()[1]}"

    def _accept(self) -> None:
        made = lru_cache(maxsize=None)(self._handler)  # when first needed: it takes a millisecond
        while True:
            for ready, _ in self._selector.select():
                if ready.data is None:
                    return
                listener, peer = ready.data
                serving = (made(peer), listener.accept()[0])
                threading.Thread(target=_serve, args=serving, daemon=True).start()

    def _handler(self, peer: Peer) -> Handler:
        return handler(peer, self._installation.keys, self._folder)


def _serve(handle: Handler, connection: socket.socket) -> None:
    """Deal with one client; one that hangs up, or talks nonsense, is none of our business."""
    with connection, suppress(OSError, ValueError):
        connection.settimeout(_PATIENCE)
        # without it, delayed ACKs cost 40 ms where two messages follow one another
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        handle(connection)
