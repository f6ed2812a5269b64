"""What a server says when it does not give what it was asked for."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from edgeaudit.errors import BadAnswer
from edgeaudit.location import printable
from edgeaudit.management.source import NO_API, Answer, parsed_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgeaudit.inventory import Reason
    from edgeaudit.management.transport import Response

LONGEST_MESSAGE = 200
SPEAKS_TLS = "it speaks TLS: use https://"

_CREDENTIALS = (
    "check the credentials and the role: reading needs at least a read-only administrator"
)
_HINTS = {
    401: _CREDENTIALS,
    403: _CREDENTIALS,
    407: "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
}
# What nginx says where http:// meets its TLS port, and a Router ("Unable to identify proxy for
# host", Edge troubleshooting): whoever says it is no management API
_STRANGERS = {
    "sent to HTTPS port": SPEAKS_TLS,
    "Unable to identify proxy for host": "a Router serves the APIs: name the management server",
}
_REASONS: dict[int, Reason] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    407: "unreachable",  # a proxy's
    408: "timeout",
    410: "not_found",
    429: "rate_limited",
}
_CLASSES: dict[int, Reason] = {3: "redirected", 5: "server_error"}


def refusal(response: Response, secrets: Iterable[str]) -> Answer:
    """The answer without a good body: reason by status, detail `HTTP 403: what the server says`.

    Credentials that the server echoes are masked. The manual reverses the usual meaning of 401
    and 403, so both get the same hint. A 4xx without a reason of its own is `unparsable`: server
    and client do not understand one another; its body may be an answer of its own all the same.
    """
    status = response.status
    body = _masked(response.body.decode("utf-8", "surrogateescape"), secrets)
    said = brief(_masked(_message(body) or response.phrase, secrets))
    reason = _REASONS.get(status) or _CLASSES.get(status // 100, "unparsable")
    hint = _HINTS.get(status, NO_API if status < 500 and body.lstrip().startswith("<") else "")
    for words, told in _STRANGERS.items():
        if words in said:
            reason, hint = "unreachable", told
    detail = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    return Answer(status, body.encode("utf-8", "surrogateescape"), reason, detail, hint)


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text


def brief(text: str) -> str:
    """`text` on one line of at most LONGEST_MESSAGE characters, all of them printable."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def _message(body: str) -> str:
    """What an error body says: envelope A or B of Edge, an OAuth2 error, HTML, or plain text."""
    try:
        return _envelope(parsed_json(body.encode("utf-8", "surrogateescape")))
    except BadAnswer:
        start = body[:10_000]
    title = re.search(r"<title[^<>]*>([^<]*)", start, re.IGNORECASE)
    return html.unescape(title[1] if title else re.sub(r"<[^<>]*>", " ", start))


def _envelope(value: object) -> str:
    """The message of a JSON error; a `message` may be a list (apigee-client-php)."""
    if not isinstance(value, dict):
        return ""
    inner = next(
        (value[key] for key in ("fault", "error") if isinstance(value.get(key), dict)), value
    )
    for key in ("message", "faultstring", "error_description", "error", "code"):
        said = inner.get(key)
        if isinstance(said, list):
            said = "; ".join(part for part in said if isinstance(part, str))
        if isinstance(said, str) and said:
            return said
    return ""
