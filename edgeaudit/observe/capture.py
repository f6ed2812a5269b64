"""A capture file to the handshakes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.observe.dissect import Conversation, endpoints
from edgeaudit.observe.excerpt import Waiting, key_of
from edgeaudit.observe.flow import Moment
from edgeaudit.observe.glance import Glance
from edgeaudit.observe.packets import ACK, SYN, PacketReader
from edgeaudit.observe.routine import Routine
from edgeaudit.observe.skim import SkimmedFile
from edgeaudit.observe.streams import Streams
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.secrets import KeyLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from edgeaudit.observe.connection import Listener
    from edgeaudit.observe.excerpt import Excerpt
    from edgeaudit.observe.packets import Segment
    from edgeaudit.observe.pcap import Packet
    from edgeaudit.tls.handshake import Chain, Endpoint, Handshake


_CUT = "a connection's beginning is cut off (tcpdump -s 0 takes all)"
_TORN = "why a handshake ended is not in the capture (tcpdump -s 0 takes all, -B more)"


class Capture:
    """The handshakes of a capture, read once, each told as soon as its connection is over.

    When all is read, `packets` is how many there were, `left_out` how many of them could not be
    read, by reason, and `trouble` where and why the reading ended before the end (or empty).
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        key_log: bytes = b"",
        *,
        keeps_packets: bool = False,
        healthy: Callable[[Chain], None] | None = None,
        usual: Callable[[Handshake], object] | None = None,
    ) -> None:
        """Reads the head of `stream`; raises InputError with `name` in it if it is no capture.

        `key_log` (SSLKEYLOGFILE) opens what is encrypted, as do the secrets in a pcapng.
        `keeps_packets` so that `copy` has those of a handshake. Where there is `healthy`, it is
        called with the certificates shown in handshakes that go as usual, instead of telling them;
        where there is `usual`, with these, but without their steps, randoms and sessions.
        """
        self._keys = KeyLog()
        self._keys.add(key_log)
        self._inside = KeyLog()
        self._waiting = Waiting() if keeps_packets else None
        self._connection: list[Handshake] = []
        self._streams = Streams(lambda key, moment: Conversation(key, moment, self._keys))
        self._reader = PacketReader(self._streams.over)
        idle = set() if keeps_packets else self._streams.settled
        self._routine = Routine(self._streams, healthy, usual)
        self._routine.is_open &= not key_log and not keeps_packets
        glance = Glance(self._streams.over, idle, self._routine)
        self._file = SkimmedFile(stream, name, glance, self._learn)

    @property
    def packets(self) -> int:
        """How many have been read."""
        return self._file.packets

    @property
    def servers(self) -> set[Endpoint]:
        """Where those handshakes were made that were not told."""
        return {endpoints(key)[0] for key in self._routine.servers.values()}

    @property
    def left_out(self) -> dict[str, int]:
        """How many packets could not be read, by reason."""
        return self._reader.left_out

    @property
    def trouble(self) -> str:
        """Where and why the file could not be read to its end."""
        return self._file.trouble

    @property
    def is_pcapng(self) -> bool:
        """Whether its format is pcapng."""
        return self._file.is_pcapng

    def copy(self, handshake: Handshake, excerpt: Excerpt) -> None:
        """Copy the packets of the handshake that was told last, and what opens them."""
        if self._waiting:
            hellos = [each.client_hello for each in self._connection if each.client_hello]
            secrets = b"".join(self._inside.lines(each.random) for each in hellos)
            packets = self._waiting.of(handshake)
            excerpt.add(handshake.packet, packets, secrets)
            excerpt.cut += self._waiting.is_cut(handshake)
            if handshake.ending is Ending.TIMED_OUT:
                excerpt.mark(handshake.packet, packets, self.packets, self._file.last)

    def handshakes(self) -> Iterator[Handshake]:
        """Each handshake, in the order in which their connections ended."""
        for packet in self._file:
            segment = self._reader.segment(packet.link, packet.data)
            packets = self._packets_of(packet, self._waiting) if self._waiting else []
            if segment is None:
                continue
            for before in self._routine.due(segment.key):
                yield from self._heard(before)
            moment = Moment(packet.number, packet.time)
            if self._waiting is None:
                yield from self._told(self._streams.add(segment, moment))
            else:
                yield from self._kept(self._waiting, segment, packets, moment)
        for held in self._routine.finish():
            yield from self._heard(held)
        yield from self._told(self._streams.finish())

    def closed(self) -> Iterator[Handshake]:
        """Those of connections that are closed, without waiting for what may still come."""
        return self._told(self._streams.closed())

    def _heard(self, held: Packet) -> Iterator[Handshake]:
        segment = self._reader.segment(held.link, held.data)
        if segment:
            moment = Moment(held.number, held.time)
            yield from self._told(self._streams.add(segment, moment))

    def _learn(self, secrets: bytes) -> None:
        self._keys.add(secrets)
        self._inside.add(secrets)
        self._routine.is_open = False

    def _packets_of(self, packet: Packet, waiting: Waiting) -> list[Packet]:
        """The packet, or all fragments of a datagram if it is the last of them to come."""
        datagram, self._reader.datagram = self._reader.datagram, None
        if datagram is None:
            return [packet]
        if self._reader.awaits(datagram):
            waiting.add_fragment(datagram, packet)
            return []
        return [*waiting.fragments(datagram), packet]

    def _kept(
        self, waiting: Waiting, segment: Segment, packets: list[Packet], moment: Moment
    ) -> Iterator[Handshake]:
        # where another connection begins, the packets of the one before it may still be asked for
        begins = segment.flags & (SYN | ACK) == SYN
        if not begins:
            waiting.add(segment.key, *packets)
        yield from self._told(self._streams.add(segment, moment))
        if begins:
            waiting.add(segment.key, *packets)

    def _told(self, over: list[Listener]) -> Iterator[Handshake]:
        for listener in over:
            self._connection = listener.finish(self._file.last)
            yield from self._connection
            torn = sum(each.is_torn for each in self._connection)
            self._leave_out(_TORN, torn)
            self._leave_out(_CUT, isinstance(listener, Conversation) and listener.is_cut)
            if self._waiting and isinstance(listener, Conversation):
                self._waiting.drop(key_of(listener.client, listener.server))

    def _leave_out(self, reason: str, count: int) -> None:
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count
