"""Small captures out of large ones."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.observe import excerpt
from edgeaudit.observe.capture import Capture
from edgeaudit.observe.excerpt import Excerpt, Waiting
from edgeaudit.observe.packets import PacketReader
from edgeaudit.observe.pcap import CaptureFile, Packet
from edgeaudit.tls.handshake import Ending
from tests.observe.test_capture import _ALL, CAPTURES, EXPECTED, FOLDER, among_others, told
from tests.observe.test_packets import fragments, fragments6
from tests.observe.wrapping import RAW, SLL2, Frame, as_ipv6, frames, heard, pcap, pcapng

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def written(*files: bytes, keys: bytes = b"") -> bytes:
    """The packets of all handshakes that failed."""
    out = BytesIO()
    with closing(Excerpt()) as made:
        for data in files:
            capture = Capture(BytesIO(data), "it", keys, keeps_packets=True)
            made.begin(is_pcapng=capture.is_pcapng)
            for handshake in capture.handshakes():
                if diagnose(handshake).is_failure:
                    capture.copy(handshake, made)
        made.write(out)
    return out.getvalue()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_answer_is_the_same(name: str) -> None:
    assert told(written(CAPTURES[name])) == told(CAPTURES[name])


def test_other_connections_are_left_out() -> None:
    made = frames(CAPTURES["expired-java-tls1_2"])
    for data in (pcap(among_others(made)), pcap(among_others(as_ipv6(made)), SLL2)):
        small = written(data)
        assert len(small) < len(data) / 5
        assert len(heard(small)) == 1
        assert told(small)[0][-4] == "expired_certificate"


def test_a_flow_that_repeats_is_two() -> None:
    made = frames(CAPTURES["expired-java-tls1_2"])
    good = frames(CAPTURES["good-java-tls1_2"])
    first = made[0]
    there = good[0].source, good[0].target
    moved = [
        replace(
            each,
            source=first.source if each.source == there[0] else first.target,
            target=first.target if each.source == there[0] else first.source,
        )
        for each in good
    ]
    data = pcap([*moved, *made, *moved[:1]])
    small = written(data)
    assert [each.ending for each in heard(small)] == [Ending.ALERT]


def test_formats_and_secrets() -> None:
    data, keys = _ALL["keys-expired"], (FOLDER / "keys-expired.keys").read_bytes()
    inside = pcapng([("<", 1, frames(data))], secret=keys + b"CLIENT_RANDOM " + b"0" * 64 + b"\n")
    small = written(inside)
    assert small[:4] == b"\x0a\x0d\x0d\x0a"
    assert small.count(b"CLIENT_RANDOM") == 0
    assert told(small)[0][-4] == "expired_certificate"
    assert written(data, keys=keys)[:4] == b"\xd4\xc3\xb2\xa1"  # the key log stays at home
    mixed = written(CAPTURES["refused"], pcap(frames(CAPTURES["refused"]), SLL2))
    assert mixed[:4] == b"\x0a\x0d\x0d\x0a"
    assert len(told(mixed)) == 1  # the same flow twice
    assert told(written()) == []


def test_secrets_of_the_whole_connection_come_along() -> None:
    data, keys = _ALL["keys-renegotiated"], (FOLDER / "keys-renegotiated.keys").read_bytes()
    small = written(pcapng([("<", 1, frames(data))], secret=keys))
    assert [each[-4] for each in told(small)] == ["none", "expired_client_certificate"]


def test_what_waits_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(excerpt, "_MOST_WAITING", 5000)
    monkeypatch.setattr(excerpt, "_MOST_OF_ONE", 2000)
    waiting = Waiting()
    for number in range(100):
        key = bytes(8) + (number // 4).to_bytes(2, "big") + b"\1\1"
        waiting.add(key, Packet(number, 0, 1, bytes(800)))
    kept = [each.number for packets in waiting._kept.values() for each in packets]
    assert kept == [92, 93, 96, 97]
    waiting.drop(bytes(8) + (24).to_bytes(2, "big") + b"\1\1")
    assert waiting._size == 2000


@pytest.mark.parametrize("limit", ["_MOST_OF_ONE", "_MOST_WAITING"])
def test_packets_that_were_given_up_are_counted(limit: str, monkeypatch) -> None:
    made = Excerpt()
    with closing(made):
        for most in (1 << 20, 2000):
            monkeypatch.setattr(excerpt, limit, most)
            capture = Capture(BytesIO(CAPTURES["expired-java-tls1_2"]), "it", keeps_packets=True)
            made.begin(is_pcapng=False)
            for handshake in capture.handshakes():
                capture.copy(handshake, made)
            assert made.cut == (most == 2000)


@pytest.mark.parametrize("link", [1, 101, 0, 113, 276])
def test_that_nobody_answered_is_told_by_a_note(link: int) -> None:
    made = frames(CAPTURES["good-tls1_2"])
    hello = next(number for number, each in enumerate(made) if each.payload)
    later = replace(made[0], source=("192.0.2.99", 999), time=made[0].time + 5_000_000_000)
    small = written(pcap([*made[: hello + 1], later], link))
    assert b"the capture holds no answer" in small
    capture = Capture(BytesIO(small), "it")
    assert [each.ending for each in capture.handshakes()] == [Ending.TIMED_OUT]
    assert capture.packets == hello + 2
    assert not capture.left_out


def in_fragments(made: list[Frame], cut: Callable[[Frame, int], list[bytes]]) -> list[bytes]:
    """Raw packets, the long segments among them each in fragments of its own datagram."""
    found = []
    for number, each in enumerate(made):
        for part in cut(each, 400) if len(each.payload) > 400 else [each.ip()]:
            packet = bytearray(part)
            if packet[0] >> 4 == 4:
                packet[4:6] = number.to_bytes(2, "big")
            elif packet[6] == 0:
                packet[40 + 12 : 40 + 16] = number.to_bytes(4, "big")
            found.append(bytes(packet))
    return found


def in_a_file(packets: list[bytes]) -> bytes:
    """A pcap of raw IP."""
    head = pcap([], RAW)
    return head + b"".join(
        struct.pack("<4I", 1_795_000_000, 0, len(p), len(p)) + p for p in packets
    )


def packets_in(data: bytes) -> list[bytes]:
    return [each.data for each in CaptureFile(BytesIO(data), "it")]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("is_last_first", [False, True])
def test_all_fragments_of_a_failed_handshake_are_kept(version: int, is_last_first: bool) -> None:
    bad, good = frames(CAPTURES["expired-java-tls1_2"]), frames(CAPTURES["good-java-tls1_2"])
    cut = fragments
    if version == 6:
        bad, good, cut = as_ipv6(bad), as_ipv6(good), fragments6
    failed = in_fragments(bad, cut)
    assert len(failed) > len(bad)
    if is_last_first:
        places = [at for at, each in enumerate(failed) if each not in packets_in(pcap(bad, RAW))]
        failed[places[0] : places[-1] + 1] = reversed(failed[places[0] : places[-1] + 1])
    whole = in_a_file([*in_fragments(good, cut), *failed])
    small = written(whole)
    assert packets_in(small) == failed
    assert told(small)[0][-4] == "expired_certificate"


def test_a_fragment_waits_until_its_datagram_is_whole() -> None:
    waiting = Waiting()
    reader = PacketReader()
    part = fragments(frames(CAPTURES["good-java-tls1_2"])[3], 16)[0]
    assert reader.segment(RAW, part) is None
    assert reader.datagram
    waiting.add_fragment(reader.datagram, Packet(1, 0, RAW, part))
    assert waiting._size == len(part) + 200
    assert [each.number for each in waiting.fragments(reader.datagram)] == [1]
    assert waiting._size == 0


@settings(max_examples=30)
@given(st.sampled_from(["refused", "expired-java-tls1_2", "client-none-java-tls1_3"]), st.data())
def test_what_is_damaged_is_copied_as_it_is(name: str, data) -> None:
    damaged = bytearray(CAPTURES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(24, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    failed = [each for each in told(bytes(damaged)) if each[-4] != "none"]
    assert [each for each in told(written(bytes(damaged))) if each in failed] == failed


@pytest.mark.full
@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
@pytest.mark.parametrize("is_pcapng", [False, True])
def test_tshark_reads_it(is_pcapng: bool, tmp_path: Path) -> None:
    data = CAPTURES["expired-java-tls1_2"]
    (tmp_path / "it").write_bytes(
        written(pcapng([("<", 1, frames(data))]) if is_pcapng else pcap(frames(data), snaplen=700))
    )
    command = ["tshark", "-r", str(tmp_path / "it"), "-d", "tcp.port==1-65535,tls"]
    asked = [*command, "-T", "fields", "-e", "frame.len", "-e", "tls.alert_message.desc"]
    read = subprocess.run(asked, capture_output=True, text=True, check=True, env=os.environ)
    assert any(line.endswith(("\t46", "\t45")) for line in read.stdout.splitlines())
    assert len(read.stdout.splitlines()) == len(frames(data))
