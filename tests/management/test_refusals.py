"""What becomes of the answers that are not what was asked for, and of what they say."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgeaudit.management.auth import Basic, Token
from edgeaudit.management.source import NO_API
from tests.management.asking import AUTH, PASSWORD, client_of
from tests.management.server import reply, serving

if TYPE_CHECKING:
    from tests.management.server import Request

RECORDED = Path(__file__).parents[1] / "recorded"
TOKEN = "aaa.bbb.ccc"


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
    assert answer.hint.startswith("check HTTP_PROXY") == (status == 407)


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


@pytest.mark.parametrize(("status", "has_hint"), [(404, True), (400, True), (503, False)])
def test_a_page_hints_at_a_wrong_url(status: int, has_hint: bool) -> None:
    with serving([reply(status, b"\n<html><h1>Not here</h1></html>")]) as server:
        answer = client_of(server).get("organizations")
    assert answer.detail == f"HTTP {status}: Not here"
    assert answer.hint == (NO_API if has_hint else "")


def test_a_router_is_told_from_a_management_server() -> None:
    said = "Unable to identify proxy for host: default and url: /v1/organizations"
    body = json.dumps({"fault": {"faultstring": said, "detail": {"errorcode": "x"}}}).encode()
    with serving([reply(404, body)]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.reason, answer.detail) == ("unreachable", f"HTTP 404: {said}")
    assert answer.hint == "a Router serves the APIs: name the management server"


def test_a_recorded_error_is_understood() -> None:
    with serving([reply(409, (RECORDED / "error-409-cache-exists.json").read_bytes())]) as server:
        answer = client_of(server).get("organizations")
    said = "Cache duplicate_cache already exists in environment test"
    assert (answer.reason, answer.detail) == ("unparsable", f"HTTP 409: {said}")


def test_a_400_keeps_its_body() -> None:
    body = b'{"code":"distribution.ApplicationNotDeployed","message":"not deployed"}'
    with serving([reply(400, body)]) as server:
        answer = client_of(server).get("organizations")
    assert (answer.status, answer.body) == (400, body)


def echo(request: Request) -> list[bytes]:
    """Says the credentials back, in every way that may be shown."""
    credentials = request.headers["authorization"]
    said = f"{credentials} {PASSWORD}"
    kinds = {
        "json": json.dumps({"message": f"{said} in JSON"}).encode(),
        "list": json.dumps({"message": [said, "in a list"]}).encode(),
        "html": f"<title>{said} in HTML</title>".encode(),
        "text": f"{said} in plain text".encode(),
        "long": ("x" * 180 + said).encode(),
    }
    return [reply(401, kinds[request.target.rpartition("/")[2]])]


@pytest.mark.parametrize("kind", ["json", "list", "html", "text", "long"])
@pytest.mark.parametrize("auth", [AUTH, Token(TOKEN)])
def test_credentials_that_a_server_echoes_are_masked(
    kind: str, auth: Basic | Token, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(echo) as server:
        client = client_of(server, auth=auth)
        answer = client.get(kind)
    shown = f"{answer!r} {client!r} {auth!r} {caplog.text} {answer.body.decode()}"
    secrets = [b64encode(f"me@example.com:{PASSWORD}".encode()).decode(), TOKEN]
    assert "***" in answer.detail
    assert not any(secret in shown for secret in secrets)
    assert auth is not AUTH or PASSWORD not in answer.detail
