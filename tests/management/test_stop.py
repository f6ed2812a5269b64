"""When a run must end: no request after it, no wait beyond it, no thread that is waited for."""

from __future__ import annotations

import threading
import time
from math import inf
from typing import TYPE_CHECKING

import pytest

from edgeaudit.inventory import Gap
from edgeaudit.management.collect import collect
from edgeaudit.management.source import JSON, Answer
from edgeaudit.management.stop import Stop, seconds
from edgeaudit.management.workers import Workers
from tests.management.asking import Clock, client_of
from tests.management.server import Request, reply, serving
from tests.management.test_collect import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSED = "the deadline of 10s had passed"
ORG = "organizations/acme"


def _stop(deadline: str = "10s", clock: Clock | None = None) -> Stop:
    stop = Stop(deadline, clock or Clock())
    stop.start()
    return stop


@pytest.mark.parametrize(("text", "length"), [("30s", 30), ("10m", 600), ("2h", 7200)])
def test_a_duration(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "10", "0s", "-1m", "1.5h", "1d", "10m ", "9" * 9 + "s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="30s, 10m, 2h"):
        seconds(text)


def test_time_runs_from_the_start() -> None:
    clock = Clock()
    stop = Stop("10s", clock)
    clock.sleep(99)
    stop.start()
    assert (stop.left, stop.is_over) == (10, False)
    clock.sleep(10)
    assert (stop.left, stop.is_over, stop.detail) == (0, True, PASSED)


def test_without_a_deadline_only_somebody_ends_it() -> None:
    stop = Stop()
    stop.start()
    assert stop.left == inf
    stop.now()
    assert (stop.is_over, stop.detail) == (True, "the run was stopped")


def test_who_sleeps_is_woken() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.now).start()
    start = time.monotonic()
    stop.sleep(60)
    assert time.monotonic() - start < 30


def test_no_request_begins_after_the_end() -> None:
    clock = Clock()
    with serving([reply()]) as server:
        client = client_of(server, clock, stop=_stop(clock=clock))
        assert client.get("o/1").is_good
        clock.sleep(10)
        assert client.get("o/2") == Answer(None, b"", "timeout", PASSED)
        assert len(server.requests) == 1


def test_a_retry_sleeps_no_longer_and_begins_nothing() -> None:
    clock = Clock()
    with serving([reply(503, b"", "Retry-After: 60")]) as server:
        client = client_of(server, clock, stop=_stop(clock=clock))
        assert client.get("o/1") == Answer(None, b"", "timeout", PASSED)
        assert (len(server.requests), clock.slept) == (1, [10])


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    clock = Clock()
    with serving([reply()]) as server:
        client = client_of(server, clock, stop=_stop(clock=clock), requests_per_minute=1)
        assert client.get("o/1").is_good
        assert client.get("o/2").detail == PASSED
        assert (len(server.requests), clock.slept) == (1, [10])


def test_a_running_request_is_cut_at_the_end() -> None:
    def script(_: Request) -> Iterator[bytes]:
        server.stopped.wait(30)
        yield reply()

    with serving(script) as server:
        start = time.monotonic()
        stop = Stop("1s")
        stop.start()
        client = client_of(server, stop=stop)
        assert client.get("o").detail == "the deadline of 1s had passed"
        assert time.monotonic() - start < 20


class Ending(Told):
    """A source during whose answer number `last` the run ends."""

    def __init__(self, answers: dict[str, object], stop: Stop, last: int) -> None:
        super().__init__(answers)
        self._stop, self._last = stop, last

    def get(self, path: str, accept: str = JSON) -> Answer:
        answer = super().get(path, accept)
        if len(self.asked) == self._last:
            self._stop.now()
        return answer


def _answers(envs: int = 2, stores: int = 50) -> dict[str, object]:
    names = [f"e{number}" for number in range(envs)]
    answers: dict[str, object] = {f"{ORG}/environments": names}
    for name in names:
        env = f"{ORG}/environments/{name}"
        answers[f"{env}/keystores"] = [f"k{number}" for number in range(stores)]
        answers |= {f"{env}/{kind}": [] for kind in ("references", "virtualhosts", "targetservers")}
        answers |= {
            f"{env}/keystores/k{number}": {"aliases": [{"aliasName": "a"}]}
            for number in range(stores)
        }
    return answers


@pytest.mark.parametrize("last", [1, 2, 5, 9, 20, 60, 108, 109, 130, 308])
def test_what_was_not_read_is_one_gap_a_section_and_never_absent(last: int) -> None:
    stop = Stop()
    source = Ending(_answers(), stop, last)
    found = collect(source, organizations=["acme"], concurrency=1, stop=stop, with_proxies=False)
    assert len(source.asked) == last
    cut_off = [gap for gap in found.gaps if gap.detail == "the run was stopped"]
    assert cut_off
    assert len(cut_off) <= 8
    assert all(gap.reason == "timeout" and gap.where.count("/") <= 2 for gap in cut_off)
    for env in found.environments:
        assert not env.keystores.lacks("k7")
        assert not any(store.lacks_alias("a") for store in env.keystores)


def test_nothing_answered_is_one_gap_of_the_endpoint() -> None:
    stop = Stop()
    stop.now()
    source = Told(_answers())
    found = collect(source, organizations=["acme"], stop=stop)
    assert found.gaps == (Gap("edge.example:8080", "timeout", "the run was stopped"),)
    assert source.asked == []


def _stuck(source: Told, is_stuck: Callable[[str], bool], stop: Stop) -> Callable[..., Answer]:
    """A `get` that waits for a very long time, and meanwhile the run is stopped."""
    get = source.get

    def stuck(path: str, accept: str = JSON) -> Answer:
        if is_stuck(path):
            stop.now()
            time.sleep(20)
        return get(path, accept)

    return stuck


@pytest.mark.parametrize("end", ["organizations", "keystores/k3", "deployments"])
def test_a_thread_that_is_stuck_is_not_waited_for(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop()
    source = Told({**_answers(), "organizations": ["acme"]})
    monkeypatch.setattr(source, "get", _stuck(source, lambda path: path.endswith(end), stop))
    start = time.monotonic()
    assert collect(source, stop=stop).gaps
    assert time.monotonic() - start < 10


def test_workers_keep_the_order_and_tell_how_far_they_are() -> None:
    workers, told = Workers(4, Stop()), list[int]()
    assert workers.each(lambda a, b: a * b, range(50), range(50), tell=told.append) == [
        number * number for number in range(50)
    ]
    assert told == list(range(1, 51))
    workers.close()


def test_what_fails_in_a_worker_fails_where_it_is_waited_for() -> None:
    workers = Workers(2, Stop())
    with pytest.raises(ZeroDivisionError):
        workers.each(lambda number: 1 // number, [1, 0, 1])
    workers.close()
