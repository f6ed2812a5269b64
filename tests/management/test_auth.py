"""Credentials, tokens and their life, against a login host on loopback."""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from edgeaudit.errors import InputError
from edgeaudit.management.auth import Basic, OAuth, Token
from edgeaudit.management.source import Answer
from tests.management.asking import PASSWORD, Clock, client_of
from tests.management.server import Authority, HangUp, in_turn, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgeaudit.management.auth import Authentication
    from tests.management.server import Request, Server

USER = "me@example.com"
LIFE = 1800
SECRETS = (PASSWORD, "refresh-1", "pa+ss%3Aw%C3%B6rd%25")


def jwt(number: int, **claims: Any) -> str:
    """An access token that tells its life as Edge's do."""
    payload = json.dumps({"jti": number, "iat": 100, "exp": 100 + LIFE, **claims}).encode()
    return f"aaa.{urlsafe_b64encode(payload).decode().rstrip('=')}.sig-{number}"


def granted(token: str, **more: Any) -> bytes:
    return reply(200, json.dumps({"access_token": token, "token_type": "bearer", **more}).encode())


def counting(**claims: Any) -> list[bytes]:
    """A login host's answers: a new token each time."""
    return [granted(jwt(number, **claims)) for number in range(20)]


def bearer(number: int, **claims: Any) -> str:
    return f"Bearer {jwt(number, **claims)}"


def oauth(server: Server, clock: Clock | None = None, **options: Any) -> OAuth:
    clock = clock or Clock()
    options = options or {"username": USER, "password": PASSWORD}
    return OAuth(server.url, sleep=clock.sleep, clock=clock, **options)


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def refused(auth: OAuth) -> Answer:
    header = auth.header()
    assert isinstance(header, Answer)
    assert not any(secret in repr(header) for secret in SECRETS)
    return header


def test_basic_credentials_are_utf_8() -> None:
    scheme, _, credentials = Basic(USER, PASSWORD).header().partition(" ")
    assert scheme == "Basic"
    assert b64decode(credentials).decode() == f"{USER}:{PASSWORD}"


def test_a_password_that_is_not_utf_8_leaves_as_it_came() -> None:
    from_environment = b"caf\xe9".decode("utf-8", "surrogateescape")
    header = Basic("me", from_environment).header()
    assert b64decode(header.partition(" ")[2]) == b"me:caf\xe9"
    with serving([reply(401)]) as server:
        auth = oauth(server, username="me", password=from_environment)
        assert refused(auth).reason == "unauthorized"
        assert b"password=caf%E9" in server.requests[0].body


@pytest.mark.parametrize("auth", [Basic(USER, PASSWORD), Token("abc.def")])
def test_what_cannot_be_renewed_stays(auth: Authentication) -> None:
    assert auth.renewed(str(auth.header())) == auth.header()


def test_a_token_may_come_from_a_file_with_a_newline() -> None:
    assert Token(" abc.d-e_f~/+== \n").header() == "Bearer abc.d-e_f~/+=="


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX: injected", "naïve", '{"a":1}'])
def test_what_cannot_be_a_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InputError) as caught:
        Token(token)
    assert str(caught.value) == "the access token holds characters that no token has"


def test_a_password_is_exchanged_as_the_manual_says() -> None:
    with serving(counting()) as server:
        assert oauth(server).header() == bearer(0)
        (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/oauth/token")
    assert request.headers["authorization"] == "Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded;charset=utf-8"
    assert request.headers["accept"] == "application/json;charset=utf-8"
    assert form(request) == {"grant_type": "password", "username": USER, "password": PASSWORD}


def test_a_refresh_token_needs_no_user() -> None:
    with serving(counting()) as server:
        assert oauth(server, refresh_token="refresh-1").header() == bearer(0)
        assert form(server.requests[0]) == {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-1",
        }


@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_password_helps_where_the_refresh_token_is_refused(status: int) -> None:
    with serving([reply(status), *counting()]) as server:
        auth = oauth(server, username=USER, password=PASSWORD, refresh_token="refresh-1")
        assert auth.header() == bearer(0)
        grants = [form(request)["grant_type"] for request in server.requests]
    assert grants == ["refresh_token", "password"]


def test_a_token_is_renewed_by_the_refresh_token_that_came_with_it() -> None:
    clock = Clock()
    with serving([granted(jwt(0), refresh_token="refresh-1"), granted(jwt(1))]) as server:
        auth = oauth(server, clock)
        auth.header()
        clock.now += LIFE
        assert auth.header() == bearer(1)
        clock.now += LIFE
        auth.header()
        forms = [form(request) for request in server.requests]
    assert [one.get("refresh_token") for one in forms] == [None, "refresh-1", "refresh-1"]


@pytest.mark.parametrize("path", ["", "/", "/oauth/token", "/oauth/token/"])
def test_a_login_url_may_name_the_token_path(path: str) -> None:
    with serving(counting()) as server:
        OAuth(server.url + path, refresh_token="refresh-1").header()
        assert server.targets == ["/oauth/token"]


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


@pytest.mark.parametrize(
    ("answer", "reason", "said", "hint"),
    [
        (
            reply(401, b'{"error":"unauthorized","error_description":"Bad credentials"}'),
            "unauthorized",
            "HTTP 401: Bad credentials",
            "check the credentials, and whether this login host is the account's",
        ),
        (
            reply(400, b'{"error":"invalid_grant"}'),
            "unauthorized",
            "HTTP 400: invalid_grant",
            "check the credentials, and whether this login host is the account's",
        ),
        (
            reply(401, b'{"error":"unauthorized","error_description":"MFA token required"}'),
            "unauthorized",
            "HTTP 401: MFA token required",
            "the account has a second factor: use EDGEAUDIT_REFRESH_TOKEN or EDGEAUDIT_TOKEN",
        ),
        (
            reply(429, b"<html><title>Too Many Requests</title></html>"),
            "rate_limited",
            "HTTP 429: Too Many Requests",
            "wait an hour, or give a token in EDGEAUDIT_TOKEN: new tokens are limited",
        ),
        (reply(404), "unreachable", "HTTP 404: Whatever", "check the URL of the login host"),
        (
            reply(302, b"", "Location: https://evil.example/"),
            "redirected",
            "HTTP 302: Whatever",
            "check the URL of the login host",
        ),
        (
            reply(200, b"<html>Please log in</html>"),
            "unparsable",
            "the answer is an HTML page, not JSON",
            "check the URL of the login host",
        ),
        *(
            (
                reply(200, body),
                "unparsable",
                "there is no access token in the answer",
                "check the URL of the login host",
            )
            for body in (b"[]", b"{}", b'{"access_token":null}', b'{"access_token":"a\\nb"}')
        ),
    ],
)
def test_a_failed_login_is_the_answer_and_not_tried_again(
    answer: bytes, reason: str, said: str, hint: str
) -> None:
    with serving([answer]) as server:
        auth = oauth(server)
        detail = f"the login at {server.endpoint} failed: {said}"
        assert refused(auth) == Answer(None, b"", reason, detail, hint)  # type: ignore[arg-type]
        assert auth.renewed("Bearer old") == auth.header() == refused(auth)
        assert len(server.requests) == 1


def closing(_: Request) -> Iterator[bytes]:
    raise HangUp
    yield


@pytest.mark.parametrize(
    ("script", "reason"), [(in_turn(reply(503)), "server_error"), (closing, "unreachable")]
)
def test_a_login_host_in_trouble_is_asked_a_few_times(script: Any, reason: str) -> None:
    clock = Clock()
    with serving(script) as server:
        auth = oauth(server, clock, username=USER, password=PASSWORD, refresh_token="refresh-1")
        assert refused(auth).reason == refused(auth).reason == reason
        assert len(server.requests) == 3
        assert len(clock.slept) == 2


def test_what_the_login_host_echoes_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(request: Request) -> list[bytes]:
        said = f"{request.body.decode()} {form(request).get('password')}"
        return [reply(401, json.dumps({"error_description": said}).encode())]

    with serving(echo) as server:
        auth = oauth(server, username=USER, password=PASSWORD, refresh_token="refresh-1")
        detail = refused(auth).detail
    assert detail.endswith("password=*** ***")
    assert not any(
        secret in caplog.text + repr(auth) + str(vars(auth)["_failure"]) for secret in SECRETS
    )


def test_a_login_host_has_the_private_authority_too(tmp_path: Path) -> None:
    authority = Authority.made()
    with serving(counting(), authority.context(tmp_path)) as server:
        assert "is not trusted" in refused(oauth(server)).detail
        auth = oauth(server, refresh_token="refresh-1", ca_file=authority.file(tmp_path))
        assert auth.header() == bearer(0)


@pytest.mark.parametrize(
    "options", [{}, {"username": USER}, {"password": PASSWORD}, {"login_url": "ftp://x"}]
)
def test_a_login_needs_a_url_and_credentials(options: dict[str, str]) -> None:
    given = {"login_url": "https://login.example", **options}
    if "login_url" in options:
        given |= {"username": USER, "password": PASSWORD}
    with pytest.raises(InputError):
        OAuth(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "auth",
    [
        Basic(USER, PASSWORD),
        Token("tok-en.1"),
        OAuth("https://login.example", username=USER, password=PASSWORD, refresh_token="refresh-1"),
    ],
)
def test_no_secret_is_shown(auth: Authentication) -> None:
    shown = f"{auth!r} {auth}"
    assert not any(secret in shown for secret in (*SECRETS, "tok-en.1", USER))


def test_a_client_renews_a_token_in_mid_crawl() -> None:
    def edge(request: Request) -> list[bytes]:
        return [reply(200 if request.headers["authorization"] == bearer(1) else 401)]

    with serving(counting()) as login, serving(edge) as server:
        client = client_of(server, auth=oauth(login))
        assert all(client.get(f"o/{number}").is_good for number in range(5))
        assert len(login.requests) == 2
        assert len(server.requests) == 6


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
