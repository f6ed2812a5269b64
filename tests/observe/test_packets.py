"""Fragments, extension headers and tags: the segment in a packet, or why there is none."""

from __future__ import annotations

import struct
from itertools import permutations

import pytest

from edgeaudit.observe.packets import ACK, PacketReader
from tests.observe.wrapping import CLIENT, RAW, SERVER, Frame, as_ipv6, on_link

FRAME = Frame(CLIENT, SERVER, 7, 9, ACK, bytes(range(60)))
(FRAME6,) = as_ipv6([FRAME])


def fragments(frame: Frame, size: int) -> list[bytes]:
    """An IPv4 packet in fragments."""
    whole, found = frame.ip(), []
    body = whole[20:]
    for at in range(0, len(body), size):
        part = body[at : at + size]
        more = 0x2000 if at + size < len(body) else 0
        head = bytearray(whole[:20])
        head[2:4] = struct.pack(">H", 20 + len(part))
        head[6:8] = struct.pack(">H", more | at // 8)
        found.append(bytes(head) + part)
    return found


def fragments6(frame: Frame, size: int) -> list[bytes]:
    """An IPv6 packet in fragments, after a hop-by-hop header."""
    whole, found = frame.ip(), []
    body = whole[40:]
    for at in range(0, len(body), size):
        part = body[at : at + size]
        more = int(at + size < len(body))
        extra = bytes([44, 0]) + bytes(6) + struct.pack(">BBHI", 6, 0, at | more, 77)
        head = bytearray(whole[:40])
        head[4:7] = struct.pack(">HB", len(extra) + len(part), 0)
        found.append(bytes(head) + extra + part)
    return found


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("version", [4, 6])
def test_fragments_in_any_order(version: int, order: tuple[int, ...]) -> None:
    parts = fragments(FRAME, 32) if version == 4 else fragments6(FRAME6, 32)
    reader = PacketReader()
    found = [reader.segment(RAW, parts[place]) for place in order]
    assert found[:2] == [None, None]
    assert found[2] is not None
    assert found[2].payload == FRAME.payload
    whole = PacketReader().segment(RAW, (FRAME if version == 4 else FRAME6).ip())
    assert found[2] == whole
    assert reader.left_out == {}


def test_fragments_that_never_come_are_counted() -> None:
    reader = PacketReader()
    for number in range(100):
        first = bytearray(fragments(FRAME, 32)[0])
        first[4:6] = struct.pack(">H", number)
        assert reader.segment(RAW, bytes(first)) is None
    assert reader.left_out == {"fragments are missing": 36}


def test_a_packet_cut_by_the_snaplen_tells_how_much_is_missing() -> None:
    found = PacketReader().segment(RAW, FRAME.ip()[:-13])
    assert found is not None
    assert (found.payload, found.missing) == (FRAME.payload[:-13], 13)


def test_padding_of_the_link_is_no_payload() -> None:
    found = PacketReader().segment(1, on_link(FRAME, 1) + bytes(9))
    assert found is not None
    assert (found.payload, found.missing) == (FRAME.payload, 0)


def test_a_length_of_zero_is_that_of_a_card_that_cuts_segments_itself() -> None:
    packet = bytearray(FRAME.ip())
    packet[2:4] = bytes(2)
    found = PacketReader().segment(RAW, bytes(packet))
    assert found is not None
    assert found.payload == FRAME.payload


def test_what_is_not_tcp_is_nothing() -> None:
    reader = PacketReader()
    packet = bytearray(FRAME.ip())
    packet[9] = 17
    assert reader.segment(RAW, bytes(packet)) is None
    assert reader.segment(1, bytes(12) + b"\x08\x06" + bytes(28)) is None  # ARP
    assert reader.left_out == {}
