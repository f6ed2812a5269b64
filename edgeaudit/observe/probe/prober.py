"""All questions that a service is asked, one after the other, and many services at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from math import inf
from queue import SimpleQueue
from typing import TYPE_CHECKING

from edgeaudit.observe.probe.client import Client
from edgeaudit.observe.probe.connection import Limits, Timeouts
from edgeaudit.observe.probe.interview import Interview
from edgeaudit.observe.probe.line import Line, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.observe.probe.client import ClientCertificate
    from edgeaudit.observe.probe.interview import Asked
    from edgeaudit.tls.service import Service

    Elsewhere = Callable[[str, int], tuple[str, int] | None]


class Prober:
    """Asks services. All limits are in seconds, `deadline` from the making of the Prober on.

    `connect` gives another host and port for a service than its own, or None. `concurrency` is how
    many services are asked at once, and thus how many connections there are, `per_host` how many of
    one host. `http_proxy` is asked to CONNECT; `proxy_protocol` announces the client by version 1
    of the PROXY protocol. `client` is shown by one more handshake, so that both are known: what is
    asked without it and with it. Raises InputError where that certificate cannot be used.
    """

    def __init__(
        self,
        *,
        connect: Elsewhere = lambda _host, _port: None,
        timeouts: Timeouts | None = None,
        deadline: float = inf,
        concurrency: int = 16,
        per_host: int = 2,
        http_proxy: tuple[str, int] | None = None,
        proxy_protocol: bool = False,
        client: ClientCertificate | None = None,
    ) -> None:
        self._connect = connect
        self._end = time.monotonic() + deadline
        self._limits = Limits(timeouts or Timeouts(), lambda: self._end)
        self._way = Way(http_proxy, proxy_protocol)
        self._bare, self._shown = Client(), Client(client) if client else None
        self._concurrency, self._per_host = concurrency, per_host

    def stop(self) -> None:
        """Let no further question be asked; may be called by a signal's handler."""
        self._end = 0.0

    def probe(self, asked: Asked) -> Service:
        """What the service does. Nothing is raised: trouble is told in one sentence."""
        line = Line(self._place(asked), self._way, self._limits)
        return Interview(asked, line, self._bare, self._shown).service()

    def all(
        self, asked: Sequence[Asked], tell: Callable[[int], None] = lambda _: None
    ) -> Iterator[Service]:
        """What each of the services does, in the order in which they are done.

        `tell` hears how many are done. After the deadline, or when nobody wants the rest any more,
        nothing more is asked; each service is told of all the same.
        """
        waiting, busy = list(asked), Counter[str]()
        done: SimpleQueue[tuple[Asked, Service | BaseException]] = SimpleQueue()
        try:
            for count in range(1, len(asked) + 1):
                for each in self._next(waiting, busy):
                    threading.Thread(target=self._into, args=(each, done), daemon=True).start()
                one, found = done.get()
                busy[self._place(one)[0]] -= 1
                tell(count)
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            if waiting or busy.total():
                self.stop()

    def _next(self, waiting: list[Asked], busy: Counter[str]) -> list[Asked]:
        """Those that may be asked now; they are taken from `waiting`."""
        found = []
        for each in tuple(waiting):
            if busy.total() >= self._concurrency:
                break
            host = self._place(each)[0]
            if busy[host] < self._per_host:
                busy[host] += 1
                waiting.remove(each)
                found.append(each)
        return found

    def _into(self, asked: Asked, done: SimpleQueue[tuple[Asked, Service | BaseException]]) -> None:
        try:
            done.put((asked, self.probe(asked)))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.put((asked, error))

    def _place(self, asked: Asked) -> tuple[str, int]:
        return self._connect(asked.host, asked.port) or (asked.host, asked.port)
