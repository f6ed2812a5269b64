"""The suites of a version are those that the server takes, whichever way it chooses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.observe.probe import hellos
from edgeaudit.observe.probe.offers import Offer, Unanswered, offer
from edgeaudit.observe.probe.question import Answer
from edgeaudit.tls.handshake import Alert, Ending
from edgeaudit.tls.hello import ClientHello, ServerHello, read_client_hello
from edgeaudit.tls.protocols import Version

GCM, CBC, OLD, CHACHA = 0xC02F, 0xC013, 0x002F, 0xCCA8
REFUSED = Answer(ending=Ending.ALERT, alert=Alert("server", 2, 40))
EVERY = hellos.offered(Version.TLSV1_2)


def server(mine: tuple[int, ...], *, has_order: bool, moves_chacha: bool = False):
    """A server of TLS 1.2 that takes these."""

    def ask(hello: ClientHello) -> Answer:
        theirs = [each for each in hello.suites if each in mine]
        if hello.versions != (Version.TLSV1_2,) or not theirs:
            return REFUSED
        ours = [each for each in mine if each in theirs]
        if moves_chacha and hellos.is_chacha(hello.suites[0]):
            ours.sort(key=lambda each: not hellos.is_chacha(each))
        picked = ours[0] if has_order else theirs[0]
        return Answer(ServerHello(Version.TLSV1_2, cipher=picked))

    return ask


@settings(max_examples=40)
@given(st.lists(st.sampled_from(EVERY), unique=True, max_size=9), st.booleans())
def test_all_are_found_in_the_order_of_whoever_has_one(mine: list[int], has_order: bool) -> None:
    found = offer(server(tuple(mine), has_order=has_order), Version.TLSV1_2, "a.example")
    assert found.suites == tuple(mine if has_order else sorted(mine, key=EVERY.index))
    assert found.has_order is (None if len(mine) < 2 else has_order)


def test_a_server_that_moves_chacha_for_those_who_want_it_first_still_has_an_order() -> None:
    mine = (GCM, CHACHA, CBC)
    found = offer(server(mine, has_order=True, moves_chacha=True), Version.TLSV1_2, None)
    assert found == Offer(mine, has_order=True)


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.CLOSED, Ending.NOT_TLS])
def test_a_server_that_chokes_on_a_long_list_is_asked_with_a_short_one(ending: Ending) -> None:
    inner = server((GCM, OLD), has_order=True)

    def ask(hello: ClientHello) -> Answer:
        return Answer(ending=ending) if len(hello.suites) > 100 else inner(hello)

    assert offer(ask, Version.TLSV1_2, None).suites == (GCM, OLD)


def test_another_version_than_the_one_asked_for_is_none() -> None:
    lower = Answer(ServerHello(Version.TLSV1, cipher=OLD))
    assert offer(lambda _: lower, Version.TLSV1_2, None) == Offer()


def test_a_server_that_picks_what_was_not_offered_is_not_asked_for_ever() -> None:
    stubborn = Answer(ServerHello(Version.TLSV1_2, cipher=OLD))
    assert offer(lambda _: stubborn, Version.TLSV1_2, None).suites == (OLD,)


def test_silence_is_no_answer() -> None:
    with pytest.raises(Unanswered):
        offer(lambda _: Answer(ending=Ending.TIMED_OUT), Version.TLSV1_2, None)


@pytest.mark.parametrize("version", hellos.VERSIONS, ids=lambda each: each.name)
def test_a_hello_offers_its_version_alone_and_is_read_as_built(version: Version) -> None:
    made = hellos.client_hello(version, hellos.offered(version), "api.example.com")
    read = read_client_hello(made.build())
    assert read == made
    assert read.versions == (version,)
    assert read.sni == (None if version == Version.SSLV3 else "api.example.com")
    assert len(set(read.suites)) == len(read.suites) >= len(hellos.common(version)) > 0
