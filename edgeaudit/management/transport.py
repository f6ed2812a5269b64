"""Requests to one server: kept-alive connections, retries, and an end to every wait.

urllib3 without requests on top: no cookies, no .netrc, no REQUESTS_CA_BUNDLE, and half the cost
a request.
"""

from __future__ import annotations

import random as randomness
import ssl
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from urllib3 import Timeout
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, SSLError

from edgeaudit.management.connections import (
    LARGEST_BODY,
    StoppedError,
    TooLargeError,
    connections,
    tls_context,
)
from edgeaudit.management.pace import Pace
from edgeaudit.management.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from urllib3 import BaseHTTPResponse
    from urllib3.util import Url

    from edgeaudit.management.connections import ClientCertificate

RETRIED = frozenset({429, 500, 502, 503, 504})
LONGEST_WAIT = 60.0
FIRST_PAUSE = 1.0

_PIECE = 64 * 1024
# RFC 9110 8.4.1.2: some servers send "deflate" without its zlib wrapper
_WINDOWS = {"gzip": [31], "x-gzip": [31], "deflate": [15, -15]}


@dataclass(frozen=True)
class Response:
    """One answer: status line, headers (any case), and the body without its content coding."""

    status: int
    phrase: str
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends one method, and no other, to one server; safe to use from several threads.

    All of them together begin `requests_per_minute` requests at most, and none while the server
    that said 429 wants a rest. When `stop` is over no request begins.
    """

    def __init__(
        self,
        url: Url,
        method: Literal["GET", "POST"],
        *,
        ca_file: Path | None = None,
        client_certificate: ClientCertificate | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        attempts: int = 4,
        retried: frozenset[int] = RETRIED,
        concurrency: int = 8,
        requests_per_minute: int | None = None,
        stop: Stop | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._method = method
        self._attempts = attempts
        self._retried = retried
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._stop = stop or Stop()
        self._sleep = sleep or self._stop.sleep
        self._clock, self._random = clock, random
        self._pace = Pace(requests_per_minute, self._stop.clock, self._pause)
        self._manager = connections(
            url.url,
            num_pools=1,
            maxsize=concurrency,
            block=True,
            ssl_context=tls_context(ca_file, client_certificate)
            if ca_file or client_certificate or url.scheme == "https"
            else None,
        )

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        """The answer to one request, whatever its status, asked for again while that may help.

        Raises ValueError for another method than its own, StoppedError, TooLargeError, or urllib3's
        HTTPError.
        """
        if method != self._method:
            raise ValueError(f"only {self._method} is sent to this server, not {method}")
        for attempt in range(self._attempts - 1):
            asked = 0.0
            try:
                response = self._once(url, headers, body)
            except HTTPError as error:
                if _is_lasting(error):
                    raise
            else:
                if response.status not in self._retried:
                    return response
                asked = self._asked_wait(response)
            self._pause(max(asked, self._random() * FIRST_PAUSE * 2**attempt))
        return self._once(url, headers, body)

    def close(self) -> None:
        """Lets go of the connections."""
        self._manager.clear()

    def _pause(self, seconds: float) -> None:
        self._sleep(min(seconds, self._stop.left))
        self._go_on()

    def _go_on(self) -> float:
        """Seconds that are left; raises StoppedError where there are none."""
        if (left := self._stop.left) > 0:
            return left
        raise StoppedError(self._stop.detail)

    def _once(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        self._pace.wait()
        response = self._exchanged(url, headers, body, self._go_on())
        if response.status == 429:
            self._pace.rest(self._asked_wait(response))
        return response

    def _exchanged(
        self, url: str, headers: Mapping[str, str], body: bytes | None, left: float
    ) -> Response:
        connect, read = min(self._connect_timeout, left), min(self._read_timeout, left)
        try:
            answer = self._manager.urlopen(
                self._method,
                url,
                headers=headers,
                body=body,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=connect, read=read),
            )
            return Response(answer.status, answer.reason or "", answer.headers, _body(answer))
        except HTTPError:
            raise
        except ValueError as error:  # http.client on a negative chunk size
            raise ProtocolError("Not HTTP", error) from error

    def _asked_wait(self, response: Response) -> float:
        return _asked_wait(response.headers.get("Retry-After", ""), self._clock())


def _body(answer: BaseHTTPResponse) -> bytes:
    content = bytearray()
    try:
        while piece := answer.read(_PIECE, decode_content=False):
            content += piece
            if len(content) > LARGEST_BODY:
                raise TooLargeError
    finally:
        answer.close()  # ends the connection, unless all was read and it has gone back to its pool
        answer.release_conn()
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    return bytes(content) if coding == "identity" or not content else _inflated(content, coding)


def _inflated(content: bytes | bytearray, coding: str) -> bytes:
    for window in _WINDOWS.get(coding, []):
        stream = zlib.decompressobj(window)
        with suppress(zlib.error):
            plain = stream.decompress(content, LARGEST_BODY + 1)
            if len(plain) > LARGEST_BODY:
                raise TooLargeError
            if stream.eof and not stream.unused_data:
                return plain
    raise DecodeError(coding)


def _is_lasting(error: HTTPError) -> bool:
    """Whether the same request would fail again: a TLS refusal, unless the line just broke."""
    cause = error.args[0] if isinstance(error, SSLError) else None
    broken = isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return isinstance(error, (StoppedError, TooLargeError, SSLError)) and not broken


def _asked_wait(retry_after: str, now: float) -> float:
    """Seconds that a Retry-After asks for, in either form (RFC 9110 10.2.3), capped; else 0."""
    try:
        return float(min(int(retry_after), LONGEST_WAIT))
    except ValueError:
        pass
    with suppress(ValueError, OverflowError):
        return min(parsedate_to_datetime(retry_after).timestamp() - now, LONGEST_WAIT)
    return 0.0
