"""What is passed over at a glance: all that is bulk, and nothing that a reader would miss."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.observe.glance import Glance
from edgeaudit.observe.packets import ACK, FIN, RST, SYN, PacketReader
from edgeaudit.observe.pcap import CaptureFile
from edgeaudit.observe.routine import Routine
from edgeaudit.observe.streams import Streams
from tests.observe.wrapping import (
    CLIENT,
    ETHERNET,
    NULL,
    RAW,
    SERVER,
    SLL,
    SLL2,
    START,
    Frame,
    as_ipv6,
    on_link,
    pcap,
    pcapng,
)

DATA = Frame(CLIENT, SERVER, 7, 9, ACK, bytes(range(60)))
LINKS = (ETHERNET, SLL, SLL2, RAW)
PUSH = 8
NONE = Routine(Streams(lambda *_: pytest.fail("heard")), None)  # takes nothing


def flow(frame: Frame) -> bytes:
    segment = PacketReader().segment(RAW, frame.ip())
    assert segment
    return segment.key


def passes(frame: Frame, link: int, ignored: set[bytes], settled: set[bytes] | None = None) -> bool:
    data = bytes(3) + on_link(frame, link)
    return Glance(ignored, settled or set(), NONE).passes(1, START, link, data, 3, len(data))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", LINKS)
def test_bulk_is_passed_over(link: int, version: int) -> None:
    frame = DATA if version == 4 else as_ipv6([DATA])[0]
    key = flow(frame)
    assert passes(frame, link, {key})
    assert passes(replace(frame, flags=FIN | ACK), link, {key})
    assert not passes(replace(frame, flags=SYN), link, {key})
    assert not passes(frame, link, set())
    bare = replace(frame, payload=b"")
    assert passes(bare, link, set(), {key})
    assert not passes(frame, link, set(), {key})
    assert not any(
        passes(replace(bare, flags=each), link, set(), {key}) for each in (SYN, FIN, RST)
    )


def test_what_is_passed_over_is_counted() -> None:
    made = [replace(DATA, time=START + place * 1000) for place in (0, 1, 3, 2)]
    for data in (pcap(made), pcapng([("<", ETHERNET, made), (">", SLL, made)])):
        file = CaptureFile(BytesIO(data), "it", lambda *_: True)
        few = list(file)
        assert len(few) <= 2  # the first of a section has none before it to be in a buffer with
        assert file.packets == len(list(CaptureFile(BytesIO(data), "it"))) > len(few)
        assert file.last == START + 3000
        assert not file.trouble


@settings(max_examples=200)
@given(
    st.sampled_from((*LINKS, NULL)),
    st.booleans(),
    st.sampled_from([ACK, ACK | PUSH, ACK | FIN, RST, SYN, SYN | ACK]),
    st.binary(max_size=8),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 255)), max_size=2),
    st.integers(30, 120),
)
def test_nothing_is_passed_over_that_a_reader_takes(
    link: int,
    is_new: bool,
    flags: int,
    payload: bytes,
    changes: list[tuple[int, int]],
    size: int,
) -> None:
    """Whatever is damaged or cut off: a reader ignores it too, or it only acknowledges."""
    frame = replace(as_ipv6([DATA])[0] if is_new else DATA, flags=flags, payload=payload)
    key = flow(frame)
    data = bytearray(on_link(frame, link))
    for at, value in changes:
        data[at % len(data)] = value
    packet = bytes(data[:size])
    if Glance({key}, set(), NONE).passes(1, START, link, packet, 0, len(packet)):
        reader = PacketReader({key})
        assert reader.segment(link, packet) is None
        assert not reader.left_out
    if Glance(set(), {key}, NONE).passes(1, START, link, packet, 0, len(packet)):
        segment = PacketReader().segment(link, packet)
        assert segment
        assert (segment.key, segment.payload, segment.missing) == (key, b"", 0)
        assert not segment.flags & (SYN | FIN | RST)
