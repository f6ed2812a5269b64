"""A server that cannot be talked to: each case its own sentence and hint."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from urllib3.exceptions import HTTPError

from edgeaudit.management.connections import server_url
from edgeaudit.management.failures import failure
from edgeaudit.management.source import Answer
from tests.management.asking import client_of
from tests.management.misbehaving import closing, cut_off, resetting, saying, silent
from tests.management.server import DAY, TODAY, Authority, reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.management.server import Request

WRONG_URL = server_url("http://edge.example:8080")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.made()


def asked(
    url: str, ca_file: Path | None = None, patience: float = 60
) -> tuple[str | None, str, str]:
    """Reason, detail with the endpoint left out, and hint; and nothing else is in the answer."""
    client = client_of(url, ca_file=ca_file, read_timeout=patience, attempts=2)
    answer = client.get("organizations")
    assert (answer.status, answer.body) == (None, b"")
    return answer.reason, answer.detail.replace(client.endpoint, "HOST:PORT"), answer.hint


@pytest.mark.parametrize(
    ("script", "reason", "detail", "hint"),
    [
        (
            closing,
            "unreachable",
            "HOST:PORT closed the connection before it had answered",
            "if it speaks TLS: use https://",
        ),
        (
            resetting,
            "unreachable",
            "HOST:PORT closed the connection before it had answered",
            "if it speaks TLS: use https://",
        ),
        (cut_off, "unreachable", "the answer of HOST:PORT broke off", ""),
        (silent, "timeout", "HOST:PORT did not answer in time", ""),
        (
            saying(b"220 mail.example ESMTP\r\n"),
            "unreachable",
            "HOST:PORT does not speak HTTP",
            "check the port",
        ),
        (
            saying(b"\x15\x03\x01\x00\x02\x02\x50"),  # as Java answers
            "unreachable",
            "HOST:PORT answers with a TLS alert",
            "it speaks TLS: use https://",
        ),
        (
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n[]"),
            "unreachable",
            "HOST:PORT does not speak proper HTTP",
            "check the port",
        ),
    ],
)
def test_a_broken_conversation(
    script: Callable[[Request], Iterable[bytes]], reason: str, detail: str, hint: str
) -> None:
    with serving(script) as server:
        patience = 0.1 if script is silent else 60
        assert asked(server.url, patience=patience) == (reason, detail, hint)


def test_nothing_listens() -> None:
    with serving([reply()]) as server:
        url = server.url
    assert asked(url) == (
        "unreachable",
        "nothing listens at HOST:PORT",
        "check the host and the port",
    )


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert asked("http://edge.example:8080") == (
        "unreachable",
        "the host name edge.example cannot be resolved",
        "check its spelling",
    )


def test_a_network_without_a_way_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_route(*_: object) -> None:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", no_route)
    assert asked("http://127.0.0.1:8080") == (
        "unreachable",
        "HOST:PORT cannot be reached: No route to host",
        "",
    )


def test_a_firewall_that_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(*_: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", drop)
    assert asked("http://127.0.0.1:8080") == (
        "timeout",
        "no connection to HOST:PORT came about in time",
        "a firewall may stand between: check host and port",
    )


def test_an_untrusted_certificate(authority: Authority, tmp_path: Path) -> None:
    with serving([reply()], authority.context(tmp_path)) as server:
        assert asked(server.url) == (
            "unreachable",
            "the certificate of HOST:PORT is not trusted: unable to get local issuer certificate",
            "name the CA file that signed it: --management-ca FILE",
        )
        assert server.requests == []


def test_another_authority_than_that_of_the_file(authority: Authority, tmp_path: Path) -> None:
    other = Authority.made().file(tmp_path)
    with serving([reply()], authority.context(tmp_path)) as server:
        reason, detail, _ = asked(server.url, other)
    assert reason == "unreachable"
    assert detail.startswith("the certificate of HOST:PORT is not trusted: ")


def test_an_expired_certificate(authority: Authority, tmp_path: Path) -> None:
    context = authority.context(tmp_path, until=TODAY - DAY)
    with serving([reply()], context) as server:
        assert asked(server.url, authority.file(tmp_path)) == (
            "unreachable",
            "the certificate of HOST:PORT has expired",
            "its operator must renew it",
        )


def test_a_certificate_for_another_address(authority: Authority, tmp_path: Path) -> None:
    context = authority.context(tmp_path, address="192.0.2.1")
    with serving([reply()], context) as server:
        assert asked(server.url, authority.file(tmp_path)) == (
            "unreachable",
            "the certificate of HOST:PORT does not speak for that address",
            "use the host's name",
        )
        assert asked(server.url.replace("127.0.0.1", "localhost"), authority.file(tmp_path)) == (
            "unreachable",
            "the certificate of HOST:PORT speaks for another host",
            "use a name that stands in it",
        )


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "HOST:PORT does not speak TLS"),
        (closing, "HOST:PORT broke off the TLS handshake"),
        (resetting, "HOST:PORT closed the connection before it had answered"),
    ],
)
def test_https_where_http_is_spoken(
    script: Callable[[Request], Iterable[bytes]], detail: str
) -> None:
    with serving(script) as server:
        reason, said, hint = asked(server.url.replace("http:", "https:"))
    assert (reason, said) == ("unreachable", detail)
    assert hint == "if it speaks plain HTTP: use http://"


def test_http_where_tls_is_spoken(authority: Authority, tmp_path: Path) -> None:
    with serving([reply()], authority.context(tmp_path)) as server:
        reason, _, hint = asked(server.url.replace("https:", "http:"))
    assert reason == "unreachable"
    assert hint.endswith("it speaks TLS: use https://")


def test_http_where_nginx_speaks_tls() -> None:
    page = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>"
    with serving([reply(400, page)]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.status, answer.reason) == (400, "unreachable")
    assert answer.detail == "HTTP 400: 400 The plain HTTP request was sent to HTTPS port"
    assert answer.hint == "it speaks TLS: use https://"


def test_a_tls_that_is_no_longer_safe(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = authority.context(tmp_path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving([reply()], context) as server:
        assert asked(server.url, authority.file(tmp_path)) == (
            "unreachable",
            "HOST:PORT speaks no version of TLS that is still safe",
            "TLS 1.2 or later is needed",
        )


def test_a_client_certificate_is_demanded(authority: Authority, tmp_path: Path) -> None:
    context = authority.context(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file(tmp_path))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving([reply()], context) as server:
        assert asked(server.url, authority.file(tmp_path)) == (
            "unreachable",
            "HOST:PORT refused the TLS handshake",
            "it may demand a client certificate",
        )


def test_a_tls_refusal_is_not_tried_again(authority: Authority, tmp_path: Path) -> None:
    with serving([reply()], authority.context(tmp_path)) as server:
        client_of(server).get("organizations")
        assert server.connections == 1


def test_whatever_else_may_fail_is_one_short_printable_line() -> None:
    answer = failure(HTTPError("odd\x1b[31m\n" + "x" * 500), WRONG_URL)
    assert answer == Answer(None, b"", "unreachable", answer.detail)
    assert answer.detail.startswith("the exchange with edge.example:8080 failed: odd\\x1b[31m xxx")
    assert answer.detail.endswith("x…")
    assert len(answer.detail) < 250
