"""Lines for a shell: comments, and calls of the management API by curl.

Names come from outside and may hold anything. In a URL they are percent-encoded, in a body they are
JSON in ASCII, and every other word is quoted; a line is one line, whatever is in it.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote

from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

CURL = 'curl -fsS -K "$EDGE_CURL"'
"""Credentials stay out of the process list: curl reads them from the file that EDGE_CURL names."""


def says(text: str) -> str:
    """A comment: what to do, who may, what must restart."""
    return f"# {printable(text)}"


def encoded(name: str) -> str:
    """A name as a part of a path or as the value of a query: letters, digits and `-._~%` only."""
    return quote(name, safe="", errors="surrogatepass")


def url(*names: str, **query: str) -> str:
    """The quoted URL of a resource below the base URL, which the variable EDGE holds."""
    path = "/".join(map(encoded, names))
    asked = "&".join(f"{key}={encoded(value)}" for key, value in query.items())
    return f'"$EDGE/{path}{"?" if asked else ""}{asked}"'


def get(where: str, file: str) -> str:
    """What is at a quoted URL, into a file of ours."""
    return f"{CURL} -H 'Accept: application/json' -o {file} {where}"


def send(method: str, where: str, body: Mapping[str, object]) -> str:
    """A JSON body to a quoted URL."""
    return f"{_sending(method)} -d {shlex.quote(json.dumps(body))} {where}"


def send_file(method: str, where: str, file: str) -> str:
    """A file of ours with JSON to a quoted URL."""
    return f"{_sending(method)} --data-binary @{file} {where}"


def _sending(method: str) -> str:
    return f"{CURL} -X {method} -H 'Content-Type: application/json'"


def edited(program: str, file: str) -> str:
    """A file of ours with JSON, through jq, into `new-FILE`."""
    return f"jq {shlex.quote(program)} {file} > new-{file}"


def json_text(value: object) -> str:
    """A value as JSON in ASCII, which is also an expression of jq: it has no backslash to spare."""
    return json.dumps(value)
