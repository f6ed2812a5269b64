"""The TCP connections of a capture, told apart: addresses and ports repeat, a SYN begins anew.

RFC 9293. A connection whose listener has heard enough is dropped, with all that still comes of it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from edgeaudit.observe.connection import Connection
from edgeaudit.observe.packets import ACK, SYN

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.observe.connection import Listener
    from edgeaudit.observe.flow import Flow, Moment
    from edgeaudit.observe.packets import Segment

_MOST_CONNECTIONS = 16_384
_MOST_REMEMBERED = 65_536
_LINGERING = 256  # packets, in which what was sent before the end may still come


class Streams:
    """The connections of a capture. `listen` makes the listener of one, given the client's key.

    `flows` are those of living connections, `over` those that nobody listens to any more, with the
    numbers of their SYNs; `settled` are those of which no acknowledgement tells anything new: both
    sides' beginnings are known.
    """

    def __init__(self, listen: Callable[[bytes, Moment], Listener]) -> None:
        self._listen = listen
        self.flows: OrderedDict[bytes, Flow] = OrderedDict()
        self.over: OrderedDict[bytes, int | None] = OrderedDict()
        self.settled: set[bytes] = set()
        self._closing: deque[tuple[int, Connection]] = deque()

    def add(self, segment: Segment, moment: Moment) -> list[Listener]:
        """Take the next segment; gives the listeners of connections that are over."""
        over = self._closed(moment)
        flow = self.flows.get(segment.key)
        if flow is None and self._is_over(segment):
            return over
        if flow is None or (segment.flags & SYN and flow.is_another(segment)):
            if flow:
                over += self._end(flow.connection)
            flow = self._begin(segment, moment)
        connection = flow.connection
        connection.add(flow, segment, moment)
        if segment.flags & SYN:
            self._settle(connection)
        if connection.is_heard:
            over += self._end(connection)
        elif connection.is_closed and not connection.is_closing:
            connection.is_closing = True
            self._closing.append((moment.packet + _LINGERING, connection))
        if len(self.flows) > 2 * _MOST_CONNECTIONS:
            over += self._end(next(iter(self.flows.values())).connection)
        return over

    def closed(self) -> list[Listener]:
        """The listeners of connections that are closed, without waiting for what may still come."""
        over: list[Listener] = []
        while self._closing:
            over += self._end(self._closing.popleft()[1])
        return over

    def ignore(self, key: bytes, first: int | None) -> None:
        """Nobody listens to a flow any more that began with that number."""
        self.settled.discard(key)
        self.over[key] = first
        if len(self.over) > _MOST_REMEMBERED:
            self.over.popitem(last=False)

    def finish(self) -> list[Listener]:
        """The listeners of all connections that are left, in the order in which these began."""
        left = dict.fromkeys(flow.connection for flow in self.flows.values())
        begun = sorted(left, key=lambda connection: connection.began)
        return [listener for connection in begun for listener in self._end(connection)]

    def _closed(self, moment: Moment) -> list[Listener]:
        """The listeners of connections that were closed long enough ago."""
        over: list[Listener] = []
        while self._closing and self._closing[0][0] < moment.packet:
            over += self._end(self._closing.popleft()[1])
        return over

    def _is_over(self, segment: Segment) -> bool:
        """Whether a segment belongs to a connection that nobody listens to any more."""
        if segment.key not in self.over:
            return False
        is_new = segment.flags & (SYN | ACK) == SYN and self.over[segment.key] != segment.sequence
        return not is_new

    def _begin(self, segment: Segment, moment: Moment) -> Flow:
        connection = Connection(segment.key, self._listen, moment.packet)
        for flow in connection.flows:
            self.over.pop(flow.key, None)
            self.flows[flow.key] = flow
        return connection.flows[0]

    def _settle(self, connection: Connection) -> None:
        if all(flow.next is not None for flow in connection.flows):
            self.settled.update(flow.key for flow in connection.flows)

    def _end(self, connection: Connection) -> list[Listener]:
        if self.flows.get(connection.flows[0].key) is not connection.flows[0]:
            return []  # it has ended before
        connection.finish()
        for flow in connection.flows:
            del self.flows[flow.key]
            self.ignore(flow.key, flow.first)
        return [connection.listener] if connection.listener else []
