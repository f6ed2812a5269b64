"""Where connections go and whom they trust: URLs, CA files, proxies."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from edgeaudit.errors import InputError
from tests.management.asking import client_of
from tests.management.server import Authority, reply, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "name", "endpoint"),
    [
        ("http://edge:8080", "http://edge:8080/v1", "edge:8080"),
        ("http://edge:8080/", "http://edge:8080/v1", "edge:8080"),
        ("http://edge:8080/v1", "http://edge:8080/v1", "edge:8080"),
        ("http://edge:8080/v1//", "http://edge:8080/v1", "edge:8080"),
        (
            "HTTPS://API.Enterprise.Apigee.com",
            "https://api.enterprise.apigee.com/v1",
            "api.enterprise.apigee.com:443",
        ),
        ("http://edge", "http://edge/v1", "edge:80"),
        ("https://proxy/edge/v1", "https://proxy/edge/v1", "proxy:443"),
        ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080/v1", "[2001:db8::1]:8080"),
        ("http://münchen.example", "http://xn--mnchen-3ya.example/v1", "xn--mnchen-3ya.example:80"),
    ],
)
def test_a_base_url_ends_in_its_version(url: str, name: str, endpoint: str) -> None:
    client = client_of(url)
    assert (client.name, client.endpoint) == (name, endpoint)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "the URL of a server is empty"),
        ("edge:8080", "edge:8080 is not the URL of a server"),
        ("ftp://edge", "ftp://edge is not the URL of a server"),
        ("http://", "http:// is not the URL of a server"),
        ("http:///v1", "http:///v1 is not the URL of a server"),
        ("http://edge:99999", "http://edge:99999 is not the URL of a server"),
        ("http://edge?x=1", "http://edge?x=1 is not the URL of a server"),
        ("http://edge/#x", "http://edge/#x is not the URL of a server"),
        ("http://ed ge", "http://ed ge is not the URL of a server"),
        ("http://edge/a b", "http://edge/a b is not a URL: it holds blanks or control characters"),
        (
            "http://edge/\x1b[m",
            "http://edge/\\x1b[m is not a URL: it holds blanks or control characters",
        ),
        ("http://edge/v1/organizations", "http://edge/v1/organizations goes on after /v1"),
        ("http://me:secret@edge", "a URL must not hold a user or a password"),
        ("http://me:sec/ret@edge:x", "a URL must not hold a user or a password"),
        ("me:secret@edge", "a URL must not hold a user or a password"),
    ],
)
def test_another_url_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        client_of(url)
    assert caught.value.message == sentence


def test_a_certificate_of_the_file_is_trusted(tmp_path: Path) -> None:
    authority = Authority.made()
    with serving([reply()], authority.context(tmp_path)) as server:
        assert client_of(server, ca_file=authority.file(tmp_path)).get("organizations").is_good


def test_the_server_s_own_certificate_may_be_the_file(tmp_path: Path) -> None:
    context = Authority.made().context(tmp_path)  # as curl --cacert allows
    with serving([reply()], context) as server:
        client = client_of(server, ca_file=tmp_path / "server.pem")
        assert client.get("organizations").is_good


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "ca.pem: No such file or directory"),
        (b"", "ca.pem: not a CA file"),
        (
            b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "ca.pem: not a CA file",
        ),
    ],
)
def test_a_ca_file_that_cannot_be_used(
    content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"{sentence}$"):
        client_of("https://127.0.0.1", ca_file=path)


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([reply(200, b"[1]")]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me%40x:p%C3%B6w@"))
        monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
        assert client_of("http://edge.example:8080").get("organizations").is_good
        (request,) = proxy.requests
    assert request.target == "http://edge.example:8080/v1/organizations"
    credentials = b64encode("me@x:pöw".encode()).decode()
    assert request.headers["proxy-authorization"] == f"Basic {credentials}"


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([reply()]) as server, serving([reply()]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert client_of(server).get("organizations").is_good
        assert (len(server.requests), len(proxy.requests)) == (1, 0)


def test_a_proxy_that_refuses_is_named_without_its_credentials(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving([reply(407)]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:s3cret@"))
        answer = client_of("https://edge.example").get("organizations")
        assert proxy.requests[0].method == "CONNECT"
        assert "authorization" not in proxy.requests[0].headers
    assert (answer.reason, answer.detail) == (
        "unreachable",
        "the proxy does not lead to edge.example:443: 407 Whatever",
    )
    assert answer.hint == "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    assert "s3cret" not in repr(answer) + caplog.text


def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([reply()]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
    answer = client_of("http://edge.example").get("organizations")
    assert answer.detail == "the proxy does not lead to edge.example:80: Connection refused"


@pytest.mark.parametrize(
    "proxy", ["socks5://me:s3cret@127.0.0.1:1", "http://me:s3cret@", "ftp://x"]
)
def test_a_proxy_that_cannot_be_used_is_said(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(InputError) as caught:
        client_of("http://edge.example")
    assert caught.value.message == "the proxy that the environment names cannot be used"
