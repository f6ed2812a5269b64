"""What the server says to one request."""

from __future__ import annotations

import json
from dataclasses import dataclass

Path = tuple[str, ...]
"""The names of a resource, decoded, in the long form: ("organizations", "acme")."""

# The codes for environments and references are known (apigee-edge-js, test/); the vendor's
# words for the others are not, and are formed by analogy.
_KINDS = {
    "organizations": "Organization",
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
    """A status and a body, with the Content-Type that the server claims for it."""

    status: int
    body: str
    content_type: str = "application/json"


def refusal(status: int, code: str, message: str) -> Answer:
    """An error as the management API tells it (documentation, "HTTP status codes")."""
    return Answer(status, json.dumps({"code": code, "message": message, "contexts": []}))


def unauthorized(message: str, code: str) -> Answer:
    """A 401. No source shows the body; this is the other envelope that Edge has for errors."""
    fault = {"faultstring": message, "detail": {"errorcode": code}}
    return Answer(401, json.dumps({"fault": fault}))


def not_found(path: Path, known: dict[Path, Answer]) -> Answer:
    """A 404 that names the first part of `path` that is not `known`."""
    depth = next((n for n in range(len(path)) if path[: n + 1] not in known), 0)
    if kind := _KINDS.get(path[depth - 1]) if depth else None:
        message = f"{kind} {path[depth]} does not exist"
        return refusal(404, f"messaging.config.beans.{kind}DoesNotExist", message)
    return refusal(404, "messaging.config.beans.ResourceDoesNotExist", "No such path")
