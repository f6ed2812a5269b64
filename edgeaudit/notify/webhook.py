"""A message as a POST: as plain JSON, or in the shape that Slack or Teams takes."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import parse_url

import edgeaudit
from edgeaudit.errors import DeliveryError, InputError
from edgeaudit.location import printable
from edgeaudit.management.connections import endpoint
from edgeaudit.management.failures import failure
from edgeaudit.management.transport import RETRIED, Transport

if TYPE_CHECKING:
    from pathlib import Path

    from urllib3.util import Url

    from edgeaudit.notify.message import Item, Message

Shape = Literal["json", "slack", "teams"]

SIGNATURE = "X-Edgeaudit-Signature"
_MOST_ITEMS = 20  # Teams takes 28 KB, Slack 50 blocks
_LONGEST_TEXT = 2900  # Slack takes 3000 characters a block
_TEAMS_COLOURS = {"bad": "attention", "near": "warning", "good": "good", "plain": "default"}


@dataclass(frozen=True)
class Webhook:
    """Where messages are posted to: `name` is what to call it, for the URL is a secret.

    With a `secret` the header X-Edgeaudit-Signature holds `sha256=` and the HMAC-SHA-256 of the
    body in hexadecimal. HTTPS servers are checked against `ca`, or else the public roots.
    """

    name: str
    url: str = field(repr=False)
    shape: Shape = "json"
    secret: str = field(default="", repr=False)
    ca: Path | None = None
    timeout: float = 30

    def post(self, message: Message) -> None:
        """Have the server take the message; raises DeliveryError where it did not say that it has.

        One that is busy is asked up to three times; no redirect is followed.
        """
        url = target(self.name, self.url)
        body = payload(message, self.shape)
        transport = Transport(
            url,
            "POST",
            ca_file=self.ca,
            connect_timeout=self.timeout,
            read_timeout=self.timeout,
            attempts=3,
            retried=RETRIED,
            concurrency=1,
        )
        told = f"the webhook {self.name} did not take the message"
        try:
            answer = transport.request("POST", url.url, self._headers(body), body)
        except HTTPError as error:
            raise DeliveryError(f"{told}: {_why(error, url)}", _HINT) from error
        finally:
            transport.close()
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"{told}: {endpoint(url)} answered HTTP {answer.status}", _HINT)

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"edgeaudit/{edgeaudit.__version__}",
        }
        if self.secret:
            key = self.secret.encode("utf-8", "surrogateescape")
            headers[SIGNATURE] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        return headers


_HINT = "check its URL, and its ca if it has one of its own"


def target(name: str, text: str) -> Url:
    """The URL of the webhook of that name; raises InputError, which does not show it."""
    try:
        url = parse_url(text.strip())
    except LocationValueError:
        url = parse_url("")
    is_plain = printable(text.strip()) == text.strip() and " " not in text.strip()
    if url.scheme not in {"http", "https"} or not url.host or url.auth or not is_plain:
        told = f"the webhook {name} has no URL that can be posted to"
        raise InputError(told, "https://HOST/PATH, without a user in it")
    return url._replace(fragment=None)


def payload(message: Message, shape: Shape) -> bytes:
    """What is posted, in that shape."""
    made = {"json": _plain, "slack": _slack, "teams": _teams}[shape](message)
    return json.dumps(made).encode("ascii")


def _plain(message: Message) -> dict[str, Any]:
    return message.data


def _slack(message: Message) -> dict[str, Any]:
    """Blocks of plain text, in which nothing is a link, a mention or a style.

    Source: Slack, "Sending messages using incoming webhooks", "Reference: blocks".
    """
    texts = [message.intro, *(_told(item) for item in _few(message)), message.closing]
    head = {"type": "header", "text": _plain_text(message.title[:150])}
    sections = [{"type": "section", "text": _plain_text(text)} for text in texts if text]
    return {"text": _escaped(message.title), "blocks": [head, *sections]}


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:_LONGEST_TEXT], "emoji": False}


def _escaped(text: str) -> str:
    """Slack, "Formatting text for app surfaces": three characters, and no more."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(message: Message) -> dict[str, Any]:
    """An Adaptive Card of runs of text, which Teams, unlike text blocks, reads no Markdown in.

    Source: Microsoft, "Create incoming webhooks with Workflows"; Adaptive Cards, RichTextBlock.
    """
    body = [_runs({"text": message.title, "size": "large", "weight": "bolder"})]
    body.append(_runs({"text": message.intro}))
    for item in _few(message):
        verdict = {"text": f"\n{item.verdict}", "color": _TEAMS_COLOURS[item.tone]}
        facts = {"text": "".join(f"\n{line}" for line in _facts(item))}
        body.append(_runs({"text": item.title, "weight": "bolder"}, verdict, facts))
    if message.closing:
        body.append(_runs({"text": message.closing}))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(*runs: dict[str, str]) -> dict[str, Any]:
    inlines = [{"type": "TextRun", **run} for run in runs if run["text"]]
    return {"type": "RichTextBlock", "inlines": inlines, "spacing": "medium"}


def _told(item: Item) -> str:
    return "\n".join([item.title, item.verdict, *_facts(item)])


def _facts(item: Item) -> list[str]:
    return [f"{label}: {', '.join(lines)}" for label, lines in item.facts]


def _few(message: Message) -> list[Item]:
    """The first of the items, and how many there are besides."""
    from edgeaudit.notify.message import Item

    more = len(message.items) - _MOST_ITEMS
    rest = [Item(f"and {more} more", "see the report", "plain")] if more > 0 else []
    return [*message.items[:_MOST_ITEMS], *rest]


def _why(error: HTTPError, url: Url) -> str:
    """Why there was no answer; where it might show the URL, only that there was none."""
    detail = failure(error, url).detail
    path = (url.path or "").strip("/")
    return "there was no answer" if path and path in detail else detail
