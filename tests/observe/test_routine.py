"""What is only counted: nothing but healthy handshakes; all else is told as ever."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.audit.failures import Tally
from edgeaudit.observe.capture import Capture
from edgeaudit.observe.glance import Glance
from edgeaudit.observe.packets import FIN, PacketReader
from edgeaudit.observe.pcap import CaptureFile, Packet
from edgeaudit.observe.routine import Routine
from edgeaudit.observe.streams import Streams
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.records import Kind, as_records
from tests.observe.test_capture import CAPTURES, TRANSFORMATIONS, TRUST, cut
from tests.observe.wrapping import Frame, as_ipv6, conversation, frames, pcap, pcapng

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Chain, Handshake

DATA = as_records(Kind.APPLICATION_DATA, bytes(1395))


def with_data(made: list[Frame]) -> list[Frame]:
    """With more of the server's data, if it has any, so that the handshake is surely over."""
    server = made[0].target
    said = [
        place
        for place, each in enumerate(made)
        if each.source == server and each.payload[:1] == bytes([Kind.APPLICATION_DATA])
    ]
    if not said:
        return made
    last, end = made[said[-1]], said[-1] + 1
    more = replace(last, sequence=(last.sequence + len(last.payload)) % 2**32, payload=DATA)
    return [*made[:end], more, *(_later(each, server) for each in made[end:])]


def _later(frame: Frame, server: tuple[str, int]) -> Frame:
    size = len(DATA) if frame.source == server else 0
    return replace(frame, sequence=(frame.sequence + size) % 2**32)


def flow_of(packet: Packet) -> bytes:
    segment = PacketReader().segment(packet.link, packet.data)
    assert segment
    return segment.key


def counted(data: bytes) -> tuple[list[Handshake], list[Chain], Capture]:
    """What is told, and what is shown in those that are counted."""
    shown: list[Chain] = []
    capture = Capture(BytesIO(data), "it", healthy=shown.append)
    return list(capture.handshakes()), shown, capture


def agree(data: bytes) -> int:
    """How many are counted; what is told of the others, and of all together, is as ever."""
    told, shown, capture = counted(data)
    whole = Capture(BytesIO(data), "it")
    every = list(whole.handshakes())
    left = [each for each in every if each not in told]
    assert [each for each in every if each in told] == told
    for each in left:
        assert each.ending is Ending.COMPLETED
        assert not diagnose(each).is_failure
        assert not diagnose(each, TRUST).is_failure
    assert sorted(map(repr, shown)) == sorted(
        repr((each.server_chain or ()) + (each.client_chain or ())) for each in left
    )
    assert (capture.packets, capture.trouble) == (whole.packets, whole.trouble)
    # a connection that is counted may be over sooner, and then damage to it is not looked at
    more = Counter(whole.left_out) - Counter(capture.left_out)
    assert whole.left_out == Counter(capture.left_out) + more
    assert shown or not more
    return len(shown)


def together(names: list[str]) -> list[Frame]:
    """Several captures at once, each of another client."""
    made = [with_data(frames(CAPTURES[name])) for name in names]
    moved = [_of(each, f"192.0.2.{place + 10}") for place, each in enumerate(made)]
    longest = max(map(len, moved))
    return [each[place] for place in range(longest) for each in moved if place < len(each)]


def _of(made: list[Frame], address: str) -> list[Frame]:
    ends = {made[0].source: (address, made[0].source[1])}
    return [
        replace(each, source=ends.get(each.source, each.source),
                target=ends.get(each.target, each.target))
        for each in made
    ]  # fmt: skip


USUAL = ["good-tls1_2", "good-mutual-tls1_2", "good-tls1_3", "good-java-tls1_3"]


@pytest.mark.parametrize("name", USUAL)
def test_what_goes_as_usual_is_counted(name: str) -> None:
    made = with_data(frames(CAPTURES[name]))
    assert agree(pcap(made)) == 1
    assert agree(pcap(as_ipv6(made))) == 1
    assert agree(pcapng([("<", 1, made)])) == 0  # it has secrets


def test_a_small_answer_is_usual_once_both_sides_have_ended() -> None:
    made = frames(CAPTURES["good-nginx-tls1_2"])
    last = max(place for place, each in enumerate(made) if each.flags & FIN)
    assert agree(pcap(made)) == 1
    assert agree(pcap(made[:last])) == 0


def test_failures_are_told_in_their_order() -> None:
    data = pcap(together([*USUAL, *sorted(CAPTURES)[::9]]))
    assert agree(data) >= len(USUAL)
    tallies = Tally(), Tally()
    for tally, healthy in zip(tallies, (tallies[0].count, None), strict=True):
        for each in Capture(BytesIO(data), "it", healthy=healthy).handshakes():
            tally.add(each)
        tally.finish()
    one, other = tallies
    assert one.groups == other.groups
    assert (one.healthy, one.certificates) == (other.healthy, other.certificates)


def test_what_is_given_back_is_read_once() -> None:
    """Of every packet that is held, or not, in the order in which those of a connection came."""
    made = cut(with_data(frames(CAPTURES["good-tls1_2"])), 5)
    streams = Streams(lambda *_: pytest.fail("heard"))
    routine = Routine(streams, lambda _: None)
    glance = Glance(streams.over, streams.settled, routine)
    found = []
    for packet in CaptureFile(BytesIO(pcap(made)), "it", glance.passes):
        found += [*routine.due(flow_of(packet)), packet]
    found += routine.finish()
    said = [packet.number for packet in found]
    assert said == sorted(set(said))
    assert len(said) >= sum(1 for each in made if each.payload)


def test_little_is_held() -> None:
    """Neither many connections nor much of one, though nothing unusual comes."""
    made = frames(CAPTURES["good-tls1_2"])
    upload = [DATA * 3] * 20
    said = [
        ("client" if each.source == made[0].source else "server", each.payload) for each in made
    ]
    hello = [each for each in said if each[1]][:4]
    long = conversation(*hello, *(("client", each) for each in upload))
    many = [replace(made[0], source=("192.0.2.9", port)) for port in range(1024, 4096)]
    streams = Streams(lambda *_: pytest.fail("heard"))
    for frames_of_one in (long, many):
        routine = Routine(streams, lambda _: None)
        file = CaptureFile(
            BytesIO(pcap(frames_of_one)),
            "it",
            Glance(streams.over, streams.settled, routine).passes,
        )
        given = [each for packet in file for each in routine.due(flow_of(packet))]
        assert given
        assert sum(1 for _ in routine.finish()) <= 2048


@pytest.mark.full
@pytest.mark.parametrize("name", CAPTURES)
def test_no_answer_changes(name: str) -> None:
    made = frames(CAPTURES[name])
    for change in TRANSFORMATIONS.values():
        for each in (made, with_data(made), with_data(with_data(made))):
            agree(change(each))


@pytest.mark.full
@pytest.mark.parametrize("name", CAPTURES)
def test_nor_of_a_part(name: str) -> None:
    made = with_data(frames(CAPTURES[name])[:60])
    for place in range(len(made)):
        agree(pcap(made[:place]))
        agree(pcap(made[place:]))
        agree(pcap(made[:place] + made[place + 1 :]))
        agree(pcap([*made[: place + 1], *made[place:]]))


BYTES = st.one_of(st.integers(0, 255), st.sampled_from([1, 2, 11, 20, 21, 22, 23]))
DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), BYTES), min_size=1, max_size=6)


def damaged(name: str, damage: list[tuple[float, int]]) -> bytes:
    """A capture of which some bytes are others."""
    data = bytearray(pcap(with_data(frames(CAPTURES[name])[:60])))
    for place, value in damage:
        data[24 + int(place * (len(data) - 24))] = value
    return bytes(data)


@settings(max_examples=40)
@given(st.sampled_from(USUAL), DAMAGE)
def test_nor_of_what_is_damaged(name: str, damage: list[tuple[float, int]]) -> None:
    agree(damaged(name, damage))


@pytest.mark.full
@settings(max_examples=20_000, deadline=None)
@given(st.sampled_from(sorted(CAPTURES)), DAMAGE)
def test_nor_of_whatever_is_damaged(name: str, damage: list[tuple[float, int]]) -> None:
    agree(damaged(name, damage))
