"""How long a token lives, and who pays for another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.management.asking import Clock, client_of
from tests.management.login import LIFE, bearer, counting, granted, jwt, oauth
from tests.management.server import reply, serving

if TYPE_CHECKING:
    from tests.management.server import Request


@pytest.mark.parametrize(
    ("token", "expires_in", "life"),
    [
        (jwt(0), 60, LIFE - 30),  # what stands around a token can disagree
        (jwt(0, exp=300), None, 180),
        (jwt(0, exp=160), None, 54),
        ("opaque", 3600, 3570),
        ("opaque", "3600", 3570),
        ("aaa.~~~.sig", 3600, 3570),
        ("aaa.W10.sig", 3600, 3570),
        (jwt(0, exp="never"), 3600, 3570),
        (jwt(0, exp=50), 3600, 3570),
    ],
)
def test_a_token_lives_as_long_as_it_says(token: str, expires_in: Any, life: float) -> None:
    clock = Clock()
    with serving([granted(token, expires_in=expires_in)]) as server:
        auth = oauth(server, clock)
        auth.header()
        clock.now += life - 1
        auth.header()
        assert len(server.requests) == 1
        clock.now += 1
        auth.header()
        assert len(server.requests) == 2


@pytest.mark.parametrize("expires_in", [None, 0, -1, "soon", [], 10**400])
def test_a_token_that_does_not_say_lives_until_it_is_refused(expires_in: Any) -> None:
    clock = Clock()
    with serving([granted("opaque", expires_in=expires_in), granted("other")]) as server:
        auth = oauth(server, clock)
        auth.header()
        clock.now += 10**9
        assert auth.header() == "Bearer opaque"
        assert auth.renewed("Bearer opaque") == "Bearer other"


def test_one_thread_renews_and_the_others_wait() -> None:
    headers = []
    with serving(counting()) as server:
        auth = oauth(server)
        first = str(auth.header())
        renew = [
            threading.Thread(target=lambda: headers.append(auth.renewed(first))) for _ in range(16)
        ]
        for thread in renew:
            thread.start()
        for thread in renew:
            thread.join()
        assert headers == [bearer(1)] * 16
        assert len(server.requests) == 2


def test_a_client_renews_a_token_in_mid_crawl() -> None:
    def edge(request: Request) -> list[bytes]:
        return [reply(200 if request.headers["authorization"] == bearer(1) else 401)]

    with serving(counting()) as login, serving(edge) as server:
        client = client_of(server, auth=oauth(login))
        assert all(client.get(f"o/{number}").is_good for number in range(5))
        assert len(login.requests) == 2
        assert len(server.requests) == 6


def test_threads_whose_token_ends_share_the_next() -> None:
    together = threading.Barrier(8)

    def edge(request: Request) -> list[bytes]:
        if request.headers["authorization"] == bearer(0):
            together.wait(60)
            return [reply(401)]
        return [reply(200)]

    with serving(counting()) as login, serving(edge) as server, ThreadPoolExecutor(8) as threads:
        client = client_of(server, auth=oauth(login))
        assert all(answer.is_good for answer in threads.map(client.get, ["o/x"] * 8))
        assert len(login.requests) == 2


def test_a_401_of_the_role_costs_one_token_not_one_each() -> None:
    def edge(request: Request) -> list[bytes]:
        return [reply(401 if "secret" in request.target else 200)]

    with serving(counting()) as login, serving(edge) as server:
        client = client_of(server, auth=oauth(login))
        answers = [client.get(f"o/{kind}/{n}") for n in range(20) for kind in ("secret", "open")]
        assert [answer.reason for answer in answers] == ["unauthorized", None] * 20
        assert len(login.requests) == 2
        assert len(server.requests) == 41


def test_each_life_of_a_token_is_renewed_once() -> None:
    """The server ends tokens early, again and again; each end costs one token."""
    valid = [0]

    def edge(request: Request) -> list[bytes]:
        is_valid = request.headers["authorization"] == bearer(valid[0])
        return [reply(200 if is_valid else 401)]

    with serving(counting()) as login, serving(edge) as server:
        client = client_of(server, auth=oauth(login))
        for life in range(5):
            valid[0] = life
            assert all(client.get("o/x").is_good for _ in range(3))
        assert len(login.requests) == 5


def test_a_failed_login_is_every_answer_and_the_server_is_not_asked() -> None:
    with serving([reply(401)]) as login, serving([reply()]) as server:
        client = client_of(server, auth=oauth(login))
        answers = {client.get(f"o/{number}") for number in range(5)}
        assert len(answers) == len(login.requests) == 1
        assert server.requests == []
    assert login.endpoint in answers.pop().detail
