"""One direction of a TCP connection: where it stands, and what waits for its turn (RFC 9293)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.observe.packets import ACK, RST, SYN

if TYPE_CHECKING:
    from edgeaudit.observe.connection import Connection
    from edgeaudit.observe.packets import Segment
    from edgeaudit.tls.handshake import Side

_NEAR = 1 << 17  # further on, what has come is not of the connection that a SYN begins
_HALF, ALL = 1 << 31, (1 << 32) - 1


class Moment(NamedTuple):
    """When something was seen: the packet's number, and its time in nanoseconds since 1970."""

    packet: int
    time: int


class Flow:
    """One direction of a connection."""

    __slots__ = ("connection", "first", "is_ended", "key", "next", "other", "pending", "side")

    def __init__(self, key: bytes, connection: Connection) -> None:
        self.key = key
        self.connection = connection
        self.other: Flow = self
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
        return any(not 0 < ahead(each, syn.sequence) < _NEAR for each in begun)

    def distance(self, sequence: int) -> int:
        """How far ahead of what is next; negative for what has been handed on."""
        return 0 if self.next is None else ahead(sequence, self.next)

    def learn_from(self, answer: Segment) -> None:
        """Where it begins, if that is not known: the client's first words may tell."""
        first = self.other.first
        is_first = first is not None and answer.sequence == (first + 1) & ALL
        if is_first and answer.flags & ACK and not answer.flags & (SYN | RST):
            self.next = answer.acknowledged

    def is_due(self, segment: Segment) -> bool:
        """Whether it is the next, and nothing waits for it."""
        is_next = segment.sequence == self.next and not self.is_answer_to_unseen(segment)
        return is_next and not self.pending and not self.other.pending

    def begin_at(self, answer: Segment) -> None:
        """Where it begins, if that is not known: where the other side's first words have it."""
        if self.next is None and answer.flags & ACK:
            begun = [answer.acknowledged, *(each.sequence for each, _ in self.pending)]
            self.next = min(begun, key=lambda each: ahead(each, answer.acknowledged))

    def is_answer_to_unseen(self, segment: Segment) -> bool:
        """Whether it acknowledges what the other side has sent and is not handed on yet."""
        if not segment.flags & ACK or self.other.next is None:
            return False
        return ahead(segment.acknowledged, self.other.next) > 0


def ahead(one: int, other: int) -> int:
    """How far `one` is ahead of `other`, sequence numbers running in a circle."""
    return ((one - other + _HALF) & ALL) - _HALF
