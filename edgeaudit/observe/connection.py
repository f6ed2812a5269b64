"""One TCP connection: its bytes handed on in their order, with the gaps that the capture has.

RFC 9293. Bytes that answer others are handed on after these, as the acknowledgements tell; so the
order in which packets stand in a capture hardly matters. What is missing is handed on as missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeaudit.observe.flow import ALL, Flow, ahead
from edgeaudit.observe.packets import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.observe.flow import Moment
    from edgeaudit.observe.packets import Segment
    from edgeaudit.tls.handshake import Handshake, Side

_MOST_PENDING = 64  # segments that wait for others
_CLIENT_HELLO = 1


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

    def finish(self, last: int) -> list[Handshake]:
        """The handshakes that were heard, `last` being the time at which the watching ended."""


class Connection:
    """Both directions, and who listens; `began` is the number of its first packet."""

    def __init__(self, key: bytes, listen: Callable[[bytes, Moment], Listener], began: int) -> None:
        size = (len(key) - 4) // 2
        back = key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
        self.flows = Flow(key, self), Flow(back, self)
        self.flows[0].other, self.flows[1].other = self.flows[1], self.flows[0]
        self.began = began
        self.listener: Listener | None = None
        self.is_closing = False
        self.is_closed = False
        self._listen = listen

    @property
    def is_heard(self) -> bool:
        """Whether its listener has heard enough."""
        return self.listener is not None and self.listener.is_over

    def add(self, flow: Flow, segment: Segment, moment: Moment) -> None:
        """Hand on a segment, or keep it until those before it have come."""
        if flow.other.next is None:
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
            del flow.connection, flow.other  # circles keep memory until they are looked for

    def _open(self, flow: Flow, syn: Segment, moment: Moment) -> None:
        if flow.side is None:
            client = flow.other if syn.flags & ACK else flow
            client.side, client.other.side = "client", "server"
        if flow.first is None:
            flow.first = syn.sequence
            flow.next = (syn.sequence + 1) & ALL if flow.next is None else flow.next
        if syn.flags & ACK and flow.other.next is None:
            flow.other.next = syn.acknowledged
        self._heard_by(flow, moment).opened(flow.side or "client", moment)

    def _go_on(self) -> None:
        """Hand on whatever can be."""
        is_moving = True
        while is_moving and not self.is_heard:
            is_moving = self._hand_on(self.flows[0]) or self._hand_on(self.flows[1])

    def _hand_on(self, flow: Flow) -> bool:
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
        segment, _ = min(flow.pending, key=lambda each: ahead(each[0].sequence, start))
        if flow.next is None:
            flow.next = segment.sequence
            flow.other.begin_at(segment)
        elif (gap := flow.distance(segment.sequence)) > 0:
            self._lose(flow, gap)
        else:
            other = flow.other
            gap = other.distance(segment.acknowledged)
            gaps = [other.distance(each.sequence) for each, _ in other.pending]
            self._lose(other, min([gap, *(each for each in gaps if each > 0)]))
        self._go_on()

    def _lose(self, flow: Flow, count: int) -> None:
        flow.next = ((flow.next or 0) + count) & ALL
        if self.listener and flow.side:
            self.listener.lost(flow.side, count)

    def _hand(self, flow: Flow, segment: Segment, moment: Moment) -> None:
        payload, missing = segment.payload, segment.missing
        if segment.sequence != flow.next:
            known = -flow.distance(segment.sequence)
            payload = segment.payload[known:]
            missing -= max(0, known - len(segment.payload))
        if segment.flags & RST:
            self._heard_by(flow, moment, payload).ended(flow.side or "client", "RST", moment)
            self.is_closed = True
            return
        if payload or missing > 0:
            listener = self._heard_by(flow, moment, payload)
            self._advance(flow, len(payload) + (missing if missing > 0 else 0))
            if payload:
                listener.data(flow.side or "client", payload, moment)
            if missing > 0:
                listener.lost(flow.side or "client", missing)
        if segment.flags & FIN and not flow.is_ended:
            flow.is_ended = True
            self.is_closed = self.is_closed or flow.other.is_ended
            self._advance(flow, 1)
            self._heard_by(flow, moment).ended(flow.side or "client", "FIN", moment)

    def _advance(self, flow: Flow, count: int) -> None:
        flow.next = ((flow.next or 0) + count) & ALL

    def _heard_by(self, flow: Flow, moment: Moment, payload: bytes = b"") -> Listener:
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
