"""A management server as a source of answers, over HTTP: GET and nothing else."""

from __future__ import annotations

import random as randomness
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from edgeaudit import __version__
from edgeaudit.errors import InputError
from edgeaudit.management.connections import endpoint, server_url
from edgeaudit.management.failures import failure
from edgeaudit.management.refusals import brief, refusal
from edgeaudit.management.source import JSON, NO_API, Answer
from edgeaudit.management.transport import Response, Transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgeaudit.management.auth import Authentication
    from edgeaudit.management.connections import ClientCertificate
    from edgeaudit.management.stop import Stop

MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}


class Client:
    """Answers from the management server at `url`, with or without its `/v1`; a Source.

    `ca_file` is a PEM file of the only certificates that may have signed the server's, as for
    curl --cacert; without it the public roots count. `client_certificate` is shown where the
    server asks for one. Timeouts are in seconds, the second one
    between two bytes of an answer, which as a whole may take five times as long. 429, 5xx and
    broken connections are tried `attempts` times in all. Up to `concurrency` threads are served
    at once, with `requests_per_minute` at most, until `stop`. Raises InputError for a URL, a file
    or a proxy that cannot be used.
    """

    def __init__(
        self,
        url: str,
        auth: Authentication,
        *,
        ca_file: Path | None = None,
        client_certificate: ClientCertificate | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        attempts: int = 4,
        concurrency: int = 8,
        requests_per_minute: int | None = None,
        stop: Stop | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._base = base_url(url)
        self._auth = auth
        self._transport = Transport(
            self._base,
            "GET",
            ca_file=ca_file,
            client_certificate=client_certificate,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            attempts=attempts,
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            stop=stop,
            sleep=sleep,
            clock=clock,
            random=random,
        )
        self._has_answered = False
        self._dead: Answer | None = None
        self._in_vain = ""

    @property
    def name(self) -> str:
        """The base URL, ending in `/v1`."""
        return self._base.url

    @property
    def endpoint(self) -> str:
        """HOST:PORT of the management server."""
        return endpoint(self._base)

    def get(self, path: str, accept: str = JSON) -> Answer:
        """The answer to GET `path`: encoded, below the API's version, no leading slash.

        Never raises for what the other side did or did not do. As long as nothing has answered,
        one failed connection counts for all: a dead server costs one round of attempts.
        """
        if self._dead is not None and not self._has_answered:
            return self._dead
        header = self._auth.header()
        if isinstance(header, Answer):
            return header
        answer = self._asked(path, accept, header)
        return answer if answer.status != 401 else self._asked_again(path, accept, header, answer)

    def close(self) -> None:
        """Lets go of the connections."""
        self._transport.close()

    def _asked_again(self, path: str, accept: str, header: str, refused: Answer) -> Answer:
        """The answer with a renewed token, or the 401 where there is none.

        Where that token is refused too, the role is to blame, and it is not renewed for another
        401: a login host gives few tokens an hour.
        """
        renewed = self._auth.renewed(header) if header != self._in_vain else header
        if renewed == header:
            return refused
        if isinstance(renewed, Answer):
            return renewed
        self._in_vain = renewed
        answer = self._asked(path, accept, renewed)
        if answer.status != 401:
            self._in_vain = ""
        return answer

    def _asked(self, path: str, accept: str, header: str) -> Answer:
        url = f"{self.name}/{path}"
        headers = {
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "Authorization": header,
            "User-Agent": f"edgeaudit/{__version__}",
        }
        for _ in range(1 + MOST_REDIRECTS):
            try:
                response = self._transport.request("GET", url, headers)
            except HTTPError as error:
                return self._failed(error)
            self._has_answered = True
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                return self._judged(response, header)
            target = _target(url, location)
            if _server(target) != _server(self._base):
                return self._led_away(response.status, target)
            url = target.url
        sentence = f"HTTP {response.status}: more than {MOST_REDIRECTS} redirects, perhaps a circle"
        return Answer(response.status, b"", "redirected", sentence, NO_API)

    def _judged(self, response: Response, header: str) -> Answer:
        if response.status in range(200, 300):
            return Answer(response.status, response.body)
        return refusal(response, (*self._auth.secrets, header.partition(" ")[2]))

    def _failed(self, error: HTTPError) -> Answer:
        answer = failure(error, self._base)
        if answer.reason in {"unreachable", "timeout"}:
            self._dead = answer
        return answer

    def _led_away(self, status: int, target: Url) -> Answer:
        """Not followed: credentials are for the configured server alone."""
        server = brief(Url(target.scheme, host=target.host, port=target.port).url)
        is_tls = target.scheme == "https" and target.host == self._base.host
        hint = f"use {server}" if is_tls else NO_API
        return Answer(status, b"", "redirected", f"HTTP {status}: redirected to {server}", hint)


def base_url(text: str) -> Url:
    """The URL of a management API, ending in `/v1`; raises InputError for anything else."""
    url = server_url(text)
    path = (url.path or "").removesuffix("/v1")
    if "/v1/" in f"{path}/":
        raise InputError(f"{url} goes on after /v1", "end the URL there: http(s)://HOST:PORT/v1")
    return url._replace(path=f"{path}/v1")


def _target(url: str, location: str) -> Url:
    try:
        return parse_url(urljoin(url, location))
    except ValueError:  # LocationParseError is one too
        return Url(host="an unreadable URL")


def _server(url: Url) -> tuple[str | None, str]:
    return url.scheme, endpoint(url)
