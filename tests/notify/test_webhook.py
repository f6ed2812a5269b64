"""A webhook gets one POST with the message, in its shape, signed; nobody else gets anything."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.errors import DeliveryError, InputError
from edgeaudit.management import transport
from edgeaudit.notify.message import Item
from edgeaudit.notify.webhook import SIGNATURE, Webhook, payload, target
from tests.management.server import Authority, HangUp, reply, serving
from tests.notify.test_mail import EXPIRY, MESSAGES, _hostile
from tests.test_hostile_names import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.notify.message import Message

PATH = "/services/T00/B00/hunter2?api-version=1&sig=hunter2"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)


def test_one_post_signed() -> None:
    with serving([reply(200, b"ok")]) as server:
        Webhook("ops", server.url + PATH, secret="säcret").post(EXPIRY)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", PATH)
    assert json.loads(request.body) == EXPIRY.data
    assert request.headers["content-type"] == "application/json"
    digest = hmac.new("säcret".encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers[SIGNATURE.lower()] == f"sha256={digest}"


def test_without_a_secret_nothing_is_signed() -> None:
    with serving([reply(204, b"")]) as server:
        Webhook("ops", server.url).post(EXPIRY)
    assert SIGNATURE.lower() not in server.requests[0].headers


def test_one_that_is_busy_is_asked_again() -> None:
    with serving([reply(503), reply(429), reply(200)]) as server:
        Webhook("ops", server.url).post(EXPIRY)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(400, b"invalid_payload"), "answered HTTP 400"),
        (reply(500), "answered HTTP 500"),
        (reply(302, b"", "Location: http://127.0.0.1:1/elsewhere"), "answered HTTP 302"),
        (b"220 mail.example.com ESMTP\r\n", "does not speak HTTP"),
    ],
)
def test_what_is_not_taken(answer: bytes, told: str) -> None:
    with serving([answer]) as server, pytest.raises(DeliveryError, match=told) as caught:
        Webhook("ops", server.url + PATH).post(EXPIRY)
    assert {request.target for request in server.requests} == {PATH}
    assert "the webhook ops" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_line_that_drops() -> None:
    def drop(_: Any) -> list[bytes]:
        raise HangUp

    with serving(drop) as server, pytest.raises(DeliveryError, match="closed the connection"):
        Webhook("ops", server.url).post(EXPIRY)


def test_a_private_ca(tmp_path: Path) -> None:
    authority = Authority.made()
    with serving([reply(200)], authority.context(tmp_path)) as server:
        Webhook("ops", server.url, ca=authority.file(tmp_path)).post(EXPIRY)
        with pytest.raises(DeliveryError, match="not trusted"):
            Webhook("ops", server.url).post(EXPIRY)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com/hunter2",
        "ftp://x/hunter2",
        "https:///hunter2",
        "https://u:hunter2@x/",
        "https://x/\x1bhunter2",
        "https://x/a b",
        "https://[hunter2",
    ],
)
def test_a_url_that_cannot_be_posted_to(url: str) -> None:
    with pytest.raises(InputError, match="the webhook ops has no URL") as caught:
        target("ops", url)
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_webhook_does_not_show_its_secrets() -> None:
    assert "hunter2" not in repr(Webhook("ops", "https://x/hunter2", secret="hunter2"))


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_what_slack_takes(message: Message) -> None:
    """Its limits: 50 blocks, 150 characters in a header, 3000 in a section; no empty text."""
    data = json.loads(payload(message, "slack"))
    head, *sections = data["blocks"]
    assert (head["type"], head["text"]["text"]) == ("header", message.title[:150])
    assert len(sections) < 50
    for section in sections:
        assert section["type"] == "section"
        assert section["text"]["type"] == "plain_text"
        assert 0 < len(section["text"]["text"]) <= 3000


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_what_teams_takes(message: Message) -> None:
    raw = payload(message, "teams")
    assert len(raw) < 28_000
    (attachment,) = json.loads(raw)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    body = attachment["content"]["body"]
    assert body[0]["inlines"][0]["text"] == message.title
    for block in body:
        assert block["type"] == "RichTextBlock"
        assert all(run["type"] == "TextRun" and run["text"] for run in block["inlines"])


@pytest.mark.parametrize("shape", ["slack", "teams"])
def test_a_hundred_certificates_are_a_few_and_how_many_more(shape: Any) -> None:
    many = replace(EXPIRY, items=EXPIRY.items[:1] * 100)
    assert "and 80 more" in payload(many, shape).decode()
    assert Item("and 80 more", "see the report", "plain") not in many.items


@pytest.mark.parametrize("name", HOSTILE[::3])
def test_a_name_is_no_mention_and_no_link(name: str) -> None:
    data = json.loads(payload(_hostile(f"<!channel>{name}"), "slack"))
    assert "<" not in data["text"]
    assert {block["text"]["type"] for block in data["blocks"]} == {"plain_text"}
    payload(_hostile(name), "teams")
    payload(_hostile(name), "json")
