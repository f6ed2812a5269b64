"""The OAuth2 service that stands beside the management API."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import TYPE_CHECKING

from .answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

# The published client of every Edge command line (documentation, "Using the Edge OAuth2 service
# to get tokens").
_CLIENT = "edgecli:edgeclisecret"
_ACCESS_SECONDS = 12 * 3600
_REFRESH_SECONDS = 30 * 24 * 3600


def basic(credentials: str) -> str:
    """The Authorization header for `user:password`."""
    return "Basic " + base64.b64encode(credentials.encode()).decode("ascii")


class TokenService:
    """Gives access tokens to one user, and knows those that it gave."""

    def __init__(self, username: str, password: str) -> None:
        self._user = username, password
        self._access_tokens: set[str] = set()
        self._refresh_tokens: set[str] = set()

    def is_known(self, access_token: str) -> bool:
        """Whether the token was given here."""
        return access_token in self._access_tokens

    def answer(self, authorization: str, form: Mapping[str, str]) -> Answer:
        """The answer to a token request; a `mfa_token` is neither needed nor refused."""
        if authorization != basic(_CLIENT):
            return _refused("unauthorized", "Bad credentials")
        grant = form.get("grant_type")
        if grant == "password":
            if (form.get("username"), form.get("password")) != self._user:
                return _refused("unauthorized", "Bad credentials")
        elif grant == "refresh_token":
            if form.get("refresh_token") not in self._refresh_tokens:
                return _refused("invalid_token", "The token is not known")
        else:
            return _refused("unsupported_grant_type", f"Unsupported grant type: {grant}", 400)
        return self._granted()

    def _granted(self) -> Answer:
        access, refresh = self._jwt(_ACCESS_SECONDS), self._jwt(_REFRESH_SECONDS)
        self._access_tokens.add(access)
        self._refresh_tokens.add(refresh)
        body = {
            "access_token": access,
            "token_type": "bearer",
            "refresh_token": refresh,
            "expires_in": _ACCESS_SECONDS - 1,
            "scope": "scim.me openid password.write approvals.me oauth.approvals",
            "jti": secrets.token_hex(16),
        }
        return Answer(200, json.dumps(body).encode())

    def _jwt(self, seconds: int) -> str:
        issued = int(time.time())
        claims = {"sub": self._user[0], "iat": issued, "exp": issued + seconds}
        header = {"alg": "RS256", "typ": "JWT"}
        signature = secrets.token_urlsafe(32)  # nobody but this service judges it
        return ".".join((_part(header), _part(claims), signature))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode("ascii").rstrip("=")


def _refused(error: str, description: str, status: int = 401) -> Answer:
    body = {"error": error, "error_description": description}
    return Answer(status, json.dumps(body).encode())
