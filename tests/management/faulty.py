"""The demo Edge with faults: chosen paths misbehave, all others answer as they do there."""

from __future__ import annotations

import gzip
import http.client
import re
import threading
from collections import Counter
from math import inf
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tests.management.server import HangUp, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edgeaudit.demo import DemoEdge
    from tests.management.server import Request

    Fault = Callable[["Good"], Iterable[bytes]]

MEBIBYTE = 1024 * 1024


class Good(NamedTuple):
    """What was asked, and what the demo Edge answers to it."""

    request: Request
    status: int
    content_type: str
    body: bytes


class Broken(NamedTuple):
    """Paths (a pattern) whose first so many requests meet a fault."""

    pattern: str
    fault: Fault
    times: float = inf


class Faulty:
    """A script for a Server: the demo Edge, except for what is broken."""

    def __init__(self, edge: DemoEdge) -> None:
        self._host = urlsplit(edge.url).netloc
        self._known: dict[tuple[str, str], tuple[int, str, bytes]] = {}
        self._lock = threading.Lock()
        self.broken: tuple[Broken, ...] = ()
        self.met: Counter[Broken] = Counter()

    def __call__(self, request: Request) -> Iterable[bytes]:
        good = Good(request, *self._forwarded(request))
        for one in self.broken:
            if re.fullmatch(one.pattern, request.target) and self._is_due(one):
                return one.fault(good)
        return [reply(good.status, good.body, f"Content-Type: {good.content_type}")]

    def _is_due(self, one: Broken) -> bool:
        with self._lock:
            self.met[one] += 1
            return self.met[one] <= one.times

    def _forwarded(self, request: Request) -> tuple[int, str, bytes]:
        key = (request.method, request.target)
        if key not in self._known:
            line = http.client.HTTPConnection(self._host)
            headers = {name: request.headers[name] for name in ("authorization", "accept")}
            line.request(*key, request.body, headers)
            answer = line.getresponse()
            content_type = answer.headers.get("Content-Type", "")
            self._known[key] = (answer.status, content_type, answer.read())
            line.close()
        return self._known[key]


def saying(status: int, body: bytes = b"{}", *headers: str) -> Fault:
    """Well-formed answers of that status and body."""
    return lambda _: [reply(status, body, *headers)]


def plainly(script: Callable[[Request], Iterable[bytes]]) -> Fault:
    """A script that does not care for the good answer."""
    return lambda good: script(good.request)


def damaged(damage: Callable[[bytes], bytes]) -> Fault:
    """The good answer with a damaged body, of the right length."""
    return lambda good: [reply(200, damage(good.body))]


def claiming(content_type: str) -> Fault:
    """The good body under another Content-Type."""
    return lambda good: [reply(200, good.body, f"Content-Type: {content_type}")]


def redirecting(location: str) -> Fault:
    """Redirects to a fixed place."""
    return saying(302, b"", f"Location: {location}")


def circling(good: Good) -> Iterable[bytes]:
    return [reply(302, b"", f"Location: {good.request.target}")]


def echoing(good: Good) -> Iterable[bytes]:
    """A refusal that repeats the credentials, as an error page with all headers does."""
    return [reply(403, good.request.headers["authorization"].encode())]


def short(good: Good) -> Iterator[bytes]:
    yield reply(200, good.body)[:-9]
    raise HangUp


def short_chunks(good: Good) -> Iterator[bytes]:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield head + b"%x\r\n" % len(good.body) + good.body[:-9]
    raise HangUp


def chunked(good: Good) -> Iterable[bytes]:
    pieces = [good.body[start : start + 7] for start in range(0, len(good.body), 7)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return [head + chunks + b"0\r\n\r\n"]


def huge(_: Good) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * MEBIBYTE)
    for _piece in range(200):
        yield b" " * MEBIBYTE


def bomb(_: Good) -> Iterable[bytes]:
    packed = gzip.compress(b" " * (40 * MEBIBYTE), 1)
    return [reply(200, packed, "Content-Encoding: gzip")]


def mute(_: Good) -> Iterator[bytes]:
    """No answer at all, until the client has lost its patience."""
    threading.Event().wait(2)
    raise HangUp
    yield


def dripping(good: Good) -> Iterator[bytes]:
    """A byte now and then, more often than the read timeout."""
    for byte in reply(200, good.body):
        threading.Event().wait(0.05)
        yield bytes([byte])
