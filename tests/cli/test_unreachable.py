"""What a user sees where nothing can be read at all: one sentence, one hint, status 3."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import run
from edgeaudit.management import transport
from tests.management.server import Authority, Server, reply
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HTML = reply(200, b"<html><title>Sign in</title></html>", "Content-Type: text/html")
DENIED = reply(401, b'{"fault":{"faultstring":"Bad credentials"}}')


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "hunter2")


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def serve(answer: bytes, context: Any = None) -> Server:
        servers.append(Server(lambda _: [answer], context))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def _unreadable(url: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str, dict[str, Any]]:
    """The error, the hint and the only gap of an audit of `url`."""
    access = ["--url", url, "--username", "a@b.example", "--org", "acme"]
    outcome = run(["audit", *access, "--format", "json"])
    out, err = capsys.readouterr()
    report = json.loads(out)
    validate(report, "report")
    error, hint = err.splitlines()
    assert (outcome, report["complete"], report["findings"]) == (3, False, [])
    assert "hunter2" not in out + err
    (gap,) = report["gaps"]
    assert error == f"edgeaudit: error: {gap['detail']}"
    assert hint == f"edgeaudit: hint: {gap['hint']}"
    return gap["detail"], gap["hint"], gap


def test_a_name_that_does_not_resolve(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error, hint, gap = _unreadable("http://edge.invalid:8080", capsys)
    assert "edge.invalid cannot be resolved" in error
    assert hint
    assert (gap["where"], gap["reason"]) == ("edge.invalid:8080", "unreachable")


def test_a_wrong_port(capsys) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error, hint, gap = _unreadable(f"http://127.0.0.1:{port}", capsys)
    assert f"nothing listens at 127.0.0.1:{port}" in error
    assert "port" in hint
    assert gap["reason"] == "unreachable"


def test_a_wrong_host(capsys, serving) -> None:
    error, hint, gap = _unreadable(serving(HTML).url, capsys)
    assert "HTML" in error
    assert "URL" in hint
    assert gap["reason"] == "unparsable"


def test_a_path_that_is_no_management_api(capsys, serving) -> None:
    error, hint, gap = _unreadable(serving(reply(404, b"not here")).url, capsys)
    assert "HTTP 404" in error
    assert "organization" in hint
    assert gap["reason"] == "not_found"


def test_credentials_that_nothing_accepts(capsys, serving) -> None:
    error, hint, gap = _unreadable(serving(DENIED).url, capsys)
    assert "Bad credentials" in error
    assert "credentials" in hint
    assert gap["reason"] == "unauthorized"


def test_a_certificate_that_is_not_trusted(capsys, serving, tmp_path: Path) -> None:
    server = serving(HTML, Authority.made().context(tmp_path))
    error, hint, gap = _unreadable(server.url, capsys)
    assert "not trusted" in error
    assert "--management-ca" in hint
    assert gap["reason"] == "unreachable"


def test_https_to_a_port_that_speaks_http(capsys, serving) -> None:
    url = serving(HTML).url.replace("http:", "https:")
    error, hint, _ = _unreadable(url, capsys)
    assert "TLS" in error
    assert "http://" in hint


def test_http_to_a_port_that_speaks_tls(capsys, serving, tmp_path: Path) -> None:
    url = serving(HTML, Authority.made().context(tmp_path)).url.replace("https:", "http:")
    _, hint, _ = _unreadable(url, capsys)
    assert "https://" in hint


def test_a_redirect_to_elsewhere(capsys, serving) -> None:
    moved = reply(302, b"", "Location: https://login.example.com/?next=secret")
    error, hint, gap = _unreadable(serving(moved).url, capsys)
    assert "login.example.com" in error
    assert hint
    assert gap["reason"] == "redirected"
