"""A plain HTTP client that knows nothing of the demo."""

from __future__ import annotations

import base64
import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.demo import DemoEdge


class Reply(NamedTuple):
    status: int
    content_type: str
    raw: bytes

    @property
    def body(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


def ask(
    edge: DemoEdge,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Reply:
    """One request; with the right password unless other headers are given."""
    if headers is None:
        headers = basic(f"{edge.username}:{edge.password}")
    connection = http.client.HTTPConnection(urlsplit(edge.url).netloc, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Reply(response.status, response.headers["Content-Type"], response.read())
    finally:
        connection.close()
