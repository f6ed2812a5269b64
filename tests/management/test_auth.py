"""Credentials, tokens and their life, against a login host on loopback."""

from __future__ import annotations

import json
import logging
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from edgeaudit.errors import InputError
from edgeaudit.management.auth import Basic, Token
from edgeaudit.management.oauth import Account, OAuth
from edgeaudit.management.source import Answer
from tests.management.asking import PASSWORD, Clock
from tests.management.login import LIFE, USER, bearer, counting, granted, jwt, oauth
from tests.management.misbehaving import closing
from tests.management.server import Authority, in_turn, reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.management.auth import Authentication
    from tests.management.server import Request

SECRETS = (PASSWORD, "refresh-1", "pa+ss%3Aw%C3%B6rd%25")


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
        OAuth(server.url + path, Account(refresh_token="refresh-1")).header()
        assert server.targets == ["/oauth/token"]


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
            "the account has a second factor: set EDGEAUDIT_MFA or EDGEAUDIT_MFA_SECRET",
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
    ("url", "account"),
    [
        ("https://login.example", Account()),
        ("https://login.example", Account(password=PASSWORD)),
        ("https://login.example", Account(username=USER, mfa_secret="not base32!")),
        ("ftp://x", Account(USER, PASSWORD)),
    ],
)
def test_a_login_needs_a_url_and_an_account(url: str, account: Account) -> None:
    with pytest.raises(InputError) as caught:
        OAuth(url, account)
    assert "not base32!" not in str(caught.value)


@pytest.mark.parametrize(
    "auth",
    [
        Basic(USER, PASSWORD),
        Token("tok-en.1"),
        OAuth("https://login.example", Account(USER, PASSWORD, "refresh-1")),
    ],
)
def test_no_secret_is_shown(auth: Authentication) -> None:
    shown = f"{auth!r} {auth}"
    assert not any(secret in shown for secret in (*SECRETS, "tok-en.1", USER))
