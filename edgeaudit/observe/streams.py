"""TCP connections out of segments, in whatever order, as often, and as incomplete as they come.

RFC 9293. A connection is told by its SYN: addresses and ports repeat. Bytes are handed on in their
order, and those that answer others after these, as the acknowledgements tell; so the order in which
packets stand in a capture hardly matters. What is missing is handed on as missing. A connection
whose listener has heard enough is dropped, with all that still comes of it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from edgeaudit.observe.packets import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.observe.packets import Segment
    from edgeaudit.tls.handshake import Side

_MOST_PENDING = 64  # segments that wait for others
_MOST_CONNECTIONS = 16_384
_MOST_REMEMBERED = 65_536
_LINGERING = 256  # packets, in which what was sent before the end may still come
_NEAR = 1 << 17  # further on, what has come is not of the connection that a SYN begins
_HALF, _ALL = 1 << 31, (1 << 32) - 1
_CLIENT_HELLO = 1


class Moment(NamedTuple):
    """When something was seen: the packet's number, and its time in nanoseconds since 1970."""

    packet: int
    time: int


class Listener(Protocol):
    """What hears a connection."""

    is_over: bool

    def opened(self, side: Side, moment: Moment) -> None:
        """A side sent its SYN, perhaps again."""

    def data(self, side: Side, data: bytes, moment: Moment) -> None:
        """A side sent these bytes."""

    def lost(self, side: Side, count: int) -> None:
        """The next bytes of a side, so many, are not in the capture."""

    def ended(self, side: Side, how: str, moment: Moment) -> None:
        """A side sent its FIN or RST."""


class Streams:
    """The connections of a capture. `listen` makes the listener of one, given the client's key.

    `over` are the flows that nobody listens to any more, with the numbers of their SYNs.
    """

    def __init__(self, listen: Callable[[bytes, Moment], Listener]) -> None:
        self._listen = listen
        self._flows: dict[bytes, _Flow] = {}
        self.over: dict[bytes, int | None] = {}
        self._closing: deque[tuple[int, _Connection]] = deque()

    def add(self, segment: Segment, moment: Moment) -> Iterator[Listener]:
        """Take the next segment; gives the listeners of connections that are over."""
        while self._closing and self._closing[0][0] < moment.packet:
            yield from self._end(self._closing.popleft()[1])
        flow = self._flows.get(segment.key)
        if flow is None and self._is_over(segment):
            return
        if flow is None or (segment.flags & SYN and flow.is_another(segment)):
            if flow:
                yield from self._end(flow.connection)
            flow = self._begin(segment)
        connection = flow.connection
        connection.add(flow, segment, moment)
        if connection.is_heard:
            yield from self._end(connection)
        elif connection.is_closed and not connection.is_closing:
            connection.is_closing = True
            self._closing.append((moment.packet + _LINGERING, connection))
        if len(self._flows) > 2 * _MOST_CONNECTIONS:
            yield from self._end(next(iter(self._flows.values())).connection)

    def finish(self) -> Iterator[Listener]:
        """The listeners of all connections that are left."""
        for connection in dict.fromkeys(flow.connection for flow in self._flows.values()):
            yield from self._end(connection)

    def _is_over(self, segment: Segment) -> bool:
        """Whether a segment belongs to a connection that nobody listens to any more."""
        if segment.key not in self.over:
            return False
        is_new = segment.flags & (SYN | ACK) == SYN and self.over[segment.key] != segment.sequence
        return not is_new

    def _begin(self, segment: Segment) -> _Flow:
        connection = _Connection(segment.key, self._listen)
        for flow in connection.flows:
            self.over.pop(flow.key, None)
            self._flows[flow.key] = flow
        return connection.flows[0]

    def _end(self, connection: _Connection) -> Iterator[Listener]:
        if self._flows.get(connection.flows[0].key) is not connection.flows[0]:
            return  # it has ended before
        connection.finish()
        for flow in connection.flows:
            del self._flows[flow.key]
            self.over[flow.key] = flow.first
        while len(self.over) > _MOST_REMEMBERED:
            del self.over[next(iter(self.over))]
        if connection.listener:
            yield connection.listener


class _Flow:
    """One direction of a connection."""

    __slots__ = ("connection", "first", "is_ended", "key", "next", "other", "pending", "side")

    def __init__(self, key: bytes, connection: _Connection) -> None:
        self.key = key
        self.connection = connection
        self.other: _Flow = self
        self.side: Side | None = None
        self.first: int | None = None  # the SYN's sequence number
        self.next: int | None = None
        self.pending: list[tuple[Segment, Moment]] = []
        self.is_ended = False

    def is_another(self, syn: Segment) -> bool:
        """Whether a SYN begins another connection, and is not that of this one."""
        if self.first is not None:
            return self.first != syn.sequence
        begun = [each.sequence for each, _ in self.pending]
        begun += [] if self.next is None else [self.next]
        return any(not 0 < _ahead(each, syn.sequence) < _NEAR for each in begun)

    def distance(self, sequence: int) -> int:
        """How far ahead of what is next; negative for what has been handed on."""
        return 0 if self.next is None else _ahead(sequence, self.next)

    def learn_from(self, answer: Segment) -> None:
        """Where it begins, if its SYN is not in the capture: the client's first words tell."""
        first = self.other.first
        is_first = first is not None and answer.sequence == (first + 1) & _ALL
        if self.next is None and is_first and answer.flags & ACK and not answer.flags & (SYN | RST):
            self.next = answer.acknowledged

    def is_due(self, segment: Segment) -> bool:
        """Whether it is the next, and nothing waits for it."""
        is_next = segment.sequence == self.next and not self.is_answer_to_unseen(segment)
        return is_next and not self.pending and not self.other.pending

    def begin_at(self, answer: Segment) -> None:
        """Where it begins, if that is not known: where the other side's first words have it."""
        if self.next is None and answer.flags & ACK:
            begun = [answer.acknowledged, *(each.sequence for each, _ in self.pending)]
            self.next = min(begun, key=lambda each: _ahead(each, answer.acknowledged))

    def is_answer_to_unseen(self, segment: Segment) -> bool:
        """Whether it acknowledges what the other side has sent and is not handed on yet."""
        if not segment.flags & ACK or self.other.next is None:
            return False
        return _ahead(segment.acknowledged, self.other.next) > 0


class _Connection:
    """Both directions, and who listens."""

    def __init__(self, key: bytes, listen: Callable[[bytes, Moment], Listener]) -> None:
        size = (len(key) - 4) // 2
        back = key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
        self.flows = _Flow(key, self), _Flow(back, self)
        self.flows[0].other, self.flows[1].other = self.flows[1], self.flows[0]
        self.listener: Listener | None = None
        self.is_closing = False
        self.is_reset = False
        self._listen = listen

    @property
    def is_heard(self) -> bool:
        return self.listener is not None and self.listener.is_over

    @property
    def is_closed(self) -> bool:
        return self.is_reset or all(flow.is_ended for flow in self.flows)

    def add(self, flow: _Flow, segment: Segment, moment: Moment) -> None:
        """Hand on a segment, or keep it until those before it have come."""
        flow.other.learn_from(segment)
        if segment.flags & SYN:
            self._open(flow, segment, moment)
        elif segment.payload or segment.missing or segment.flags & (FIN | RST):
            if flow.is_due(segment):  # as nearly all are
                self._hand(flow, segment, moment)
                return
            flow.pending.append((segment, moment))
        else:
            return
        self._go_on()
        while sum(len(each.pending) for each in self.flows) > _MOST_PENDING and not self.is_heard:
            self._give_up_one()

    def finish(self) -> None:
        """Hand on what is left, with its gaps."""
        while any(flow.pending for flow in self.flows) and not self.is_heard:
            self._give_up_one()
        for flow in self.flows:
            flow.pending.clear()

    def _open(self, flow: _Flow, syn: Segment, moment: Moment) -> None:
        if flow.side is None:
            client = flow.other if syn.flags & ACK else flow
            client.side, client.other.side = "client", "server"
        if flow.first is None:
            flow.first = syn.sequence
            flow.next = (syn.sequence + 1) & _ALL if flow.next is None else flow.next
        if syn.flags & ACK and flow.other.next is None:
            flow.other.next = syn.acknowledged
        self._heard_by(flow, moment).opened(flow.side or "client", moment)

    def _go_on(self) -> None:
        """Hand on whatever can be."""
        is_moving = True
        while is_moving and not self.is_heard:
            is_moving = self._hand_on(self.flows[0]) or self._hand_on(self.flows[1])

    def _hand_on(self, flow: _Flow) -> bool:
        """Whether one of the flow's segments could be handed on, or was there before."""
        for index, (segment, moment) in enumerate(flow.pending):
            if flow.next is None and (segment.sequence or not segment.flags & RST):
                continue  # its SYN may still come; a port that is closed answers without one
            if flow.distance(segment.sequence) <= 0 and not flow.is_answer_to_unseen(segment):
                del flow.pending[index]
                self._hand(flow, segment, moment)
                return True
        return False

    def _give_up_one(self) -> None:
        """Take what comes first for what is next: what should stand before it is missing."""
        flow = min(
            (each for each in self.flows if each.pending),
            key=lambda each: min(moment.packet for _, moment in each.pending),
        )
        start = flow.pending[0][0].sequence
        segment, _ = min(flow.pending, key=lambda each: _ahead(each[0].sequence, start))
        if flow.next is None:
            flow.next = segment.sequence
            flow.other.begin_at(segment)
        elif (gap := flow.distance(segment.sequence)) > 0:
            self._lose(flow, gap)
        else:
            other = flow.other
            gap = other.distance(segment.acknowledged)
            ahead = [other.distance(each.sequence) for each, _ in other.pending]
            self._lose(other, min([gap, *(each for each in ahead if each > 0)]))
        self._go_on()

    def _lose(self, flow: _Flow, count: int) -> None:
        flow.next = ((flow.next or 0) + count) & _ALL
        if self.listener and flow.side:
            self.listener.lost(flow.side, count)

    def _hand(self, flow: _Flow, segment: Segment, moment: Moment) -> None:
        known = -flow.distance(segment.sequence)
        payload = segment.payload[known:]
        missing = segment.missing - max(0, known - len(segment.payload))
        if segment.flags & RST:
            self._heard_by(flow, moment, payload).ended(flow.side or "client", "RST", moment)
            self.is_reset = True
            return
        if payload or missing > 0:
            listener = self._heard_by(flow, moment, payload)
            self._advance(flow, len(payload) + max(0, missing))
            if payload:
                listener.data(flow.side or "client", payload, moment)
            if missing > 0:
                listener.lost(flow.side or "client", missing)
        if segment.flags & FIN and not flow.is_ended:
            flow.is_ended = True
            self._advance(flow, 1)
            self._heard_by(flow, moment).ended(flow.side or "client", "FIN", moment)

    def _advance(self, flow: _Flow, count: int) -> None:
        flow.next = ((flow.next or 0) + count) & _ALL

    def _heard_by(self, flow: _Flow, moment: Moment, payload: bytes = b"") -> Listener:
        if flow.side is None:
            flow.side = _side(flow.key, payload)
            flow.other.side = "server" if flow.side == "client" else "client"
        if self.listener is None:
            client = flow if flow.side == "client" else flow.other
            self.listener = self._listen(client.key, moment)
        return self.listener


def _side(key: bytes, payload: bytes) -> Side:
    """Who sends, where no SYN tells: by its hello, or else the higher port is the client's."""
    if payload[:2] == b"\x16\x03" and payload[5:6] in (b"\x01", b"\x02"):
        return "client" if payload[5] == _CLIENT_HELLO else "server"
    return "client" if key[-4:-2] > key[-2:] else "server"


def _ahead(one: int, other: int) -> int:
    """How far `one` is ahead of `other`, sequence numbers running in a circle."""
    return ((one - other + _HALF) & _ALL) - _HALF
