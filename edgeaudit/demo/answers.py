"""What the server says to one request."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str, ...]
"""The names of a resource, decoded, in the long form: ("organizations", "acme").

A query that makes a difference is the last part: `?format=bundle`.
"""

_PAGE = 100  # the most names in a page (Edge API specification, proxies)

# The codes for environments and references are known (apigee-edge-js, test/); the vendor's
# words for the others are not, and are formed by analogy.
_KINDS = {
    "organizations": "Organization",
    "apis": "Application",
    "sharedflows": "SharedFlow",
    "revisions": "Revision",
    "environments": "Environment",
    "keystores": "KeyStore",
    "aliases": "Alias",
    "certs": "Certificate",
    "references": "ResourceReference",
    "virtualhosts": "VirtualHost",
    "targetservers": "TargetServer",
}


@dataclass(frozen=True)
class Answer:
    """A status and a body, with the Content-Type that the server claims for it.

    `pages` are the names of a list that can be asked for page by page.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    pages: tuple[str, ...] = ()

    def page(self, query: Mapping[str, str]) -> Answer:
        """The part of `pages` that `count` and `startKey` ask for; without `count` the whole.

        The page begins with `startKey` itself (Edge API specification, proxies).
        """
        if not self.pages or not query.get("count", "").isdecimal():
            return self
        start = query.get("startKey", self.pages[0])
        first = self.pages.index(start) if start in self.pages else len(self.pages)
        size = min(int(query["count"]), _PAGE)
        return replace(self, body=json.dumps(self.pages[first : first + size]).encode())


def answer_to(path: Path, query: Sequence[tuple[str, str]], known: dict[Path, Answer]) -> Answer:
    """The answer among the `known`; parts of a query that make no difference are ignored."""
    for name, value in query:
        if answer := known.get((*path, f"?{name}={value}")):
            return answer
    answer = known.get(path)
    return answer.page(dict(query)) if answer else not_found(path, known)


def refusal(status: int, code: str, message: str) -> Answer:
    """An error as the management API tells it (documentation, "HTTP status codes")."""
    body = {"code": code, "message": message, "contexts": []}
    return Answer(status, json.dumps(body).encode())


def unauthorized(message: str, code: str) -> Answer:
    """A 401. No source shows the body; this is the other envelope that Edge has for errors."""
    fault = {"faultstring": message, "detail": {"errorcode": code}}
    return Answer(401, json.dumps({"fault": fault}).encode())


def not_found(path: Path, known: dict[Path, Answer]) -> Answer:
    """A 404 that names the first part of `path` that is not `known`."""
    depth = next((n for n in range(len(path)) if path[: n + 1] not in known), 0)
    if kind := _KINDS.get(path[depth - 1]) if depth else None:
        message = f"{kind} {path[depth]} does not exist"
        return refusal(404, f"messaging.config.beans.{kind}DoesNotExist", message)
    return refusal(404, "messaging.config.beans.ResourceDoesNotExist", "No such path")
