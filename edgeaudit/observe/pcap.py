"""Capture files: pcap and pcapng, whole or damaged, compressed or not, as they come.

pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng; link types: draft-ietf-opsawg-
pcaplinktype. Nothing but the packet at hand is kept.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError
from edgeaudit.observe.source import Ended, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Passes = Callable[[int, int, int, bytes, int, int], bool]

# more than any link delivers (Wireshark, WTAP_MAX_PACKET_SIZE_STANDARD)
LONGEST_PACKET = 262_144
_LONGEST_BLOCK = 1 << 24
_PCAP = {  # magic: byte order, nanoseconds in a unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 2, 3, 6, 10
_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_TLS_KEY_LOG = 0x544C534B
_HINT = "a capture is what `tcpdump -w FILE` writes, or Wireshark: pcap or pcapng"


class Packet(NamedTuple):
    """A packet: which one, from 1, its time in nanoseconds since 1970, its link, what was kept."""

    number: int
    time: int
    link: int
    data: bytes


# a named tuple at once: its own constructor takes more than twice as long
packet_of: Callable[[tuple[int, int, int, bytes]], Packet] = partial(tuple.__new__, Packet)


class _Interface(NamedTuple):
    link: int
    ticks: int  # in a second
    offset: int  # in seconds


class CaptureFile:
    """The packets of a capture, read once from `stream`.

    `trouble` says, when all is read, where and why the reading ended before the end. `packets` are
    how many have been read, `last` is the latest of their times. `is_pcapng` tells the format.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        passes: Passes = lambda *_: False,
        learn: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Reads the head; raises InputError where that is of no capture.

        Packets that `passes` are counted, and not given: it is asked with the number, the time and
        the link, and where in which buffer the packet begins and ends. The key logs of its
        decryption-secrets blocks are given to `learn`.
        """
        self.packets = 0
        self.last = 0
        self.trouble = ""
        self._passes = passes
        self._learn = learn
        self._source = Source(stream)
        self._order = "<"
        self._interfaces: list[_Interface] = []
        magic = self._source.peek(4)
        if magic not in _PCAP and magic != b"\x0a\x0d\x0d\x0a":
            told = f"is {self._source.trouble or 'empty'}" if not magic else "is no capture"
            raise InputError(f"{name} {told}", _HINT)
        self.is_pcapng = magic not in _PCAP

    def __iter__(self) -> Iterator[Packet]:
        """The packets in the order in which they stand."""
        try:
            yield from self._blocks() if self.is_pcapng else self._records()
        except Ended as ended:
            self.trouble = str(ended)
        if self._source.trouble:
            self.trouble = self._source.trouble

    def _records(self) -> Iterator[Packet]:
        order, unit = _PCAP[self._source.peek(4)]
        head = self._source.take(24)
        link = struct.unpack(order + "I", head[20:])[0] & 0x0FFFFFFF
        layout, source = struct.Struct(order + "IIII"), self._source
        while True:
            yield from self._buffered(layout, unit, link)
            header = source.take(16, may_end=True)
            if not header:
                return
            seconds, fraction, size, _ = layout.unpack(header)
            if size > LONGEST_PACKET:
                raise Ended(f"damaged at byte {source.position - 16}")
            time = seconds * 1_000_000_000 + fraction * unit
            packet = self._next(time, link, source.take(size))
            if packet:
                yield packet

    def _buffered(self, layout: struct.Struct, unit: int, link: int) -> Iterator[Packet]:
        """The records that are whole in the buffer: as nearly all are, without a call for each."""
        unpack, passes, buffer, at = layout.unpack_from, self._passes, *self._source.window
        number, latest, last = self.packets, self.last, len(buffer) - 16
        while at <= last:
            seconds, fraction, size, _ = unpack(buffer, at)
            start = at + 16
            end = start + size
            if end > last + 16 or size > LONGEST_PACKET:
                break
            at = end
            number += 1
            time = seconds * 1_000_000_000 + fraction * unit
            if time > latest:
                latest = time
            if not passes(number, time, link, buffer, start, end):
                self.packets, self.last = number, latest
                yield packet_of((number, time, link, buffer[start:end]))
        self.packets, self.last = number, latest
        self._source.go_to(at)

    def _buffered_blocks(self) -> Iterator[Packet]:
        """The same of pcapng: enhanced packet blocks, up to the first that is none, or damaged."""
        unpack = struct.Struct(self._order + "IIIIIII").unpack_from
        passes, (buffer, at) = self._passes, self._source.window
        while at + 28 <= len(buffer):
            kind, length, number, high, low, size, _ = unpack(buffer, at)
            start, after = at + 28, at + length
            if kind != _PACKET or after > len(buffer) or number >= len(self._interfaces):
                break
            if length % 4 or not size + 32 <= length <= _LONGEST_BLOCK:
                break
            at = after
            link, ticks, offset = self._interfaces[number]
            time = (high << 32 | low) * 1_000_000_000 // ticks + offset * 1_000_000_000
            self.packets += 1
            if time > self.last:
                self.last = time
            if not passes(self.packets, time, link, buffer, start, start + size):
                yield packet_of((self.packets, time, link, buffer[start : start + size]))
        self._source.go_to(at)

    def _next(self, time: int, link: int, data: bytes) -> Packet | None:
        self.packets += 1
        self.last = max(self.last, time)
        if self._passes(self.packets, time, link, data, 0, len(data)):
            return None
        return Packet(self.packets, time, link, data)

    def _blocks(self) -> Iterator[Packet]:
        while header := self._source.take(8, may_end=True):
            kind, size = struct.unpack(self._order + "II", header)
            if header[:4] == b"\x0a\x0d\x0d\x0a":
                self._begin_section()
                size = struct.unpack(self._order + "I", header[4:])[0]
                kind, size = _SECTION, size - 4
            if size < 12 or size % 4 or size > _LONGEST_BLOCK:
                raise Ended(f"damaged at byte {self._source.position - 8}")
            body = self._source.take(size - 8)[:-4]
            try:
                packet = self._read(kind, body)
            except (struct.error, IndexError):
                raise Ended(f"damaged at byte {self._source.position - size}") from None
            if packet:
                yield packet
            yield from self._buffered_blocks()

    def _begin_section(self) -> None:
        mark = self._source.take(4)
        if mark not in _ORDERS:
            raise Ended(f"damaged at byte {self._source.position - 4}")
        self._order = _ORDERS[mark]
        self._interfaces = []

    def _read(self, kind: int, body: bytes) -> Packet | None:
        if kind == _PACKET:
            number, high, low, size, _ = struct.unpack_from(self._order + "IIIII", body)
            return self._packet(number, high << 32 | low, body[20 : 20 + size])
        if kind == _OLD_PACKET:
            number, _, high, low, size, _ = struct.unpack_from(self._order + "HHIIII", body)
            return self._packet(number, high << 32 | low, body[20 : 20 + size])
        if kind == _SIMPLE:
            size = struct.unpack_from(self._order + "I", body)[0]
            return self._next(0, self._interfaces[0].link, body[4 : 4 + size])
        if kind == _INTERFACE:
            self._interfaces.append(_interface(body, self._order))
        elif kind == _SECRETS:
            secret, size = struct.unpack_from(self._order + "II", body)
            if secret == _TLS_KEY_LOG:
                self._learn(body[8 : 8 + size])
        return None

    def _packet(self, number: int, ticks: int, data: bytes) -> Packet | None:
        interface = self._interfaces[number]
        time = ticks * 1_000_000_000 // interface.ticks + interface.offset * 1_000_000_000
        return self._next(time, interface.link, data)


def _interface(body: bytes, order: str) -> _Interface:
    """An interface description block, with the options if_tsresol and if_tsoffset."""
    link = struct.unpack_from(order + "H", body)[0]
    ticks, offset, at = 1_000_000, 0, 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        data = body[at + 4 : at + 4 + size]
        if code == 0:
            break
        if code == 9 and len(data) == 1:
            exponent = data[0] & 0x7F
            ticks = 2 ** min(exponent, 64) if data[0] & 0x80 else 10 ** min(exponent, 20)
        elif code == 14 and len(data) == 8:
            offset = struct.unpack(order + "q", data)[0]
        at += 4 + (size + 3) // 4 * 4
    return _Interface(link, ticks, offset)
