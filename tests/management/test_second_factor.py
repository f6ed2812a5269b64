"""Logging in where a password is not enough: codes, prompts, passcodes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from edgeaudit.management import totp
from edgeaudit.management.source import Answer
from tests.management.asking import PASSWORD, Clock
from tests.management.login import LIFE, USER, bearer, counting, granted, jwt, oauth
from tests.management.server import Request, reply, serving
from tests.management.test_totp import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

DEMAND = reply(401, b'{"error":"unauthorized","error_description":"MFA token required"}')
ACCOUNT: dict[str, Any] = {"username": USER, "password": PASSWORD}


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def codes(request: Request) -> tuple[str | None, str | None]:
    """The code in the query, and the one in the form."""
    query = parse_qs(urlsplit(request.target).query)
    return query.get("mfa_token", [None])[0], form(request).get("mfa_token")


def demanding(request: Request) -> list[bytes]:
    """A login host for an account with a second factor, that any code satisfies."""
    return [granted(jwt(0)) if all(codes(request)) else DEMAND]


def asked(answers: dict[str, str]) -> Callable[[str], str]:
    """Somebody who answers each prompt once."""
    return lambda prompt: answers.pop(prompt)


def test_a_code_is_sent_in_both_ways() -> None:
    with serving(demanding) as server:
        assert oauth(server, **ACCOUNT, mfa_code="123456").header() == bearer(0)
        (request,) = server.requests
    assert codes(request) == ("123456", "123456")
    assert urlsplit(request.target).path == "/oauth/token"
    assert form(request) == {"grant_type": "password", **ACCOUNT, "mfa_token": "123456"}


@pytest.mark.parametrize("answer", [granted(jwt(0)), reply(401), reply(503), reply(200)])
def test_the_query_is_in_no_log(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving([answer]) as server:
        header = oauth(server, **ACCOUNT, mfa_code="123456").header()
        assert "123456" in server.targets[0]
    assert "123456" not in caplog.text + repr(header)
    assert "Starting new HTTP connection" in caplog.text  # so the log was heard


def test_what_the_log_shows_instead(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(demanding) as server:
        oauth(server, **ACCOUNT, mfa_code="123456").header()
    assert '"POST /oauth/token?mfa_token=*** HTTP/1.1" 200' in caplog.text


def test_codes_are_made_from_the_secret() -> None:
    clock = Clock()
    with serving(demanding) as server:
        assert oauth(server, clock, **ACCOUNT, mfa_secret=SECRET).header() == bearer(0)
        code = totp.code(totp.key(SECRET), clock.now)
        assert codes(server.requests[0]) == (code, code)


def test_no_code_goes_to_two_logins() -> None:
    clock = Clock()
    clock.now += 7
    with serving(counting()) as server:
        auth = oauth(server, clock, **ACCOUNT, mfa_secret=SECRET)
        auth.renewed(str(auth.header()))
        first, second = (codes(request)[0] for request in server.requests)
    assert clock.slept == [pytest.approx(23)]
    assert (first, second) == tuple(
        totp.code(totp.key(SECRET), at) for at in (clock.now - 23, clock.now)
    )


def test_a_code_that_was_given_is_used_once() -> None:
    clock = Clock()
    with serving(counting()) as server:
        auth = oauth(server, clock, **ACCOUNT, mfa_code="123456")
        auth.header()
        clock.now += LIFE
        auth.header()
        assert [codes(request)[0] for request in server.requests] == ["123456", None]


def test_somebody_is_asked_when_the_account_demands_a_code() -> None:
    answers = {f"Second factor of {USER}: code": " 123456\n"}
    with serving(demanding) as server:
        assert oauth(server, **ACCOUNT, ask=asked(answers)).header() == bearer(0)
        assert [codes(request)[0] for request in server.requests] == [None, "123456"]


def test_nobody_is_asked_for_a_code_that_is_not_demanded() -> None:
    with serving([reply(401, b'{"error_description":"Bad credentials"}')]) as server:
        header = oauth(server, **ACCOUNT, ask=asked({})).header()
    assert isinstance(header, Answer)


def test_a_password_is_asked_for_and_kept_for_the_run() -> None:
    clock, answers = Clock(), {f"Password of {USER}": PASSWORD}
    with serving(counting()) as server:
        auth = oauth(server, clock, username=USER, ask=asked(answers))
        auth.header()
        clock.now += LIFE
        assert auth.header() == bearer(1)
        assert [form(request)["password"] for request in server.requests] == [PASSWORD] * 2
        assert PASSWORD in auth.secrets


def test_nobody_is_interrupted_once_the_reading_has_begun() -> None:
    clock, answers = Clock(), {f"Second factor of {USER}: code": "123456"}
    with serving(demanding) as server:
        auth = oauth(server, clock, **ACCOUNT, ask=asked(answers))
        auth.header()
        clock.now += LIFE
        header = auth.header()
    assert isinstance(header, Answer)
    assert header.hint.endswith("set EDGEAUDIT_MFA or EDGEAUDIT_MFA_SECRET")


def test_a_wrong_code_is_said() -> None:
    with serving([reply(401, b'{"error":"invalid MFA token 123456"}')]) as server:
        header = oauth(server, **ACCOUNT, mfa_code="123456").header()
    assert isinstance(header, Answer)
    assert header.detail.endswith("HTTP 401: invalid MFA token ***")
    assert header.hint == (
        "check the code or the secret of the second factor, and this machine's clock"
    )


def test_a_passcode_needs_no_user() -> None:
    with serving(counting()) as server:
        assert oauth(server, passcode="p4ss").header() == bearer(0)
        assert form(server.requests[0]) == {
            "grant_type": "password",
            "response_type": "token",
            "passcode": "p4ss",
        }


def test_a_passcode_is_exchanged_once() -> None:
    clock = Clock()
    with serving(counting()) as server:
        auth = oauth(server, clock, username=USER, passcode="p4ss")
        auth.header()
        clock.now += LIFE
        header = auth.header()
        assert len(server.requests) == 1
    assert isinstance(header, Answer)
    assert header.reason == "unauthorized"
    assert "nothing is left to get another with" in header.detail


def test_a_token_from_a_passcode_is_refreshed() -> None:
    clock = Clock()
    with serving([granted(jwt(0), refresh_token="refresh-1"), granted(jwt(1))]) as server:
        auth = oauth(server, clock, passcode="p4ss")
        auth.header()
        clock.now += LIFE
        assert auth.header() == bearer(1)
        assert form(server.requests[1])["refresh_token"] == "refresh-1"


def test_a_passcode_that_is_refused() -> None:
    with serving([reply(401, b'{"error":"Invalid passcode p4ss"}')]) as server:
        header = oauth(server, passcode="p4ss").header()
        hint = f"a passcode works once: get a new one at {server.url}/passcode"
    assert isinstance(header, Answer)
    assert header.detail.endswith("HTTP 401: Invalid passcode ***")
    assert header.hint == hint


@pytest.mark.parametrize(
    "account", [{**ACCOUNT, "mfa_secret": SECRET, "mfa_code": "123456"}, {"passcode": "p4ss"}]
)
def test_no_secret_is_shown(account: Any) -> None:
    with serving(counting()) as server:
        auth = oauth(server, **account)
        auth.header()
        shown = f"{auth!r} {auth} {auth._account} {auth._known}"
    assert not any(secret in shown for secret in (SECRET, "123456", "p4ss", PASSWORD, jwt(0)))
