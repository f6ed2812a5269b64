"""How fast one server is asked, by all threads of a client together."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from edgeaudit.management.pace import Pace
from edgeaudit.management.stop import Stop
from tests.management.asking import Clock, client_of
from tests.management.server import reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.management.server import Request


def _paced(per_minute: int | None, clock: Clock) -> Pace:
    return Pace(per_minute, clock, clock.sleep)


def _begins(pace: Pace, clock: Clock, count: int) -> list[float]:
    start, begins = clock.now, []
    for _ in range(count):
        pace.wait()
        begins.append(round(clock.now - start, 6))
    return begins


@pytest.mark.parametrize(
    ("per_minute", "begins"),
    [(None, [0, 0, 0, 0]), (60, [0, 1, 2, 3]), (120, [0, 0.5, 1, 1.5]), (1, [0, 60, 120, 180])],
)
def test_requests_are_spread_evenly(per_minute: int | None, begins: list[float]) -> None:
    clock = Clock()
    assert _begins(_paced(per_minute, clock), clock, 4) == begins


def test_what_nobody_used_is_not_saved_up() -> None:
    clock = Clock()
    pace = _paced(60, clock)
    pace.wait()
    clock.sleep(30)
    assert _begins(pace, clock, 3) == [0, 1, 2]


def test_nothing_begins_while_the_server_rests() -> None:
    clock = Clock()
    pace = _paced(None, clock)
    pace.rest(7)
    pace.rest(3)
    pace.rest(-9)
    assert _begins(pace, clock, 2) == [7, 7]


def test_who_waits_for_a_turn_waits_for_the_rest_too() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:
            pace.rest(10)

    pace = Pace(60, clock, sleep)
    assert _begins(pace, clock, 3) == [0, 11, 12]


def test_retries_count_too() -> None:
    clock = Clock()
    with serving([reply(503), reply(), reply()]) as server:
        client = client_of(server, clock, requests_per_minute=6)
        start = clock.now
        assert client.get("o/1").is_good
        assert clock.now - start == 10
        assert client.get("o/2").is_good
        assert clock.now - start == 20


def test_threads_share_the_pace() -> None:
    begins = []

    def script(_: Request) -> list[bytes]:
        begins.append(time.monotonic())
        return [reply()]

    with serving(script) as server, ThreadPoolExecutor(8) as threads:
        client = client_of(server, requests_per_minute=6000, stop=Stop(), sleep=time.sleep)
        assert all(answer.is_good for answer in threads.map(client.get, ["o"] * 30))
    assert begins[-1] - begins[0] > 0.28  # 29 intervals of 10 ms


def test_a_429_holds_all_threads() -> None:
    """The first of eight requests is refused with a rest of a second; no other begins in it."""
    refused = threading.Event()
    begins: list[float] = []

    def script(_: Request) -> Iterator[bytes]:
        begins.append(time.monotonic())
        if len(begins) == 1:
            yield reply(429, b"", "Retry-After: 1")
        else:
            yield reply()

    def sleep(seconds: float) -> None:
        refused.set()
        time.sleep(seconds)

    with serving(script) as server, ThreadPoolExecutor(8) as threads:
        client = client_of(server, stop=Stop(), sleep=sleep)
        first = threads.submit(client.get, "o/0")
        assert refused.wait(60)
        assert all(answer.is_good for answer in threads.map(client.get, ["o/1"] * 7))
        assert first.result().is_good
    assert len(begins) == 9
    assert min(begins[1:]) - begins[0] > 0.9


@pytest.mark.parametrize("status", [429, 503])
def test_a_rest_is_capped(status: int) -> None:
    clock = Clock()
    with serving([reply(status, b"", "Retry-After: 86400"), reply()]) as server:
        assert client_of(server, clock).get("o").is_good
    assert sum(clock.slept) == 60
