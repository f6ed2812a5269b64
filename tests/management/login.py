"""A login host for tests: its tokens, and the credentials that buy them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from edgeaudit.management.oauth import Account, OAuth
from tests.management.asking import PASSWORD, Clock
from tests.management.server import reply

if TYPE_CHECKING:
    from tests.management.server import Server

USER = "me@example.com"
LIFE = 1800


def jwt(number: int, **claims: Any) -> str:
    """An access token that tells its life as Edge's do."""
    payload = json.dumps({"jti": number, "iat": 100, "exp": 100 + LIFE, **claims}).encode()
    return f"aaa.{urlsafe_b64encode(payload).decode().rstrip('=')}.sig-{number}"


def granted(token: str, **more: Any) -> bytes:
    return reply(200, json.dumps({"access_token": token, "token_type": "bearer", **more}).encode())


def counting(**claims: Any) -> list[bytes]:
    """A login host's answers: a new token each time."""
    return [granted(jwt(number, **claims)) for number in range(20)]


def bearer(number: int, **claims: Any) -> str:
    return f"Bearer {jwt(number, **claims)}"


def oauth(server: Server, clock: Clock | None = None, **options: Any) -> OAuth:
    """An OAuth of `server`: the options that an Account has, and those that OAuth has."""
    clock = clock or Clock()
    names = {one.name for one in fields(Account)}
    account = {name: value for name, value in options.items() if name in names}
    rest = {name: value for name, value in options.items() if name not in names}
    account = account or {"username": USER, "password": PASSWORD}
    return OAuth(server.url, Account(**account), sleep=clock.sleep, clock=clock, **rest)
