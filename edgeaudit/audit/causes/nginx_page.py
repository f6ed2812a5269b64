"""The pages with which nginx refuses a client for its certificate, told by their size.

nginx completes the handshake and answers with HTTP status 400, whose page it writes itself, and
closes the connection at once (ngx_http_special_response.c of 1.8 to 1.22; `server_tokens`). Pages
and headers that are configured are of other sizes, and HTTP/2 neither has them nor is closed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from edgeaudit.audit.causes.verdict import FAREWELLS
from edgeaudit.audit.finding import Cause
from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.record_size import content

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Handshake, Step

_HEAD = (
    "HTTP/1.1 400 Bad Request\r\nServer: {name}\r\nDate: Mon, 23 Nov 2026 09:46:50 GMT\r\n"
    "Content-Type: text/html\r\nContent-Length: 237\r\nConnection: close\r\n\r\n"
)
_BODY = (
    "<html>\r\n<head><title>400 {why}</title></head>\r\n{body}\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n<center>{why}</center>\r\n"
    "<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
)
_BODIES = ("<body>", '<body bgcolor="white">')  # of late releases, and of early ones
_FOR_BROWSERS = "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n" * 6
_NAMES = (
    "nginx",
    "nginx/1.8.1",
    "nginx/1.22.1",
    "nginx/1.8.1 (Ubuntu)",
    "nginx/1.22.1 (Ubuntu)",
    "openresty",
    "openresty/1.21.4.1",
)
_MISSING, _BAD = "No required SSL certificate was sent", "The SSL certificate error"
_AT_ONCE = 1_000_000_000  # nanoseconds


def was_seen(handshake: Handshake, cause: Cause) -> bool:
    """Whether all that the server sent is of the size of that page, and it closed at once then.

    A client that leaves first has perhaps done so because of it.
    """
    answer, steps = handshake.server_hello, handshake.steps
    page = _only_answer([step for step in steps if step.what == "data"])
    if answer is None or not page or "h2" in answer.alpn or not _closed_at_once(steps, page[-1]):
        return False
    return bool(_sizes(handshake, page) & _pages(cause is Cause.MISSING_CLIENT_CERTIFICATE))


def _only_answer(said: list[Step]) -> list[Step]:
    """What the server answered to a first request; nothing where it answered another, too."""
    sides = "".join("s" if step.side == "server" else "c" for step in said)
    is_one = re.fullmatch("c+s+c*", sides)
    return [step for step in said if step.side == "server"] if is_one else []


def _closed_at_once(steps: tuple[Step, ...], last: Step) -> bool:
    ends = [step for step in steps if step.what in FAREWELLS and step.side == "server"]
    return bool(ends) and ends[0].time - last.time < _AT_ONCE


def _sizes(handshake: Handshake, page: list[Step]) -> set[int]:
    """How long it may be, in bytes."""
    suite = on_the_wire(handshake.server_hello.cipher) if handshake.server_hello else None
    if suite is None:
        return set()
    parts = [content(suite, handshake.version or 0, step.size) for step in page]
    if not all(parts):
        return set()
    return set(range(sum(each[0] for each in parts), sum(each[-1] for each in parts) + 1))


@cache
def _pages(is_missing: bool) -> frozenset[int]:
    why = _MISSING if is_missing else _BAD
    return frozenset(
        len((_HEAD + _BODY).format(name=name, why=why, body=body)) + len(padding)
        for name in _NAMES
        for body in _BODIES
        for padding in ("", _FOR_BROWSERS)
    )
