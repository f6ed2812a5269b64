"""The loop over a pcap tells of each packet what a glance tells, wherever a chunk of it ends."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.observe import source
from edgeaudit.observe.glance import Glance
from edgeaudit.observe.packets import PacketReader
from edgeaudit.observe.pcap import CaptureFile
from edgeaudit.observe.routine import Routine
from edgeaudit.observe.skim import SkimmedFile
from edgeaudit.observe.streams import Streams
from tests.observe.test_capture import CAPTURES
from tests.observe.test_routine import DAMAGE, USUAL, damaged, together
from tests.observe.wrapping import ETHERNET, NULL, RAW, SLL, SLL2, as_ipv6, pcap, pcapng

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.observe.pcap import Packet

    Read = tuple[list[Packet], int, int, int, str]


def skimmed(stream: BytesIO, glance: Glance) -> CaptureFile:
    return SkimmedFile(stream, "it", glance, lambda _: None)


def glanced(stream: BytesIO, glance: Glance) -> CaptureFile:
    return CaptureFile(stream, "it", glance.passes)


def read(data: bytes, opened: Callable[[BytesIO, Glance], CaptureFile]) -> Read:
    """What is not passed over; how many connections are counted, and packets; the last, trouble.

    Flows of which a packet is given are ignored from then on.
    """
    healthy: list[object] = []
    found: list[Packet] = []
    streams, reader = Streams(lambda *_: pytest.fail("heard")), PacketReader()
    routine = Routine(streams, healthy.append)
    file = opened(BytesIO(data), Glance(streams.over, streams.settled, routine))
    for packet in file:
        if segment := reader.segment(packet.link, packet.data):
            found += routine.due(segment.key)
            streams.ignore(segment.key, None)
        found.append(packet)
    return found, len(healthy), file.packets, file.last, file.trouble


@pytest.mark.parametrize("link", [ETHERNET, SLL, SLL2, RAW, NULL])
def test_all_links(link: int) -> None:
    made = together([*USUAL, *sorted(CAPTURES)[::9]])
    for data in (pcap(made, link), pcap(as_ipv6(made), link), pcap(made, link, order=">")):
        assert read(data, skimmed) == read(data, glanced)
        assert read(data, skimmed)[1] >= len(USUAL) or link == NULL


@settings(max_examples=40)
@given(st.sampled_from(USUAL), DAMAGE)
def test_whatever_is_damaged(name: str, damage: list[tuple[float, int]]) -> None:
    data = damaged(name, damage)
    assert read(data, skimmed) == read(data, glanced)


@pytest.mark.parametrize("size", [7, 100, 4099])
def test_chunks_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = together(USUAL)
    for whole in (pcap(made), pcapng([("<", ETHERNET, made)], secret=b"")):
        for data in (whole, whole[:-9], whole[:-70]):
            with monkeypatch.context() as patch:
                expected = read(data, skimmed)
                patch.setattr(source, "_CHUNK", size)
                assert read(data, skimmed) == expected
                assert expected[1] >= len(USUAL) - 1
