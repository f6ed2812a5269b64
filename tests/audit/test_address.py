"""Where a target calls."""

from __future__ import annotations

import pytest

from edgeaudit.audit.address import address
from edgeaudit.inventory import ProxyTarget, TargetServer


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://Backend.Example.com./v1?x=http://y", ("backend.example.com", 443)),
        ("https://backend.example.com:8443", ("backend.example.com", 8443)),
        ("http://backend.example.com", ("backend.example.com", 80)),
        ("https://[2001:db8::1]/", ("2001:db8::1", 443)),
        ("https://b.example.com/{path}", ("b.example.com", 443)),
        ("https://{host}/v1", None),
        ("{url}", None),
        ("https://*.example.com", None),
        ("https://b.example.com:port", None),
        ("https://[x", None),
        ("backend.example.com", None),
        (None, None),
    ],
)
def test_a_url(url: str | None, found: tuple[str, int] | None) -> None:
    assert address(ProxyTarget("here", "acme/prod", "t", url)) == found


@pytest.mark.parametrize(
    ("host", "port", "found"),
    [
        ("Backend.example.com", 9443, ("backend.example.com", 9443)),
        ("backend.example.com", None, None),
        ("{host}", 443, None),
        ("", 443, None),
    ],
)
def test_a_server(host: str, port: int | None, found: tuple[str, int] | None) -> None:
    assert address(TargetServer("here", "acme/prod", "t", host, port)) == found
