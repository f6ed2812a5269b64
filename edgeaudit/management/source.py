"""Where answers come from: a management server, a recorded snapshot, a dict in a test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from edgeaudit.errors import BadAnswer, UnsafeName

if TYPE_CHECKING:
    from edgeaudit.inventory import Reason

JSON = "application/json"
TEXT = "text/plain, */*"

NO_API = "the URL may be that of a UI or a login page, not of a management API"


@dataclass(frozen=True)
class Answer:
    """What a source said of one path: a good `body`, or the `reason` why there is none.

    `status` is the HTTP status, None where no answer came at all. `detail` says in one sentence
    what went wrong and `hint` what to do about it; neither ever holds a credential.
    """

    status: int | None
    body: bytes = b""
    reason: Reason | None = None
    detail: str = ""
    hint: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the body is what was asked for."""
        return self.reason is None


class Source(Protocol):
    """Answers GET requests; safe to use from several threads at once."""

    @property
    def name(self) -> str:
        """The base URL or file, as it may be shown: without credentials."""

    @property
    def endpoint(self) -> str:
        """HOST:PORT, or the file's name."""

    def get(self, path: str, accept: str = JSON) -> Answer:
        """The answer to GET `path`: encoded, below the API's version, no leading slash.

        Never raises for what the other side did or did not do.
        """


def path_to(*names: str) -> str:
    """The encoded path through `names`: `path_to("organizations", "a b")` is `organizations/a%20b`.

    Raises UnsafeName for an empty or dot name, which would reach another resource.
    """
    return "/".join(map(_encoded, names))


@lru_cache(maxsize=4096)
def _encoded(name: str) -> str:
    if name in {"", ".", ".."}:
        raise UnsafeName(f"the name {name!r} cannot be asked for")
    return quote(name, safe="", errors="surrogatepass")


def parsed_json(body: bytes) -> object:
    """The JSON value in `body`, whatever its Content-Type said; a byte order mark is ignored.

    Raises BadAnswer, saying what the body is instead: empty, not UTF-8, HTML, XML, not JSON (as
    RFC 8259 has it, so without NaN and Infinity), or nested too deeply.
    """
    try:
        text = body.decode("utf-8-sig").strip(" \t\r\n")
    except UnicodeDecodeError as error:
        raise BadAnswer("the answer is not UTF-8") from error
    if not text:
        raise BadAnswer("the answer is empty", NO_API)
    if text.startswith("<"):
        raise BadAnswer(f"the answer is {_markup(text)}, not JSON", NO_API)
    try:
        return _DECODER.decode(text)
    except ValueError as error:
        raise BadAnswer("the answer is not valid JSON") from error
    except RecursionError as error:
        raise BadAnswer("the answer is nested too deeply") from error


def _markup(text: str) -> str:
    start = text[:1000].lower()
    return "an HTML page" if "<html" in start or "<!doctype html" in start else "XML"


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _refused(digits)


_DECODER = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)
