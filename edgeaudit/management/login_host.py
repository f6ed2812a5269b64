"""The one POST: a login host is asked for tokens, and what it says is judged."""

from __future__ import annotations

import logging
import re
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from urllib3.exceptions import HTTPError

from edgeaudit.errors import BadAnswer
from edgeaudit.management.claims import TOKEN
from edgeaudit.management.connections import basic, endpoint, server_url
from edgeaudit.management.failures import failure
from edgeaudit.management.refusals import refusal
from edgeaudit.management.source import Answer, parsed_json
from edgeaudit.management.transport import RETRIED, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgeaudit.inventory import Reason

# The Edge manual publishes this client id and secret for all ("Using the Edge OAuth2 service")
_HEADERS = {
    "Accept": "application/json;charset=utf-8",
    "Authorization": basic("edgecli", "edgeclisecret"),
    "Connection": "close",
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
}
_HINTS: dict[Reason | None, str] = {
    "rate_limited": "wait an hour, or give a token in EDGEAUDIT_TOKEN: new tokens are limited",
    "server_error": "try again later",
    "unauthorized": "check the credentials, and whether this login host is the account's",
}
_WRONG_URL = "check the URL of the login host"
_WANTS_CODE = "the account has a second factor: set EDGEAUDIT_MFA or EDGEAUDIT_MFA_SECRET"
_WRONG_CODE = "check the code or the secret of the second factor, and this machine's clock"
_WRONG_PASSCODE = "a passcode works once: get a new one at {url}/passcode"
# The words with which Edge demands a code are nowhere recorded
_SECOND_FACTOR = re.compile(r"mfa|(multi|two|second)[ -]?factor|2fa|t?otp\b", re.IGNORECASE)


@dataclass(frozen=True)
class Refused:
    """Why there is no token, as the answer to a request for something else.

    `wait` is how many seconds the host wants to be left alone, `wants_code` whether it demands a
    code of the second factor and got none.
    """

    answer: Answer
    wait: float = 0.0
    wants_code: bool = False


class LoginHost:
    """Exchanges credentials for tokens at `url`, with or without `/oauth/token`.

    `options` are those of a Transport. Raises InputError for a URL or a file that cannot be used.
    Source: "Using the Edge OAuth2 service to get tokens".
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time, **options: Any) -> None:
        base = server_url(url.rstrip("/").removesuffix("/oauth/token"))
        self.url = base.url
        self._url = base._replace(path=f"{base.path or ''}/oauth/token")
        # one who is told to wait is not asked again; and so few requests do not share a line
        settings = {"attempts": 3, "retried": RETRIED - {429}, "concurrency": 1, **options}
        self._transport = Transport(self._url, "POST", clock=clock, **settings)
        self._clock = clock

    @property
    def endpoint(self) -> str:
        """HOST:PORT."""
        return endpoint(self._url)

    def ask(self, form: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, Any] | Refused:
        """The host's answer to a token request: one with an access token, or why there is none.

        An `mfa_token` goes in the form and in the query: clients that are in use do the one or the
        other (sackmesser, Oauth.php of apigee-client-php).
        """
        body = urlencode(form, errors="surrogateescape").encode("ascii")
        code = {name: form[name] for name in ("mfa_token",) if name in form}
        url = self._url._replace(query=urlencode(code) or None).url
        try:
            response = self._transport.request("POST", url, _HEADERS, body)
        except HTTPError as error:
            return self._failed(failure(error, self._url), form)
        if response.status != 200:
            refused = self._failed(refusal(response, secrets), form)
            wait = _wait(response.headers.get("Retry-After", ""), self._clock())
            return _patient(refused, wait)
        try:
            return _granted(parsed_json(response.body))
        except BadAnswer as error:
            return self._failed(Answer(None, b"", "unparsable", error.message), form)

    def _failed(self, answer: Answer, form: Mapping[str, str]) -> Refused:
        reason = answer.reason
        if answer.status == 404:
            reason = "unreachable"
        elif answer.status in {400, 401, 403}:
            reason = "unauthorized"
        wants_code = reason == "unauthorized" and bool(_SECOND_FACTOR.search(answer.detail))
        hint = _HINTS.get(reason) or answer.hint or _WRONG_URL
        if wants_code:
            hint = _WRONG_CODE if "mfa_token" in form else _WANTS_CODE
        elif reason == "unauthorized" and "passcode" in form:
            hint = _WRONG_PASSCODE.format(url=self.url)
        detail = f"the login at {self.endpoint} failed: {answer.detail}"
        told = Answer(None, b"", reason, detail, hint)
        return Refused(told, wants_code=wants_code and "mfa_token" not in form)


def _granted(answer: object) -> dict[str, Any]:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise BadAnswer("there is no access token in the answer")
    return answer


def _patient(refused: Refused, wait: float) -> Refused:
    if refused.answer.reason != "rate_limited" or wait <= 0:
        return refused
    answer = refused.answer
    detail = f"{answer.detail}; it asks to wait {wait:.0f} s"
    return replace(refused, answer=replace(answer, detail=detail), wait=wait)


def _wait(retry_after: str, now: float) -> float:
    """Seconds that a Retry-After asks for, in either form (RFC 9110 10.2.3), else 0."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    with suppress(ValueError, OverflowError):
        return parsedate_to_datetime(retry_after).timestamp() - now
    return 0.0


def _without_code(record: logging.LogRecord) -> bool:
    """urllib3 tells each request's target at DEBUG, and a code stands in its query."""
    args = record.args if isinstance(record.args, tuple) else ()
    masked = (
        re.sub(r"(mfa_token=)[^&\s]+", r"\1***", each) if isinstance(each, str) else each
        for each in args
    )
    record.args = tuple(masked) or record.args
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_code)
