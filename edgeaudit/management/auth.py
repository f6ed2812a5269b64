"""Who asks: Basic credentials or a ready-made token; what fetches tokens is in `oauth`.

Secrets stay in memory: none of these objects shows them, and no answer does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeaudit.errors import InputError
from edgeaudit.management.claims import TOKEN
from edgeaudit.management.connections import basic

if TYPE_CHECKING:
    from edgeaudit.management.source import Answer


class Authentication(Protocol):
    """Gives the Authorization header of a request; safe to use from several threads."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show, besides the headers it gives."""

    def header(self) -> str | Answer:
        """The header; or the answer that every request gets because the login failed."""

    def renewed(self, header: str) -> str | Answer:
        """The header to try after a 401 on `header`: itself where there is no other."""


class Basic:
    """Basic authentication (RFC 7617); an Edge user name is the account's e-mail address."""

    def __init__(self, username: str, password: str) -> None:
        self.secrets = (password,)
        self._header = basic(username, password)

    def header(self) -> str:
        """The header."""
        return self._header

    def renewed(self, header: str) -> str:
        """The same header: there is no other."""
        return header


class Token:
    """A ready-made access token, used as long as it is accepted.

    Raises InputError, without showing it, for what cannot be one (RFC 6750).
    """

    secrets = ()

    def __init__(self, access_token: str) -> None:
        if not TOKEN.fullmatch(access_token.strip()):
            raise InputError("the access token holds characters that no token has")
        self._header = f"Bearer {access_token.strip()}"

    def header(self) -> str:
        """The header."""
        return self._header

    def renewed(self, header: str) -> str:
        """The same header: there is no other."""
        return header
