"""Tokens between runs and among them: no login that is not needed, and few where many are."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from edgeaudit.management.source import Answer
from edgeaudit.management.token_cache import TokenCache
from tests.management.asking import PASSWORD, Clock, client_of
from tests.management.login import LIFE, USER, bearer, counting, granted, jwt, oauth
from tests.management.server import Request, reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgeaudit.management.oauth import OAuth
    from tests.management.server import Server

ACCOUNT: dict[str, Any] = {"username": USER, "password": PASSWORD}
ANOTHER_RUN = """
import sys
from pathlib import Path
from edgeaudit.management.oauth import Account, OAuth
from edgeaudit.management.token_cache import TokenCache
print("ready", flush=True)
sys.stdin.readline()
print(OAuth(sys.argv[1], Account("me", "p"), cache=TokenCache(Path(sys.argv[2]))).header())
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(tmp_path: Path, clock: Clock) -> Callable[..., OAuth]:
    """The login of one run; all of them share a cache."""

    def begin(server: Server, **options: Any) -> OAuth:
        cache = TokenCache(tmp_path / "tokens.json", sleep=clock.sleep, clock=clock)
        return oauth(server, clock, **{**(options or ACCOUNT), "cache": cache})

    return begin


def grants(server: Server) -> list[str]:
    """What was exchanged for a token, request by request."""
    forms = (parse_qs(request.body.decode()) for request in server.requests)
    return [form.get("refresh_token", form["grant_type"])[0] for form in forms]


def test_the_next_run_uses_the_token(run: Callable[..., OAuth]) -> None:
    with serving(counting()) as server:
        assert [run(server).header() for _ in range(3)] == [bearer(0)] * 3
        assert len(server.requests) == 1


def test_a_token_near_its_end_is_refreshed(run: Callable[..., OAuth], clock: Clock) -> None:
    answers = [granted(jwt(0), refresh_token="refresh-1"), granted(jwt(1))]
    with serving(answers) as server:
        run(server).header()
        clock.now += LIFE - 29
        assert run(server).header() == bearer(1)
        assert grants(server) == ["password", "refresh-1"]


def test_a_refresh_token_that_has_ended_gives_way_to_the_password(
    run: Callable[..., OAuth], clock: Clock
) -> None:
    answers = [granted(jwt(0), refresh_token="refresh-1"), reply(401), granted(jwt(1))]
    with serving(answers) as server:
        run(server).header()
        for _ in range(2):
            clock.now += LIFE
            run(server).header()
        assert grants(server) == ["password", "refresh-1", "password", "password"]


@pytest.mark.parametrize(
    "other",
    [
        {"username": "you@example.com", "password": PASSWORD},
        {"refresh_token": "refresh-9"},
        {"passcode": "p4ss"},
        {**ACCOUNT, "passcode": "p4ss"},
    ],
)
def test_a_token_is_for_one_account(run: Callable[..., OAuth], other: dict[str, str]) -> None:
    with serving(counting()) as server:
        assert [run(server).header(), run(server, **other).header()] == [bearer(0), bearer(1)]


def test_two_refresh_tokens_may_be_two_users(run: Callable[..., OAuth]) -> None:
    with serving(counting()) as server:
        names = ("refresh-8", "refresh-9", "refresh-8")
        headers = [run(server, refresh_token=name).header() for name in names]
    assert headers == [bearer(0), bearer(1), bearer(0)]


def test_a_token_is_for_one_login_host(run: Callable[..., OAuth]) -> None:
    with serving(counting()) as server, serving(counting()) as zone:
        run(server).header()
        run(zone).header()
        assert len(zone.requests) == 1


def test_a_passcode_that_stands_in_the_environment_still_is_not_sent_again(
    run: Callable[..., OAuth], clock: Clock
) -> None:
    answers = [granted(jwt(0), refresh_token="refresh-1"), granted(jwt(1))]
    with serving(answers) as server:
        for _ in range(2):
            run(server, passcode="p4ss").header()
            clock.now += LIFE
        assert grants(server) == ["password", "refresh-1"]


def test_an_earlier_run_may_be_all_that_a_login_needs(run: Callable[..., OAuth]) -> None:
    with serving(counting()) as server:
        assert not run(server, username=USER).has_tokens
        run(server).header()
        assert run(server, username=USER).has_tokens
        assert run(server, username=USER).header() == bearer(0)


def test_a_kept_token_that_is_refused_is_dropped_and_renewed_once(
    run: Callable[..., OAuth],
) -> None:
    def edge(request: Request) -> list[bytes]:
        return [reply(200 if request.headers["authorization"] == bearer(1) else 401)]

    with serving(counting()) as login, serving(edge) as server:
        run(login).header()
        client = client_of(server, auth=run(login))
        assert all(client.get(f"o/{number}").is_good for number in range(5))
        assert len(login.requests) == 2
        assert run(login).header() == bearer(1)


def test_a_kept_token_that_is_refused_and_cannot_be_renewed(run: Callable[..., OAuth]) -> None:
    with serving(counting()) as login, serving([reply(401)]) as server:
        run(login).header()
        client = client_of(server, auth=run(login, username=USER))
        answers = {client.get(f"o/{number}") for number in range(5)}
        assert len(login.requests) == 1
        assert not run(login, username=USER).has_tokens
    (answer,) = answers
    assert answer.reason == "unauthorized"
    assert answer.detail.startswith(f"the token of {login.endpoint} is over")


def test_a_refusal_of_the_role_does_not_end_a_crawl_that_cannot_log_in_again(
    run: Callable[..., OAuth],
) -> None:
    def edge(request: Request) -> list[bytes]:
        return [reply(401 if "secret" in request.target else 200)]

    with serving([granted(jwt(0)), reply(429)]) as login, serving(edge) as server:
        client = client_of(server, auth=run(login))
        answers = [client.get(f"o/{kind}/{n}") for n in range(5) for kind in ("secret", "open")]
        assert [answer.status for answer in answers] == [401, 200] * 5
        assert len(login.requests) == 2


def test_a_crawl_outlives_its_tokens(run: Callable[..., OAuth], clock: Clock) -> None:
    """Each GET takes a quarter of a token's life; each life costs one refresh."""

    def login(request: Request) -> list[bytes]:
        number = len(host.requests) - 1
        claims = {"iat": clock.now, "exp": clock.now + 20}
        return [granted(jwt(number, **claims), refresh_token=f"refresh-{number}")]

    def edge(request: Request) -> list[bytes]:
        clock.now += 5
        return [reply()]

    with serving(login) as host, serving(edge) as server:
        client = client_of(server, clock, auth=run(host))
        assert all(client.get(f"o/{number}").is_good for number in range(64))
        assert len(server.requests) == 64
        assert grants(host) == ["password", *(f"refresh-{number}" for number in range(15))]


def test_another_run_s_token_is_taken_over_in_mid_crawl(
    run: Callable[..., OAuth], clock: Clock
) -> None:
    with serving(counting()) as server:
        first, second = run(server), run(server)
        assert first.header() == second.header() == bearer(0)
        clock.now += LIFE
        assert first.header() == second.header() == bearer(1)
        assert first.renewed(bearer(1)) == second.renewed(bearer(1)) == bearer(2)
        assert len(server.requests) == 3


def test_five_tokens_an_hour_are_enough(run: Callable[..., OAuth], clock: Clock) -> None:
    with serving(counting()) as server:
        for number in range(4):
            auth = run(server)
            assert auth.renewed(str(auth.header())) == bearer(number + 1)
            clock.now += 60
        later = run(server)
        refused = later.renewed(str(later.header()))
        assert len(server.requests) == 5
        assert isinstance(refused, Answer)
        assert refused.reason == "rate_limited"
        assert refused.detail == (
            f"no login: {server.endpoint} was asked for tokens 5 times within an hour"
        )
        assert refused.hint == "wait 57 min, or give a token in EDGEAUDIT_TOKEN"
        clock.now += 57 * 60
        assert run(server).header() == bearer(5)


def test_failed_logins_count(run: Callable[..., OAuth]) -> None:
    with serving([reply(401)]) as server:
        answers = [run(server).header() for _ in range(8)]
        assert len(server.requests) == 5
    reasons = [answer.reason for answer in answers if isinstance(answer, Answer)]
    assert reasons == ["unauthorized"] * 5 + ["rate_limited"] * 3


@pytest.mark.parametrize("asked", ["1200", "Fri, 15 Jan 2027 08:20:00 GMT"])
def test_a_login_host_that_wants_a_rest_gets_it(
    run: Callable[..., OAuth], clock: Clock, asked: str
) -> None:
    busy = reply(429, b"", f"Retry-After: {asked}")
    with serving([busy, *counting()]) as server:
        first, second = run(server).header(), run(server).header()
        assert len(server.requests) == 1
        clock.now += 1201
        assert run(server).header() == bearer(0)
    assert isinstance(first, Answer)
    assert first.detail.endswith("HTTP 429: Whatever; it asks to wait 1200 s")
    assert isinstance(second, Answer)
    assert second.detail == f"no login: {server.endpoint} asked to be left alone"
    assert second.hint.startswith("wait 21 min")


def test_nobody_is_locked_out_for_ever(run: Callable[..., OAuth], clock: Clock) -> None:
    with serving([reply(429, b"", "Retry-After: 999999999"), *counting()]) as server:
        run(server).header()
        clock.now += 3601
        assert run(server).header() == bearer(0)


def test_a_rest_that_was_asked_for_when_the_clock_was_wrong(
    run: Callable[..., OAuth], clock: Clock
) -> None:
    with serving([reply(429, b"", "Retry-After: 60"), *counting()]) as server:
        clock.now += 10**6
        run(server).header()
        clock.now -= 10**6
        assert run(server).header() == bearer(0)


def test_a_thread_that_comes_late_gets_the_token_that_lives(run: Callable[..., OAuth]) -> None:
    with serving([granted(jwt(0)), granted(jwt(1)), reply(429)]) as server:
        auth = run(server)
        first = str(auth.header())
        second = str(auth.renewed(first))
        assert auth.renewed(second) == second  # there is no third
        assert auth.renewed(first) == second == auth.header()


def test_the_clock_may_have_been_wrong(
    run: Callable[..., OAuth], clock: Clock, tmp_path: Path
) -> None:
    """What a run far in the future has written does not keep today's from asking."""
    with serving(counting()) as server:
        clock.now += 10**9
        for _ in range(5):
            auth = run(server)
            auth.renewed(str(auth.header()))
        clock.now -= 10**9
        auth = run(server)
        assert isinstance(auth.renewed(str(auth.header())), str)


def test_threads_of_several_runs_ask_once(tmp_path: Path) -> None:
    together, headers = threading.Barrier(8), []

    def begin(server: Server) -> None:
        auth = oauth(server, cache=TokenCache(tmp_path / "tokens.json", clock=Clock()), **ACCOUNT)
        together.wait(60)
        headers.append(auth.header())

    with serving(counting()) as server:
        threads = [threading.Thread(target=begin, args=(server,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert headers == [bearer(0)] * 8
        assert len(server.requests) == 1


def test_processes_ask_once(tmp_path: Path) -> None:
    with serving(counting()) as server:
        program = [sys.executable, "-c", ANOTHER_RUN, server.url, str(tmp_path / "tokens.json")]
        pipe = subprocess.PIPE
        runs = [subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
        for each in runs:
            assert each.stdout
            each.stdout.readline()
        said = [each.communicate("\n")[0].strip() for each in runs]
        assert said == [bearer(0)] * 4
        assert len(server.requests) == 1


def test_the_file_holds_tokens_and_nothing_that_was_given(
    run: Callable[..., OAuth], tmp_path: Path
) -> None:
    secrets = {"mfa_code": "123456", "mfa_secret": "GEZDGNBVGY3TQOJQ", "refresh_token": "mine"}
    with serving([granted(jwt(0), refresh_token="refresh-1")]) as server:
        run(server, **ACCOUNT, **secrets).header()
        run(server, passcode="p4ss").header()
    content = (tmp_path / "tokens.json").read_text()
    assert not any(secret in content for secret in (PASSWORD, "p4ss", *secrets.values()))
    entries = json.loads(content)["logins"]
    assert [entry["access_token"] for entry in entries.values()] == [jwt(0)] * 2
    assert next(iter(entries)) == f"{server.url} {USER}"
