"""The demo that takes changes: what it makes of them, and what it refuses as Edge does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.demo import DemoEdge
from tests.factories import CA

from .asking import Reply, ask, basic
from .conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROD = "/v1/o/acme/e/prod"
ROOT = CA.root("Root", not_before=NOW - timedelta(days=9), not_after=NOW + timedelta(days=9))
VALID = {"not_before": NOW - timedelta(days=1), "not_after": NOW + timedelta(days=1)}
LEAF = ROOT.leaf("a.example", **VALID)
EXPIRED = ROOT.leaf("b.example", **VALID | {"not_after": NOW - timedelta(hours=1)})


@pytest.fixture
def edge() -> Iterator[DemoEdge]:
    with DemoEdge(NOW, seed=2, is_writable=True) as edge:
        yield edge


def send(
    edge: DemoEdge, method: str, path: str, body: object = None, kind: str = "application/json"
) -> Reply:
    headers = {**basic(f"{edge.username}:{edge.password}"), "Content-Type": kind}
    text = body if isinstance(body, str) else json.dumps(body)
    return ask(edge, path, method=method, headers=headers, body=text)


def upload(edge: DemoEdge, query: str, files: Mapping[str, str], kind: str = "aliases") -> int:
    """Uploads an alias to the keystore orders; the status."""
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n{text}\r\n'
        for name, text in files.items()
    )
    path = f"{PROD}/keystores/orders/{kind}?alias=new{query}"
    return send(edge, "POST", path, f"{parts}--x--\r\n", "multipart/form-data; boundary=x").status


def test_a_store_is_made_once_and_deleted(edge: DemoEdge) -> None:
    body = {"name": "a b%"}
    assert [send(edge, "POST", f"{PROD}/keystores", body).status for _ in range(2)] == [201, 409]
    assert ask(edge, f"{PROD}/keystores/a%20b%25/aliases").json == []
    assert "a b%" in ask(edge, f"{PROD}/keystores").json
    assert send(edge, "DELETE", f"{PROD}/keystores/a%20b%25").status == 200
    assert ask(edge, f"{PROD}/keystores/a%20b%25").status == 404


CHAIN = LEAF.pem + "\n" + ROOT.pem
FILES = {"certFile": CHAIN, "keyFile": LEAF.key_pem}


@pytest.mark.parametrize(
    ("files", "query", "status"),
    [
        (FILES, "&format=keycertfile", 201),
        ({"certFile": CHAIN}, "&format=keycertfile", 201),
        ({"certFile": LEAF.pem + ROOT.pem}, "&format=keycertfile", 400),
        ({**FILES, "keyFile": ROOT.key_pem}, "&format=keycertfile", 400),
        ({"certFile": EXPIRED.pem}, "&format=keycertfile", 400),
        ({"certFile": EXPIRED.pem}, "&format=keycertfile&ignoreExpiryValidation=true", 201),
        ({"certFile": CHAIN + "#" * 50 * 1024}, "&format=keycertfile", 400),
        ({"keyFile": LEAF.key_pem}, "&format=keycertfile", 400),
        (FILES, "", 400),
    ],
    ids=[
        "chain and key",
        "certificates only",
        "no blank line",
        "another key",
        "expired",
        "expired, by force",
        "too long",
        "no certificate",
        "no format",
    ],
)
def test_uploads_are_checked(edge: DemoEdge, files: Any, query: str, status: int) -> None:
    assert upload(edge, query, files) == status
    alias = ask(edge, f"{PROD}/keystores/orders/aliases/new")
    assert alias.status == (200 if status == 201 else 404)
    if status == 201:
        assert bool(alias.json.get("keyName")) is ("keyFile" in files)


def test_an_alias_is_uploaded_once_and_deleted(edge: DemoEdge) -> None:
    query = "&format=keycertfile"
    assert [upload(edge, query, FILES) for _ in range(2)] == [201, 409]
    path = f"{PROD}/keystores/orders/aliases/new"
    assert "BEGIN CERTIFICATE" in ask(edge, f"{path}/certificate").body
    assert [send(edge, "DELETE", path).status for _ in range(2)] == [200, 404]
    assert upload(edge, "", {"file": ROOT.pem}, "certs") == 204


def test_a_reference_leads_to_a_store_that_exists(edge: DemoEdge) -> None:
    path = f"{PROD}/references/orders"
    body = {"name": "orders", "refers": "checkout", "resourceType": "KeyStore"}
    assert send(edge, "PUT", path, body).status == 200
    assert ask(edge, path).json == body
    refused = send(edge, "PUT", path, {**body, "refers": "nowhere"})
    assert (refused.status, refused.json["code"].rpartition(".")[2]) == (
        400,
        "InvalidKeyStoreReference",
    )


@pytest.mark.parametrize("path", [f"{PROD}/virtualhosts/orders", f"{PROD}/targetservers/ledger"])
def test_what_was_read_can_be_written_and_is_the_same(edge: DemoEdge, path: str) -> None:
    told = ask(edge, path)
    assert send(edge, "PUT", path, told.json).status == 200
    assert ask(edge, path).json == told.json
    changed = {**told.json, "sSLInfo": {**told.json["sSLInfo"], "keyStore": "direct"}}
    assert send(edge, "PUT", path, changed).status == 200
    assert ask(edge, path).json["sSLInfo"]["keyStore"] == "direct"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", f"{PROD}/virtualhosts/unknown", 405),
        ("PATCH", f"{PROD}/virtualhosts/orders", 405),
        ("DELETE", f"{PROD}/virtualhosts/unknown", 404),
        ("DELETE", "/v1/o/acme", 405),
        ("POST", "/v1/o/acme/apis", 405),
        ("POST", "/v1/o/heritage/e/prod/keystores/claims/aliases?alias=x&format=keycertfile", 404),
    ],
)
def test_what_cannot_be_changed(edge: DemoEdge, method: str, path: str, status: int) -> None:
    body = {"name": "orders", "hostAliases": ["a"], "port": "443"}
    assert send(edge, method, path, body).status == status


def test_changes_want_the_password_and_are_seen_by_nobody_else(edge: DemoEdge) -> None:
    path = f"{PROD}/keystores/orders"
    assert ask(edge, path, method="DELETE", headers=basic("a:b")).status == 401
    assert send(edge, "DELETE", path).status == 200
    with DemoEdge(NOW, seed=2) as other:
        assert ask(other, path).status == 200
