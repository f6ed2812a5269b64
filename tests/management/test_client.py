"""A management server over HTTP: what is sent, what comes of each answer, what never shows."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import edgeaudit
from edgeaudit.management.oauth import Account, OAuth
from edgeaudit.management.source import NO_API, TEXT, Answer, path_to
from tests.management.asking import AUTH, PASSWORD, Clock, client_of
from tests.management.server import Request, in_turn, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def test_a_request_says_what_it_must_and_no_more() -> None:
    with serving([reply(200, b"[]", "Set-Cookie: session=1")]) as server:
        client = client_of(server)
        client.get("organizations")
        client.get("organizations/acme/certificate", TEXT)
        first, second = server.requests
    assert (first.method, first.target, first.body) == ("GET", "/v1/organizations", b"")
    assert first.headers == {
        "host": server.endpoint,
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "authorization": AUTH.header(),
        "user-agent": f"edgeaudit/{edgeaudit.__version__}",
    }
    assert second.headers == {**first.headers, "accept": "text/plain, */*"}


@pytest.mark.parametrize(
    "name", ["a b", "50%", "%2e%2e", "a/../b", "é\u202e", "?x#y", "...", "n" * 10_000, "\ud800"]
)
def test_a_name_arrives_as_it_was_encoded(name: str) -> None:
    path = path_to("organizations", name)
    with serving([reply()]) as server:
        assert client_of(server).get(path).is_good
        assert server.targets == [f"/v1/{path}"]


def test_a_client_only_gets() -> None:
    verbs = {name for name in vars(client_of("http://edge").__class__) if name[0] != "_"}
    assert verbs == {"name", "endpoint", "get", "close"}


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_good_answer_is_its_body(status: int) -> None:
    body = b"" if status == 204 else b"<not json>"
    with serving([reply(status, body, "Content-Type: application/json")]) as server:
        assert client_of(server).get("organizations") == Answer(status, body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_server_is_followed(status: int) -> None:
    def script(request: Request) -> list[bytes]:
        moved = request.target == "/v1/organizations"
        return [reply(status, b"", "Location: ../new?x=1") if moved else reply(200, b"[1]")]

    with serving(script) as server:
        assert client_of(server).get("organizations") == Answer(200, b"[1]")
        assert server.targets == ["/v1/organizations", "/new?x=1"]
        assert server.requests[1].headers == server.requests[0].headers


def test_the_server_s_own_port_may_be_spelled_out() -> None:
    location = "Location: http://edge.example:80/v1/new"
    with serving([reply(302, b"", location), reply(200, b"[1]")]) as proxy:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HTTP_PROXY", proxy.url)
            client = client_of("http://edge.example")
        assert client.get("organizations") == Answer(200, b"[1]")


def test_redirects_in_a_circle_end() -> None:
    with serving([reply(302, b"", "Location: /v1/organizations")]) as server:
        assert client_of(server).get("organizations") == Answer(
            302, b"", "redirected", "HTTP 302: more than 5 redirects, perhaps a circle", NO_API
        )
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://me:pw@evil.example/login?token=x#y", "https://evil.example"),
        ("//evil.example:81/", "http://evil.example:81"),
        ("ftp://127.0.0.1/", "ftp://127.0.0.1"),
        ("javascript:alert(1)", "javascript://"),
        ("http://[", "an unreadable URL"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
    ],
)
def test_a_redirect_elsewhere_is_not_followed(location: str, target: str) -> None:
    with serving([reply(302, b"", f"Location: {location}")]) as server:
        assert client_of(server).get("organizations") == Answer(
            302, b"", "redirected", f"HTTP 302: redirected to {target}", NO_API
        )
        assert len(server.requests) == 1


def test_a_redirect_to_tls_is_a_hint() -> None:
    with serving([reply(301, b"", "Location: https://127.0.0.1/v1/organizations")]) as server:
        assert client_of(server).get("organizations").hint == "use https://127.0.0.1"


def test_credentials_reach_no_other_server() -> None:
    with serving([reply()]) as other, serving([]) as server:
        server.script = in_turn(reply(302, b"", f"Location: {other.url}/v1/organizations"))
        assert client_of(server).get("organizations").reason == "redirected"
        assert other.requests == []


def test_a_dead_server_costs_one_round() -> None:
    with serving([reply()]) as server:
        url = server.url
    clock = Clock()
    client = client_of(url, clock)
    assert len({client.get(f"o/{number}") for number in range(50)}) == 1
    assert clock.slept == [1.0, 2.0, 4.0]


def test_a_server_that_has_answered_is_not_given_up() -> None:
    with serving([reply()]) as server:
        client = client_of(server, attempts=1)
        assert client.get("o/1").is_good
        good, server.script = server.script, in_turn(b"")
        server.script = in_turn(b"not http\r\n\r\n")
        assert client.get("o/2").reason == "unreachable"
        server.script = good
        assert client.get("o/3").is_good


def test_connections_are_kept() -> None:
    with serving([reply(), reply(404), reply(302, b"", "Location: /x"), reply()]) as server:
        client = client_of(server)
        for number in range(20):
            client.get(f"o/{number}")
        assert server.connections == 1


def test_threads_share_as_many_connections_as_are_allowed() -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def script(request: Request) -> Iterable[bytes]:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        barrier.wait(60)
        with lock:
            busy -= 1
        yield reply(200, request.target.encode())

    barrier = threading.Barrier(4)
    with serving(script) as server, ThreadPoolExecutor(12) as threads:
        client = client_of(server, concurrency=4)
        paths = [f"o/{number}" for number in range(80)]
        assert [answer.body.decode() for answer in threads.map(client.get, paths)] == [
            f"/v1/{path}" for path in paths
        ]
        assert sorted(server.targets) == sorted(f"/v1/{path}" for path in paths)
        assert (most, server.connections) == (4, 4)


def test_the_environment_changes_neither_credentials_nor_trust(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NETRC"):
        monkeypatch.setenv(name, str(tmp_path / "missing"))
    with serving([reply()]) as server:
        assert client_of(server).get("organizations").is_good
        assert server.requests[0].headers["authorization"] == AUTH.header()


def test_nothing_that_is_logged_holds_a_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    token = {"access_token": "aaa.bbb.ccc", "refresh_token": "refresh-2"}
    with serving([reply(200, json.dumps(token).encode())]) as login, serving([reply()]) as server:
        auth = OAuth(login.url, Account("me", PASSWORD))
        assert client_of(server, auth=auth).get("organizations").is_good
        assert client_of(server).get("organizations").is_good
    shown = caplog.text + "".join(capfd.readouterr())
    assert "GET /v1/organizations" in shown
    secrets = (PASSWORD, "aaa.bbb.ccc", "refresh-2", AUTH.header().partition(" ")[2])
    assert not any(secret in shown for secret in secrets)
