"""Retries, their pauses, and bodies that must not hurt."""

from __future__ import annotations

import gzip
import tracemalloc
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from edgeaudit.management.connections import LARGEST_BODY, server_url
from edgeaudit.management.source import Answer
from edgeaudit.management.transport import Transport
from tests.management.asking import Clock, client_of
from tests.management.misbehaving import (
    chunks_of,
    closing,
    cut_off,
    cut_off_in_a_chunk,
    cut_off_in_gzip,
    drop_by_drop,
    endless,
    endless_headers,
    endless_in_a_chunk,
    not_http,
    resetting,
)
from tests.management.server import deflated, in_turn, reply, serving, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.management.server import Request

GOOD = Answer(200, b"[1]")


def after(bad: Callable[[Request], Iterable[bytes]]) -> Callable[[Request], Iterable[bytes]]:
    """A script that is `bad` once, and good from then on."""
    scripts = iter([bad])
    return lambda request: next(scripts, in_turn(reply(200, GOOD.body)))(request)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_status_is_asked_for_again(status: int) -> None:
    with serving([reply(status), reply(status), reply(200, GOOD.body)]) as server:
        assert client_of(server).get("organizations") == GOOD
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 501, 505])
def test_a_lasting_status_is_not_asked_for_again(status: int) -> None:
    with serving([reply(status)]) as server:
        assert client_of(server).get("organizations").status == status
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "bad",
    [
        closing,
        resetting,
        cut_off,
        cut_off_in_a_chunk,
        cut_off_in_gzip,
        not_http,
        chunks_of(b"zz"),
        chunks_of(b"-5"),
    ],
)
def test_a_broken_answer_is_asked_for_again(bad: Callable[[Request], Iterable[bytes]]) -> None:
    with serving(after(bad)) as server:
        assert client_of(server).get("organizations") == GOOD
        assert len(server.requests) == 2


def test_pauses_grow_and_are_drawn_by_lot() -> None:
    clock, lots = Clock(), iter([1.0, 0.5, 0.25])
    with serving([reply(503)]) as server:
        client = client_of(server, clock, random=lambda: next(lots))
        assert client.get("organizations").reason == "server_error"
        assert len(server.requests) == 4
    assert clock.slept == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_attempts_are_counted_in_all(attempts: int) -> None:
    with serving([reply(503)]) as server:
        client_of(server, attempts=attempts).get("organizations")
        assert len(server.requests) == attempts


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("-9", 1.0),
        ("86400", 60.0),
        ("9" * 5000, 1.0),
        (formatdate(Clock().now + 20, usegmt=True), 20.0),
        (formatdate(Clock().now + 9000, usegmt=True), 60.0),
        (formatdate(Clock().now - 20, usegmt=True), 1.0),
        ("Fri, 31 Dec 9999 99:99:99 GMT", 1.0),
        ("soon", 1.0),
        ("nan", 1.0),
        ("\xb2", 1.0),
    ],
)
def test_a_server_may_ask_for_a_longer_pause(retry_after: str, pause: float) -> None:
    clock = Clock()
    with serving([reply(503, b"", f"Retry-After: {retry_after}"), reply()]) as server:
        assert client_of(server, clock).get("organizations").is_good
    assert clock.slept == [pause]


@pytest.mark.parametrize("window", [15, -15])
def test_deflate_is_undone_with_and_without_its_wrapper(window: int) -> None:
    with serving([deflated(GOOD.body, window)]) as server:
        assert client_of(server).get("organizations") == GOOD


def test_compression_is_offered_and_undone() -> None:
    with serving([zipped(GOOD.body)]) as server:
        assert client_of(server).get("organizations") == GOOD
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"\x1f\x8b never gzip", "gzip"),
        (gzip.compress(b"[1]", mtime=0) + gzip.compress(b"[2]", mtime=0), "gzip"),
        (gzip.compress(gzip.compress(b"[1]", mtime=0), mtime=0), "gzip, gzip"),
        (b"[1]", "br"),
    ],
)
def test_a_coding_that_cannot_be_undone_is_said(body: bytes, coding: str) -> None:
    with serving([reply(200, body, f"Content-Encoding: {coding}")]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.reason, answer.detail) == (
        "unparsable",
        f"the content coding of the answer cannot be undone: {coding}",
    )


@pytest.mark.parametrize(
    "script",
    [
        endless,
        endless_in_a_chunk,
        in_turn(reply(200, b"0" * (LARGEST_BODY + 1))),
        in_turn(zipped(b"0" * (LARGEST_BODY + 1))),
        in_turn(deflated(b"0" * (LARGEST_BODY + 1), -15)),
    ],
)
def test_a_body_is_limited_compressed_or_not(script: Callable[[Request], Iterable[bytes]]) -> None:
    with serving(script) as server:
        answer = client_of(server).get("organizations")
        assert (answer.reason, answer.body) == ("too_large", b"")
        assert answer.detail == f"the answer of {server.endpoint} exceeds 16 MiB"
        assert len(server.requests) == 1


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    bomb = zipped(b"0" * (5 * LARGEST_BODY))
    with serving([bomb]) as server:
        client = client_of(server)
        tracemalloc.start()
        assert client.get("organizations").reason == "too_large"
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 3 * LARGEST_BODY


def test_a_broken_handshake_is_tried_again() -> None:
    with serving(closing) as server:
        client_of(server.url.replace("http:", "https:")).get("organizations")
        assert server.connections == 4


def test_a_body_of_the_largest_size_is_read() -> None:
    with serving([zipped(b"0" * LARGEST_BODY)]) as server:
        assert len(client_of(server).get("organizations").body) == LARGEST_BODY


def test_headers_end_too() -> None:
    with serving(endless_headers) as server:
        assert client_of(server, attempts=1).get("organizations").reason == "unreachable"


@pytest.mark.parametrize("answer", [reply(200, b"0" * 10_000), b"HTTP/1.1 200 " + b"0" * 10_000])
def test_a_byte_at_a_time_is_not_waited_for_without_end(answer: bytes) -> None:
    with serving(drop_by_drop(answer)) as server:
        client = client_of(server, attempts=1, read_timeout=0.06)
        assert client.get("organizations") == Answer(
            None, b"", "timeout", f"{server.endpoint} did not answer in time"
        )


def test_an_answer_in_many_pieces_is_read_in_time() -> None:
    with serving(drop_by_drop(reply(200, b"[1]"))) as server:
        assert client_of(server).get("organizations") == GOOD


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get"])
def test_a_transport_sends_its_own_method_and_no_other(method: str) -> None:
    with serving([reply()]) as server:
        transport = Transport(server_url(server.url), "GET")
        with pytest.raises(ValueError, match="only GET is sent"):
            transport.request(method, server.url, {})
        assert transport.request("GET", server.url, {}).status == 200
        assert [request.method for request in server.requests] == ["GET"]
