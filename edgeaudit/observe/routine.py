"""Connections that go as thousands before are counted, without making anything of their bytes.

Nearly all handshakes of a capture are healthy, and where nothing is to be told of these, it is
enough to know that they are. So the packets of a new connection are held. One that comes to its
data, or has some and is ended by both sides, is counted, and its packets are dropped; one that does
anything unusual, were it but a packet sent twice, is given back, to be read in full from its
beginning.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING

from edgeaudit.observe.course import NEVER, Course, Half, ends, is_over, messages, says
from edgeaudit.observe.dialogue import read_chain
from edgeaudit.observe.flow import ALL, ahead
from edgeaudit.observe.packets import ACK, FIN, RST, SYN
from edgeaudit.observe.pcap import Packet, packet_of
from edgeaudit.observe.progress import ENOUGH_DATA
from edgeaudit.observe.usual import handshake_of
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.observe.course import Place
    from edgeaudit.observe.streams import Streams
    from edgeaudit.tls.handshake import Chain, Handshake

_MOST_HELD, _MOST_PACKETS = 1024, 64  # connections, and packets of one
_MOST_SERVERS = 10_000
_FLAGS = SYN | ACK | FIN | RST
_NUMBERS = Struct(">II")


class Routine:
    """Holds connections while they go as usual: `held` has their flows.

    Those that are found healthy are over for the streams, and the chains that were shown are given
    to `healthy`, one that is empty where there were none; or where there is `usual`, the handshakes
    are, without their steps. While `is_open`, connections are taken. `servers` has a flow of each
    server of which the chains were given, 10,000 at most.
    """

    def __init__(
        self,
        streams: Streams,
        healthy: Callable[[Chain], None] | None,
        usual: Callable[[Handshake], object] | None = None,
    ) -> None:
        self.held: dict[bytes, Half] = {}
        self.servers: dict[bytes, bytes] = {}
        self._streams = streams
        self._healthy = healthy or (lambda _: None)
        self._usual = usual
        self.is_open = healthy is not None or usual is not None

    def _begins(self, key: bytes, flags: int, place: Place, tcp: int) -> bool:
        """Whether a packet that says nothing begins a connection to be held from now on."""
        streams = self._streams
        if flags & _FLAGS != SYN or not self.is_open or len(self.held) >= 2 * _MOST_HELD:
            return False
        sequence = _NUMBERS.unpack_from(place[3], tcp + 4)[0]
        if key in streams.flows or streams.over.get(key) == sequence:
            return False
        size = (len(key) - 4) // 2
        back = key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
        if back == key:
            return False
        course = Course()
        client, server = Half("client", key, course), Half("server", back, course)
        client.other, server.other = server, client
        client.first, client.next = sequence, (sequence + 1) & ALL
        number, time, link, data, at, end = place
        course.packets.append((number, time, link, data[at:end]))
        for each in (client, server):
            streams.over.pop(each.key, None)
            self.held[each.key] = each
        return True

    def due(self, key: bytes) -> list[Packet]:
        """What is to be read before the next packet of a flow, and is not held any more.

        That is all of its connection; and where too many are held, those held longest.
        """
        packets = self._released(key) if key in self.held else []
        if len(self.held) >= 2 * _MOST_HELD:
            while len(self.held) > _MOST_HELD:
                packets += self._released(next(iter(self.held)))
        return packets

    def finish(self) -> Iterator[Packet]:
        """The packets of all that are held."""
        while self.held:
            yield from self._released(next(iter(self.held)))

    def _released(self, key: bytes) -> list[Packet]:
        half = self.held.pop(key)
        other = self.held.pop(half.other.key)
        del half.other, other.other
        return [packet_of(each) for each in half.course.packets]

    def takes(self, key: bytes, flags: int, place: Place, tcp: int, offset: int, stop: int) -> bool:
        """Whether a segment is as usual, of a flow that is held or begins, and thus taken.

        It begins at `tcp` in the buffer and ends at `stop`; the offset is a byte, as TCP has it.
        """
        start, half = tcp + (offset >> 4) * 4, self.held.get(key)
        if not tcp + 20 <= start <= stop <= place[5]:
            return False
        if half is None:
            return start == stop and self._begins(key, flags, place, tcp)
        other, packets = half.other, half.course.packets
        if len(packets) >= _MOST_PACKETS or not self.is_open:
            return False
        data = place[3]
        sequence, acknowledged = _NUMBERS.unpack_from(data, tcp + 4)
        if half.next is None or other.next is None:
            is_answer = flags & _FLAGS == SYN | ACK and start == stop
            if not is_answer or acknowledged != other.next:
                return False
            half.first, half.next = sequence, (sequence + 1) & ALL
            self._streams.settled.update((half.key, other.key))
        elif not (
            sequence == half.next
            and flags & (SYN | RST | ACK) == ACK
            and (acknowledged == other.next or ahead(acknowledged, other.next) <= 0)
            and says(half, data, start, stop)
            and (not flags & FIN or ends(half))
            and (self._usual is None or _hears(half, place))
        ):
            return False
        if (half.data > ENOUGH_DATA or half.has_ended) and is_over(half, other):
            self._end(half, other)
        else:
            number, time, link, _, at, end = place
            packets.append((number, time, link, data[at:end]))
        return True

    def _end(self, half: Half, other: Half) -> None:
        for each in (half, other):
            del self.held[each.key], each.other  # circles keep memory until they are looked for
            self._streams.ignore(each.key, each.first)
        client, server = (half, other) if half.side == "client" else (other, half)
        if self._usual:
            self._usual(handshake_of(client, server))
            return
        end = server.key[: (len(server.key) - 4) // 2] + server.key[-4:-2]
        if len(self.servers) < _MOST_SERVERS:
            self.servers[end] = server.key
        self._healthy(_certificates(half.shown, other.shown))


def _hears(half: Half, place: Place) -> bool:
    """Whether nobody speaks before the client, of whose hello it is noted when it came."""
    if half.side == "client" and half.began == NEVER and messages(half.clear):
        half.began = place[:2]
    return half.side == "client" or half.other.began != NEVER


@lru_cache(maxsize=256)  # a server shows the same again and again
def _certificates(*shown: bytes) -> Chain:
    """Those in Certificate messages in clear, which are of TLS 1.2 or older."""
    return tuple(each for body in shown for each in read_chain(body, Version.TLSV1_2))
