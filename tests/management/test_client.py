"""A management server over HTTP: what is sent, what comes of each answer, what never shows."""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import edgeaudit
from edgeaudit.errors import InputError
from edgeaudit.management.auth import OAuth
from edgeaudit.management.source import TEXT, Answer, path_to
from tests.management.asking import AUTH, PASSWORD, Clock, client_of
from tests.management.server import Request, Server, in_turn, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_API = "the URL may be that of a UI or a login page, not of a management API"


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
        ("", " is not the URL of a server"),
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


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "unparsable"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "unparsable"),
        (407, "unreachable"),
        (408, "timeout"),
        (410, "not_found"),
        (418, "unparsable"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (599, "server_error"),
        (304, "redirected"),
    ],
)
def test_each_status_has_its_reason(status: int, reason: str) -> None:
    with serving([reply(status, b"")]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.detail == f"HTTP {status}: Whatever"
    assert answer.hint.startswith("check the credentials and the role") == (status in {401, 403})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"code":"a.B","message":"No such  thing\\n","contexts":[]}', "No such thing"),
        (b'{"code":"a.B","message":["one","two",3]}', "one; two"),
        (b'{"code":"a.B","message":[]}', "a.B"),
        (b'{"fault":{"faultstring":"Denied","detail":{"errorcode":"x"}}}', "Denied"),
        (b'{"error":{"code":403,"message":"Like Apigee X"}}', "Like Apigee X"),
        (b"<html><head><TITLE>Bad &amp; gone</TITLE></head><body>x</body></html>", "Bad & gone"),
        (b"<Error><Message>In XML</Message></Error>", "In XML"),
        (b"plain\twords\x1b[31m \xff", "plain words\\x1b[31m \\udcff"),
        (b'"just a string"', "Whatever"),
        (b"{}", "Whatever"),
        (b"[" * 100_000, "[" * 199 + "…"),
        (b"\xe2\x80\xaeevil", "\\u202eevil"),
    ],
)
def test_the_detail_is_what_the_server_says(body: bytes, said: str) -> None:
    with serving([reply(403, body)]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.detail, answer.body) == (f"HTTP 403: {said}", body)


def test_recorded_errors_are_understood(recorded: Any = None) -> None: ...
