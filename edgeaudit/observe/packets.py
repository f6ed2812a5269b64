"""From a packet of some link to the TCP segment in it.

Links: draft-ietf-opsawg-pcaplinktype; IEEE 802.1Q; IPv4: RFC 791; IPv6: RFC 8200; TCP: RFC 9293.
Checksums are not looked at: on loopback, and where the card makes them, they are wrong.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container

FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP, _FRAGMENT = 6, 44
_IPV4, _IPV6 = 0x0800, 0x86DD
_VLANS = {0x8100, 0x88A8, 0x9100}
_EXTENSIONS = {0, 43, 51, 60, 135, 139, 140}
_MOST_EXTENSIONS = 16
_MOST_FRAGMENTED = 64  # datagrams that wait for their fragments
_LONGEST_DATAGRAM = 65_535
NULL, ETHERNET, _RAW, LOOP, SLL, SLL2 = 0, 1, 101, 108, 113, 276
RAWS = {_RAW, 12, 14, 228, 229}
_LINKS = {NULL, ETHERNET, LOOP, SLL, SLL2} | RAWS
# where IP begins if no tags stand before it, and where it is named then, as what
_STARTS = {ETHERNET: (14, slice(12, 14)), SLL: (16, slice(14, 16)), SLL2: (20, slice(0, 2))}
_STARTS |= dict.fromkeys(RAWS, (0, slice(0, 0)))
NAMES = {b"\x08\x00", b"\x86\xdd", b""}
# IP without options and TCP's header: size, fragment, protocol, flow, TCP's numbers, size, flags
_PLAIN_4, _PLAIN_6 = Struct(">xxH2xHxB2x12sIIBB"), Struct(">4xHBx36sIIBB")


class Segment(NamedTuple):
    """A TCP segment. `key` is its flow: addresses as they stand in the packet, then ports.

    `missing` are the bytes at its end that the capture does not hold.
    """

    key: bytes
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    missing: int


# a named tuple at once: its own constructor takes more than twice as long
_made: Callable[[tuple[bytes, int, int, int, bytes, int]], Segment] = partial(
    tuple.__new__, Segment
)


class PacketReader:
    """Takes segments out of packets; keeps fragments until they are whole.

    `left_out` counts the packets that could not be read, by reason. Segments of the flows in
    `ignored` are passed over, unless they begin a connection. `datagram` is that of the last
    fragment that was read.
    """

    def __init__(self, ignored: Container[bytes] = ()) -> None:
        self.left_out: dict[str, int] = {}
        self.datagram: bytes | None = None
        self._ignored = ignored
        self._fragments: OrderedDict[bytes, _Fragments] = OrderedDict()

    def segment(self, link: int, data: bytes) -> Segment | None:
        """The segment in a packet; None where there is none, or it cannot be read."""
        try:
            if link in _STARTS:  # as nearly all are, and thus read at once
                at, name = _STARTS[link]
                if len(data) >= at + 34 and data[name] in NAMES:
                    if data[at] == 0x45:
                        return self._plain_4(data, at)
                    if data[at] >> 4 == 6 and len(data) >= at + 54:
                        return self._plain_6(data, at)
            return self._any(link, data)
        except IndexError:
            self._leave_out("cut off within its headers")
        except _Unreadable as error:
            self._leave_out(str(error))
        return None

    def awaits(self, datagram: bytes) -> bool:
        """Whether more fragments of a datagram are to come."""
        return datagram in self._fragments

    def _plain_4(self, data: bytes, at: int) -> Segment | None:
        size, fragment, kind, key, first, answered, offset, flags = _PLAIN_4.unpack_from(data, at)
        if kind != TCP or fragment & 0x3FFF:
            return self._ipv4(data, at)
        if key in self._ignored and not flags & SYN:
            return None
        end = at + size if size else len(data)
        return _segment(key, first, answered, flags, data, at + 20, offset, end)

    def _plain_6(self, data: bytes, at: int) -> Segment | None:
        size, kind, key, first, answered, offset, flags = _PLAIN_6.unpack_from(data, at)
        if kind != TCP:
            return self._ipv6(data, at)
        if key in self._ignored and not flags & SYN:
            return None
        end = at + 40 + size if size else len(data)
        return _segment(key, first, answered, flags, data, at + 40, offset, end)

    def _any(self, link: int, data: bytes) -> Segment | None:
        if link not in _LINKS:
            raise _Unreadable(f"link type {link} is not known")
        at = _network(link, data)
        if at is None:
            return None
        version = data[at] >> 4
        if version == 4:
            return self._ipv4(data, at)
        return self._ipv6(data, at) if version == 6 else None

    def _leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def _ipv4(self, data: bytes, at: int) -> Segment | None:
        if data[at + 9] != TCP:
            return None
        start = at + (data[at] & 15) * 4
        # 0 where the card cuts segments itself (TSO)
        size = data[at + 2] << 8 | data[at + 3] or len(data) - at
        end = at + size
        fragment = data[at + 6] << 8 | data[at + 7]
        if fragment & 0x3FFF:
            name = data[at + 4 : at + 6] + data[at + 12 : at + 20]
            place = (fragment & 0x1FFF) * 8
            return self._fragment(name, place, fragment & 0x2000, data[start:end], end - start)
        return self._tcp(data[at + 12 : at + 20], data, start, end)

    def _ipv6(self, data: bytes, at: int) -> Segment | None:
        addresses = data[at + 8 : at + 40]
        size = data[at + 4] << 8 | data[at + 5] or len(data) - at - 40
        kind, start, end = data[at + 6], at + 40, at + 40 + size
        for _ in range(_MOST_EXTENSIONS):
            if kind == TCP:
                return self._tcp(addresses, data, start, end)
            if kind == _FRAGMENT:
                return self._ipv6_fragment(addresses, data, start, end)
            if kind not in _EXTENSIONS:
                return None
            unit = 4 if kind == 51 else 8  # RFC 4302, 2.2
            kind, start = data[start], start + (data[start + 1] + (2 if unit == 4 else 1)) * unit
        return None

    def _ipv6_fragment(self, addresses: bytes, data: bytes, at: int, end: int) -> Segment | None:
        place, more = (data[at + 2] << 8 | data[at + 3]) & 0xFFF8, data[at + 3] & 1
        if data[at] != TCP:
            return None
        start = at + 8
        if not place and not more:
            return self._tcp(addresses, data, start, end)
        name = data[at + 4 : at + 8] + addresses
        return self._fragment(name, place, more, data[start:end], end - start)

    def _fragment(
        self, name: bytes, place: int, more: int, data: bytes, size: int
    ) -> Segment | None:
        """The segment, once all its fragments have come."""
        self.datagram = name
        parts = self._fragments.setdefault(name, _Fragments())
        if len(data) < size or place + len(data) > _LONGEST_DATAGRAM:
            del self._fragments[name]
            raise _Unreadable("a fragment is cut off")
        whole = parts.add(place, data, is_last=not more)
        if whole is not None:
            del self._fragments[name]
            addresses = name[2:] if len(name) == 10 else name[4:]
            return self._tcp(addresses, whole, 0, len(whole))
        if len(self._fragments) > _MOST_FRAGMENTED:
            self._fragments.popitem(last=False)
            self._leave_out("fragments are missing")
        return None

    def _tcp(self, addresses: bytes, data: bytes, at: int, end: int) -> Segment | None:
        key, flags = addresses + data[at : at + 4], data[at + 13]
        if key in self._ignored and not flags & SYN:
            return None
        first = int.from_bytes(data[at + 4 : at + 8], "big")
        answered = int.from_bytes(data[at + 8 : at + 12], "big")
        return _segment(key, first, answered, flags, data, at, data[at + 12], end)


def length_on_the_wire(link: int, data: bytes) -> int:
    """How long a packet was, of which the capture may hold less."""
    try:
        at = _network(link, data)
        if at is None:
            return len(data)
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] >> 4 == 6:
            size = 40 + int.from_bytes(data[at + 4 : at + 6], "big")
    except IndexError:
        return len(data)
    return max(len(data), at + size)


class _Unreadable(Exception):
    """Why a packet cannot be read."""


class _Fragments:
    """The fragments of one datagram."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._size: int | None = None

    def add(self, place: int, data: bytes, *, is_last: bool) -> bytes | None:
        """The datagram, if it is whole now."""
        self._parts[place] = data
        if is_last:
            self._size = place + len(data)
        whole = bytearray()
        for at in sorted(self._parts):
            if at > len(whole):
                return None
            whole[at:] = self._parts[at] + whole[at + len(self._parts[at]) :]
        return bytes(whole) if self._size is not None and len(whole) >= self._size else None


def _segment(
    key: bytes, first: int, answered: int, flags: int, data: bytes, at: int, offset: int, end: int
) -> Segment:
    """What begins at `at` and ends at `end`; the offset is a byte, as TCP has it."""
    start = at + (offset >> 4) * 4
    if start > end or start < at + 20:
        raise _Unreadable("a TCP header is damaged")
    payload = data[start:end]
    return _made((key, first, answered, flags, payload, end - start - len(payload)))


def _network(link: int, data: bytes) -> int | None:
    """Where the IP packet begins; None where there is none."""
    if link == ETHERNET:
        return _after_tags(data, 12)
    if link == SLL:
        return _after_tags(data, 14)
    if link == SLL2:
        is_ip = data[0] << 8 | data[1] in (_IPV4, _IPV6)
        return 20 if is_ip else _after_sll2_tags(data)
    return 4 if link in (NULL, LOOP) else 0


def _after_tags(data: bytes, at: int) -> int | None:
    """Where IP begins after an EtherType at `at`, and after VLAN tags."""
    kind = data[at] << 8 | data[at + 1]
    while kind in _VLANS:
        at += 4
        kind = data[at] << 8 | data[at + 1]
    return at + 2 if kind in (_IPV4, _IPV6) else None


def _after_sll2_tags(data: bytes) -> int | None:
    kind = data[0] << 8 | data[1]
    return _after_tags(data, 22) if kind in _VLANS else None
