"""Of handshakes that go as usual the same is told as if they were read in full."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.failures import Tally
from edgeaudit.observe.capture import Capture
from edgeaudit.reports.capture import handshake_data
from edgeaudit.tls.records import Kind, as_message, as_records
from tests.observe.test_capture import CAPTURES, TRANSFORMATIONS, TRUST
from tests.observe.test_routine import DAMAGE, USUAL, damaged, together, with_data
from tests.observe.wrapping import conversation, frames, pcap

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Handshake


def tallied(data: bytes) -> tuple[Tally, int]:
    """All handshakes; and how many were not read in full."""
    tally = Tally(TRUST, keeps_all=True)
    at_once: list[Handshake] = []

    def take(handshake: Handshake) -> None:
        at_once.append(handshake)
        tally.add(handshake)

    for each in Capture(BytesIO(data), "it", usual=take).handshakes():
        tally.add(each)
    tally.finish()
    return tally, len(at_once)


def agree(data: bytes) -> int:
    """How many were not read in full; what is told of all is as if they had been."""
    whole = Tally(TRUST, keeps_all=True)
    for each in Capture(BytesIO(data), "it").handshakes():
        whole.add(each)
    whole.finish()
    tally, count = tallied(data)
    assert [handshake_data(*each) for each in tally.handshakes] == [
        handshake_data(*each) for each in whole.handshakes
    ]
    assert tally.groups == whole.groups
    assert (tally.healthy, tally.certificates) == (whole.healthy, whole.certificates)
    return count


def test_the_same_is_told() -> None:
    assert agree(pcap(together([*USUAL, *sorted(CAPTURES)[::9]]))) >= len(USUAL)


def test_what_the_playbook_asks_for_is_kept() -> None:
    tally, count = tallied(pcap(together(USUAL)))
    assert count == len(USUAL)
    found = {(each.version, each.group) for each, _ in tally.handshakes}
    assert len(found) > 1
    assert any(each.request and each.client_chain for each, _ in tally.handshakes)


def test_where_a_server_speaks_tls_plain_http_is_told() -> None:
    tls = with_data(frames(CAPTURES["good-tls1_2"]))
    asked = ("client", b"GET / HTTP/1.1\r\n\r\n"), ("server", b"FIN")
    plain = conversation(*asked, client=("192.0.2.7", 41000), server=tls[0].target)
    tally, count = tallied(pcap(tls + plain))
    assert (count, tally.failures) == (1, 1)
    assert agree(pcap(plain + tls)) == 1


@pytest.mark.parametrize("size", [0, 2, 34, 35, 40])
def test_a_hello_that_is_cut_off(size: int) -> None:
    made = with_data(frames(CAPTURES["good-tls1_2"]))
    client = made[0].source
    said = [("client" if each.source == client else "server", each.payload) for each in made]
    hello = as_records(Kind.HANDSHAKE, as_message(1, b"\3" * size))
    _, *rest = [each for each in said if each[1]]
    assert agree(pcap(conversation(("client", hello), *rest))) == 1


@settings(max_examples=30)
@given(st.sampled_from(USUAL), DAMAGE)
def test_nor_of_what_is_damaged(name: str, damage: list[tuple[float, int]]) -> None:
    agree(damaged(name, damage))


@pytest.mark.full
@pytest.mark.parametrize("name", CAPTURES)
def test_all_of_them(name: str) -> None:
    made = frames(CAPTURES[name])
    for change in TRANSFORMATIONS.values():
        for each in (made, with_data(made), with_data(with_data(made))):
            agree(change(each))


@pytest.mark.full
@settings(max_examples=5_000, deadline=None)
@given(st.sampled_from(sorted(CAPTURES)), DAMAGE)
def test_whatever_is_damaged(name: str, damage: list[tuple[float, int]]) -> None:
    agree(damaged(name, damage))
