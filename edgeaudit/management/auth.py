"""Who asks: Basic credentials, or an OAuth2 token and the one POST that fetches it.

Secrets stay in memory: none of these objects shows them, and no answer does.
"""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote_plus, urlencode

from urllib3.exceptions import HTTPError

from edgeaudit.errors import BadAnswer, InputError
from edgeaudit.management.connections import basic, endpoint, server_url
from edgeaudit.management.failures import failure
from edgeaudit.management.refusals import refusal
from edgeaudit.management.source import Answer, parsed_json
from edgeaudit.management.transport import RETRIED, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgeaudit.inventory import Reason

EARLY = 30.0  # seconds before its end that a token is renewed

# The Edge manual publishes this client id and secret for all ("Using the Edge OAuth2 service")
_HEADERS = {
    "Accept": "application/json;charset=utf-8",
    "Authorization": basic("edgecli", "edgeclisecret"),
    "Connection": "close",
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
}
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, b64token
_HINTS: dict[Reason | None, str] = {
    "rate_limited": "wait an hour, or give a token in EDGEAUDIT_TOKEN: new tokens are limited",
    "server_error": "try again later",
    "unauthorized": "check the credentials, and whether this login host is the account's",
}
_WRONG_URL = "check the URL of the login host"
_MFA = "the account has a second factor: use EDGEAUDIT_REFRESH_TOKEN or EDGEAUDIT_TOKEN"


class Authentication(Protocol):
    """Gives the Authorization header of a request; safe to use from several threads."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show, besides the headers it gives."""

    def header(self) -> str | Answer:
        """The header; or the answer that every request gets because the login failed."""

    def renewed(self, header: str) -> str | Answer:
        """The header to try after a 401 on `header`: itself where there is no other."""


class Basic:
    """Basic authentication (RFC 7617); an Edge user name is the account's e-mail address."""

    def __init__(self, username: str, password: str) -> None:
        self.secrets = (password,)
        self._header = basic(username, password)

    def header(self) -> str:
        """The header."""
        return self._header

    def renewed(self, header: str) -> str:
        """The same header: there is no other."""
        return header


class Token:
    """A ready-made access token, used as long as it is accepted.

    Raises InputError, without showing it, for what cannot be one (RFC 6750).
    """

    secrets = ()

    def __init__(self, access_token: str) -> None:
        if not _TOKEN.fullmatch(access_token.strip()):
            raise InputError("the access token holds characters that no token has")
        self._header = f"Bearer {access_token.strip()}"

    def header(self) -> str:
        """The header."""
        return self._header

    def renewed(self, header: str) -> str:
        """The same header: there is no other."""
        return header


class OAuth:
    """Tokens from Edge's OAuth2 service, by password or refresh token.

    `login_url` is that of the login host, with or without `/oauth/token`; `ca_file` is as a
    Client has it. A token lives as long as its own claims say, and is renewed a little earlier;
    one thread does so while the others wait. After one failure no login is tried again: the login
    host refuses more than 30 new tokens an hour. Raises InputError for a URL or a file that
    cannot be used. Source: "Using the Edge OAuth2 service to get tokens".
    """

    def __init__(
        self,
        login_url: str,
        *,
        username: str = "",
        password: str = "",
        refresh_token: str = "",
        ca_file: Path | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not refresh_token and not (username and password):
            raise InputError("a login needs a user and a password, or a refresh token")
        url = server_url(login_url.rstrip("/").removesuffix("/oauth/token"))
        self._url = url._replace(path=f"{url.path or ''}/oauth/token")
        self._transport = Transport(
            self._url,
            "POST",
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            attempts=3,
            retried=RETRIED - {429},
            concurrency=1,
            sleep=sleep,
            clock=clock,
        )
        self._username, self._password = username, password
        self._refresh_token = refresh_token
        self._clock = clock
        self._lock = Lock()
        self._header = ""
        self._renew_at = float("-inf")
        self._failure: Answer | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password and the refresh token, plain and as a form has them."""
        plain = (self._password, self._refresh_token)
        return (*plain, *(quote_plus(secret, errors="surrogateescape") for secret in plain))

    def header(self) -> str | Answer:
        """The header with a token that lives; or why there is none."""
        with self._lock:
            if self._failure is None and self._clock() >= self._renew_at:
                self._log_in()
            return self._failure or self._header

    def renewed(self, header: str) -> str | Answer:
        """The header with another token than that of `header`; or why there is none."""
        with self._lock:
            if self._failure is None and header == self._header:
                self._log_in()
            return self._failure or self._header

    def _log_in(self) -> None:
        for form in self._forms():
            self._failure = self._posted(form)
            if self._failure is None or self._failure.reason != "unauthorized":
                return

    def _forms(self) -> Iterator[dict[str, str]]:
        if self._refresh_token:
            yield {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        if self._password:
            yield {
                "grant_type": "password",
                "username": self._username,
                "password": self._password,
            }

    def _posted(self, form: dict[str, str]) -> Answer | None:
        """Asks for a token; the failure, if it is one."""
        body = urlencode(form, errors="surrogateescape").encode("ascii")
        try:
            response = self._transport.request("POST", self._url.url, _HEADERS, body)
        except HTTPError as error:
            return self._failed(failure(error, self._url))
        if response.status != 200:
            return self._failed(refusal(response, self.secrets))
        try:
            self._take(parsed_json(response.body))
        except BadAnswer as error:
            return self._failed(Answer(None, b"", "unparsable", error.message))
        return None

    def _take(self, answer: Any) -> None:
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise BadAnswer("there is no access token in the answer")
        life = _life(token, answer)
        self._renew_at = self._clock() + life - min(EARLY, life / 10)
        self._header = f"Bearer {token}"
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)

    def _failed(self, answer: Answer) -> Answer:
        """The failure of the login as the answer to a request for something else."""
        reason = answer.reason
        if answer.status == 404:
            reason = "unreachable"
        elif answer.status in {400, 401, 403}:
            reason = "unauthorized"
        hint = _HINTS.get(reason) or answer.hint or _WRONG_URL
        if reason == "unauthorized" and "mfa" in answer.detail.lower():
            hint = _MFA
        detail = f"the login at {endpoint(self._url)} failed: {answer.detail}"
        return Answer(None, b"", reason, detail, hint)


def _life(token: str, answer: dict[str, Any]) -> float:
    """Seconds that a token lives; without an end if nothing tells.

    Its own claims come first: what stands around it can disagree (apigee-edge-js, tokenMgmt.js).
    """
    for told in (_claimed_life(token), answer.get("expires_in")):
        with suppress(OverflowError, TypeError, ValueError):
            if (life := float(told or 0)) > 0:
                return life
    return float("inf")


def _claimed_life(token: str) -> Any:
    with suppress(BadAnswer, LookupError, TypeError, ValueError):
        claims: Any = parsed_json(urlsafe_b64decode(token.split(".")[1] + "=="))
        return claims["exp"] - claims["iat"]
