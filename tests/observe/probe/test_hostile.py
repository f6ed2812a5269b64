"""A server that means harm ends in its phase and time, with one sentence, and costs no memory."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from edgeaudit.observe.probe.connection import Timeouts
from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.messages import Type
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import Kind, as_message, as_records
from edgeaudit.x509.certificate import Unreadable
from tests.factories import rsa_key, self_signed
from tests.observe.probe.servers import (
    RSA_AES,
    flight,
    handshake,
    heard_hello,
    says,
    served,
    server_hello,
)

if TYPE_CHECKING:
    import socket

LEAF = self_signed("api.example.com", key=rsa_key())
QUICK = Timeouts(5, 5, 0.4, 0.4)


def probe(answer, *, sni: str | None = "api.example.com", **options):
    options.setdefault("timeouts", Timeouts(5, 5, 5, 5))
    with served(answer) as port:
        return Prober(**options).probe(Asked("127.0.0.1", port, sni))


def drip(made: socket.socket) -> None:
    for byte in flight(LEAF.der):
        made.sendall(bytes([byte]))
        time.sleep(0.01)


def endless(data: bytes):
    def answer(made: socket.socket) -> None:
        hello = heard_hello(made)
        made.sendall(server_hello_record(hello.versions[0]))
        while True:
            made.sendall(data)

    return answer


def server_hello_record(version: int) -> bytes:
    return handshake(server_hello(RSA_AES, min(version, Version.TLSV1_2)))


HELLO_REQUESTS = handshake(as_message(Type.HELLO_REQUEST, b"") * 4000)
EMPTY = as_records(Kind.HANDSHAKE, b"") * 4000
LARGE = handshake(as_message(Type.CERTIFICATE, bytes(2**24 - 1))[:300_000])


def stuck(made: socket.socket) -> None:
    made.recv(65_536)
    made.sendall(server_hello_record(Version.TLSV1_2))
    made.recv(9)


@pytest.mark.parametrize(
    ("answer", "does"),
    [
        (drip, "answer a ClientHello"),
        (lambda made: made.recv(65_536) and made.recv(9), "answer a ClientHello"),
        (stuck, "finish the handshake"),
    ],
    ids=["drip", "silence", "stuck"],
)
def test_a_slow_one_costs_no_more_than_its_time(answer, does: str) -> None:
    start = time.monotonic()
    found = probe(answer, timeouts=QUICK)
    assert (found.phase, found.connections) == ("handshake", 1)
    assert found.trouble == f"it does not {does} in time"
    assert time.monotonic() - start < 8
    assert found.with_name
    assert found.with_name.ending is Ending.TIMED_OUT


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (endless(HELLO_REQUESTS), ""),
        pytest.param(endless(EMPTY), "", marks=pytest.mark.full),
        (endless(LARGE), "excessive message size"),
        (endless(b"\0garbage" * 999), ""),
        (says(flight(b"\x30\x03no!")), ""),
    ],
    ids=["HelloRequests", "empty records", "16 MB", "garbage", "no certificate"],
)
def test_a_handshake_that_nobody_can_follow(answer, part: str) -> None:
    found = probe(answer)
    assert found.phase == "handshake", found
    assert "cannot be" in found.trouble
    assert part in found.trouble
    assert found.with_name
    assert not any(each.sender == "client" for each in found.with_name.alerts)


@pytest.mark.full
@pytest.mark.parametrize("data", [HELLO_REQUESTS, LARGE], ids=["HelloRequests", "16 MB"])
def test_endless_ones_cost_no_memory(data: bytes) -> None:
    with served(endless(data)) as port:
        tracemalloc.start()
        for number in range(3):
            Prober().probe(Asked("127.0.0.1", port, f"{number}.example"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 12_000_000


def test_a_certificate_that_does_not_parse_is_shown_as_such() -> None:
    found = probe(says(flight(b"\x30\x03no!", LEAF.der)))
    assert found.chain
    assert isinstance(found.chain[0], Unreadable)
    assert found.chain[1] == LEAF.certificate


def test_thousands_of_issuers_are_all_told() -> None:
    names = tuple(b"\x30\x0a" + number.to_bytes(10, "big") for number in range(4000))
    found = probe(says(flight(LEAF.der, names=names)))
    assert found.request
    assert found.request.authorities == names
