"""A small capture out of a large one: the packets of the connections that are wanted.

The packets of living connections wait until it is known whether they are. Formats: draft-ietf-
opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.observe.packets import ETHERNET, LOOP, NULL, SLL, SLL2, length_on_the_wire
from edgeaudit.observe.pcap import Packet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import BinaryIO

    from edgeaudit.tls.handshake import Endpoint, Handshake

_MOST_WAITING = 64 << 20  # bytes of all packets that wait
_MOST_OF_ONE = 1 << 20  # bytes of one connection's
_MOST_CUT = 10_000  # connections of which it is remembered that they had too much
_COST = 200  # of holding a packet, besides its bytes
_SNAPLEN = 262_144
_FRAGMENTS = b"fragments of "  # before a datagram's name, which is then no flow's
_BEHIND = 1 << 62  # the number of no packet
_EXPERIMENT = b"\x88\xb5"  # an EtherType
_NOTE = b"edgeaudit: until now, the capture holds no answer"
_SECTION, _INTERFACE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 6, 10
_TLS_KEY_LOG = 0x544C534B
_TSRESOL = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)  # nanoseconds


class Waiting:
    """The packets of living connections, by the flow's key of either side; 64 MB at most.

    Of a connection that has had 1 MB, no more are kept; where all have had too much, those that
    have waited longest are given up.
    """

    def __init__(self) -> None:
        self._kept: dict[bytes, list[Packet]] = {}
        self._sizes: dict[bytes, int] = {}
        self._size = 0
        self._cut: dict[bytes, None] = {}

    def add(self, key: bytes, *packets: Packet) -> None:
        """What another segment of a flow came in: a packet, or all fragments of its datagram."""
        for packet in packets:
            self._add(_either(key), packet)

    def add_fragment(self, datagram: bytes, packet: Packet) -> None:
        """A fragment of a datagram of which more are to come, and it is not known whose it is."""
        self._add(_FRAGMENTS + datagram, packet)

    def fragments(self, datagram: bytes) -> list[Packet]:
        """The fragments of a datagram, which do not wait any longer."""
        found = self._kept.get(_FRAGMENTS + datagram, [])
        self._drop(_FRAGMENTS + datagram)
        return found

    def _add(self, key: bytes, packet: Packet) -> None:
        size = len(packet.data) + _COST
        if self._sizes.get(key, 0) + size > _MOST_OF_ONE:
            self._cut_off(key)
            return
        self._kept.setdefault(key, []).append(packet)
        self._sizes[key] = self._sizes.get(key, 0) + size
        self._size += size
        while self._size > _MOST_WAITING:
            longest = next(iter(self._kept))
            self._drop(longest)
            self._cut_off(longest)

    def of(self, handshake: Handshake) -> list[Packet]:
        """Those of the connection in which a handshake was made; they go on waiting."""
        return self._kept.get(_either(key_of(handshake.client, handshake.server)), [])

    def is_cut(self, handshake: Handshake) -> bool:
        """Whether packets of its connection were given up."""
        return _either(key_of(handshake.client, handshake.server)) in self._cut

    def _cut_off(self, key: bytes) -> None:
        self._cut[key] = None
        if len(self._cut) > _MOST_CUT:
            del self._cut[next(iter(self._cut))]

    def drop(self, key: bytes) -> None:
        """The packets of a flow are not wanted any more."""
        self._drop(_either(key))

    def _drop(self, key: bytes) -> None:
        self._cut.pop(key, None)
        self._kept.pop(key, None)
        self._size -= self._sizes.pop(key, 0)


class _Place(NamedTuple):
    """Where a packet's bytes are, and what is told of it; `owner` is the handshake's packet."""

    capture: int
    number: int
    owner: int
    time: int
    link: int
    start: int
    size: int


class Excerpt:
    """Packets that are wanted, of any number of captures; they lie in a temporary file until
    `close`. `cut` is how many handshakes lack some."""

    def __init__(self) -> None:
        self.is_pcapng = False
        self.cut = 0
        self._file: BinaryIO = TemporaryFile()  # noqa: SIM115 - as long as the excerpt
        self._places: dict[tuple[int, int], _Place] = {}
        self._capture = 0
        self._secrets: dict[bytes, None] = {}

    def close(self) -> None:
        """Nothing more is to be written."""
        self._file.close()

    def begin(self, *, is_pcapng: bool) -> None:
        """What comes is of another capture; of which format."""
        self._capture += 1
        self.is_pcapng = self.is_pcapng or is_pcapng

    def add(self, owner: int, packets: Iterable[Packet], secrets: bytes = b"") -> None:
        """The packets of one connection, and the lines of a key log that open it."""
        for packet in packets:
            number = packet.number
            if (self._capture, number) not in self._places:
                start = self._file.tell()
                size = self._file.write(packet.data)
                found = _Place(self._capture, number, owner, packet.time, packet.link, start, size)
                self._places[self._capture, number] = found
        if secrets:
            self._secrets[secrets] = None

    def mark(self, owner: int, packets: list[Packet], after: int, time: int) -> None:
        """Note at which time nothing had come yet, where that is what a handshake failed of.

        As a packet after the number `after` that is nobody's and says so: without it, the
        excerpt would seem to end too early to tell.
        """
        if packets:
            link = packets[0].link
            note = Packet(_BEHIND + after, time, link, _frame(link))
            self.add(owner, [note])

    def leave_out(self, owners: Collection[int]) -> None:
        """Of the capture at hand, what was added for these is not wanted after all."""
        gone = [
            key
            for key, each in self._places.items()
            if each.capture == self._capture and each.owner in owners
        ]
        for key in gone:
            del self._places[key]

    def write(self, file: BinaryIO) -> None:
        """All of it, as the captures had it: pcap, or pcapng where one was or the links differ."""
        places = [self._places[key] for key in sorted(self._places)]
        links = list(dict.fromkeys(each.link for each in places))
        is_pcapng = self.is_pcapng or len(links) > 1
        for part in self._pcapng(places, links) if is_pcapng else self._pcap(places, links):
            file.write(part)
        self._file.seek(0, 2)

    def _pcap(self, places: list[_Place], links: list[int]) -> Iterator[bytes]:
        unit = 1 if any(each.time % 1000 for each in places) else 1000
        magic = 0xA1B23C4D if unit == 1 else 0xA1B2C3D4
        yield struct.pack("<IHHiIII", magic, 2, 4, 0, 0, _SNAPLEN, links[0] if links else 1)
        for each in places:
            data = self._data(each)
            seconds, fraction = divmod(each.time, 1_000_000_000)
            size = length_on_the_wire(each.link, data)
            yield struct.pack("<IIII", seconds & 0xFFFFFFFF, fraction // unit, len(data), size)
            yield data

    def _pcapng(self, places: list[_Place], links: list[int]) -> Iterator[bytes]:
        yield _block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        for link in links:
            yield _block(_INTERFACE, struct.pack("<HHI", link, 0, _SNAPLEN) + _TSRESOL)
        if secrets := b"".join(self._secrets):
            yield _block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(secrets)) + secrets)
        for each in places:
            data = self._data(each)
            head = struct.pack(
                "<IIIII",
                links.index(each.link),
                each.time >> 32 & 0xFFFFFFFF,
                each.time & 0xFFFFFFFF,
                len(data),
                length_on_the_wire(each.link, data),
            )
            yield _block(_PACKET, head + data)

    def _data(self, place: _Place) -> bytes:
        self._file.seek(place.start)
        return self._file.read(place.size)


def key_of(*ends: Endpoint) -> bytes:
    """The key of the flow from one end to the other: addresses, then ports."""
    addresses = b"".join(ip_address(each.address).packed for each in ends)
    return addresses + b"".join(each.port.to_bytes(2, "big") for each in ends)


def _frame(link: int) -> bytes:
    """A packet of the link that holds nothing but a note: of no protocol (RFC 3692, RFC 5342)."""
    if link == ETHERNET:
        return bytes(12) + _EXPERIMENT + _NOTE
    if link == SLL:
        return bytes(14) + _EXPERIMENT + _NOTE
    if link == SLL2:
        return _EXPERIMENT + bytes(18) + _NOTE
    size = (20 + len(_NOTE)).to_bytes(2, "big")
    datagram = b"\x45\0" + size + bytes(4) + b"\1\xfd" + bytes(10) + _NOTE
    return b"\2\0\0\0" + datagram if link in (NULL, LOOP) else datagram


def _either(key: bytes) -> bytes:
    """One key for both directions."""
    size = (len(key) - 4) // 2
    return min(key, key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2])


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = (len(body) + 12).to_bytes(4, "little")
    return kind.to_bytes(4, "little") + size + body + size
