"""The management API and its token endpoint over HTTP, on loopback."""

from __future__ import annotations

import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from .answers import Answer, Path, answer_to, refusal, unauthorized
from .tokens import TokenService, basic
from .writing import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from .writing import Writer

_SHORT_NAMES = {(0, "o"): "organizations", (2, "e"): "environments"}


class Server(ThreadingHTTPServer):
    """Serves `answers` to one user; what was asked is kept in `requests`, method and path.

    With a `writer` it takes changes too, and serves what the writer then has.
    """

    request_queue_size = 128

    def __init__(
        self,
        port: int,
        answers: dict[Path, Answer],
        username: str,
        password: str,
        writer: Writer | None = None,
    ) -> None:
        self._answers = answers
        self.writer = writer
        self.tokens = TokenService(username, password)
        self.basic = basic(f"{username}:{password}")
        self.requests: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def answers(self) -> dict[Path, Answer]:
        """The answers as they stand."""
        return self.writer.answers if self.writer else self._answers

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # one packet for head and body: without, delayed ACKs cost 40 ms each
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        is_good = super().parse_request()
        if is_good:
            self.server.requests.append((self.command, self.path))
        return is_good

    def do_GET(self) -> None:
        self._reply(self._permitted() or self._resource())

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        if path != "/oauth/token":
            self._change()
            return
        form = dict(parse_qsl(query) + parse_qsl(self._request_body().decode()))
        self._reply(self.server.tokens.answer(self.headers.get("Authorization", ""), form))

    def __getattr__(self, name: str) -> Callable[[], None]:
        # BaseHTTPRequestHandler looks for do_PUT and so on.
        if name.startswith("do_"):
            return self._change
        raise AttributeError(name)

    def _change(self) -> None:
        body = self._request_body()
        writer = self.server.writer
        if writer is None:
            self._reply(refusal(405, "method.not.allowed", f"{self.command} is not allowed"))
            return
        path, _, query = self.path.partition("?")
        content_type = self.headers.get("Content-Type", "")
        known = dict(parse_qsl(query))
        change = Change(self.command, _long_form(path), known, content_type, body)
        self._reply(self._permitted() or writer.answer(change))

    def _permitted(self) -> Answer | None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer":
            if self.server.tokens.is_known(token):
                return None
            return unauthorized("Invalid access token", "oauth.v2.InvalidAccessToken")
        if f"{kind} {token}" == self.server.basic:
            return None
        return unauthorized("Unauthorized", "Unauthorized")

    def _resource(self) -> Answer:
        path, _, query = self.path.partition("?")
        return answer_to(_long_form(path), parse_qsl(query), self.server.answers)

    def _request_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: what was asked is in the server's `requests`."""


def _long_form(path: str) -> Path:
    """The decoded names below `/v1`; none for any other path.

    A slash at the end changes nothing: `…/keystores/` is the list, as if its last name were empty.
    """
    root, *names = path.removesuffix("/").removeprefix("/").split("/")
    if root != "v1":
        return ()
    decoded = map(unquote, names)
    return tuple(_SHORT_NAMES.get(place, place[1]) for place in enumerate(decoded))
