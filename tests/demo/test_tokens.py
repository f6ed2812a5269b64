"""The OAuth2 service of the demo."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from .asking import Reply, ask, basic

if TYPE_CHECKING:
    from edgeaudit.demo import DemoEdge

CLIENT = "edgecli:edgeclisecret"


def token(edge: DemoEdge, form: dict[str, str], *, query: str = "", client: str = CLIENT) -> Reply:
    headers = basic(client) | {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    path = f"/oauth/token{query}"
    return ask(edge, path, method="POST", headers=headers, body=urlencode(form))


def password_form(edge: DemoEdge) -> dict[str, str]:
    return {"grant_type": "password", "username": edge.username, "password": edge.password}


def test_a_token_opens_the_management_api(edge: DemoEdge) -> None:
    granted = token(edge, password_form(edge)).json

    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert ask(edge, "/v1/o/acme", headers=headers).status == 200
    assert set(granted) == {
        "access_token",
        "expires_in",
        "jti",
        "refresh_token",
        "scope",
        "token_type",
    }


def test_tokens_tell_their_life_time(edge: DemoEdge) -> None:
    access = token(edge, password_form(edge)).json["access_token"]
    claims = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))

    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_a_refresh_token_gives_another_token(edge: DemoEdge) -> None:
    first = token(edge, password_form(edge)).json
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = token(edge, form).json

    assert second["access_token"] != first["access_token"]
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert ask(edge, "/v1/o/acme", headers=headers).status == 200


def test_an_mfa_token_may_come_in_the_query_or_in_the_form(edge: DemoEdge) -> None:
    form = password_form(edge)

    assert token(edge, form, query="?mfa_token=123456").status == 200
    assert token(edge, form | {"mfa_token": "123456"}).status == 200


@pytest.mark.parametrize(
    ("changes", "client", "status", "error"),
    [
        ({"password": "wrong"}, CLIENT, 401, "unauthorized"),
        ({}, "someone:else", 401, "unauthorized"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, CLIENT, 401, "invalid_token"),
        ({"grant_type": "implicit"}, CLIENT, 400, "unsupported_grant_type"),
    ],
)
def test_no_token_without_the_right_form(
    changes: dict[str, str], client: str, status: int, error: str, edge: DemoEdge
) -> None:
    reply = token(edge, password_form(edge) | changes, client=client)

    assert (reply.status, reply.json["error"]) == (status, error)
