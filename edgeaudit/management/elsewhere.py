"""Credentials that other tools keep: .netrc, get_token's token, apigee-edge-js's tokens."""

from __future__ import annotations

import netrc
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edgeaudit.errors import BadAnswer
from edgeaudit.management.claims import EARLY, claims, number
from edgeaudit.management.source import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PUBLIC_URL = "https://api.enterprise.apigee.com"
LOGIN_URL = "https://login.apigee.com"

_LARGEST = 1024 * 1024


def netrc_login(host: str, file: str | None, warn: Callable[[str], None]) -> tuple[str, str]:
    """User and password for `machine host` in .netrc, or in `file`; empty where there is none.

    The entry `default` does not count: a password is for the host that it names. A file that
    cannot be used is told to `warn`, without what stands in it.
    """
    name = file or "~/.netrc"
    try:
        user, _, password = netrc.netrc(file).hosts.get(host) or ("", "", "")
    except FileNotFoundError:
        return "", ""
    except netrc.NetrcParseError as error:
        # only what the parser says of the file itself: other messages quote what it has read
        is_open = str(error.msg).startswith("~/.netrc")
        warn(f"{name} is not used: {'others may use it' if is_open else f'line {error.lineno}'}")
        return "", ""
    except (OSError, UnicodeDecodeError):
        warn(f"{name} is not used: it cannot be read")
        return "", ""
    return user or "", password or ""


def left_token(home: Path, url: str, login_url: str | None, username: str, now: float) -> str:
    """An access token that another tool has left for the management server at `url`; else "".

    It is one that still lives, from the login host at `login_url` and for `username` where those
    are given; where tokens of several users would do, it is none. Sources: CONTRACT 2.1; "About
    acurl and get_token"; apigee-edge-js, lib/tokenMgmt.js.
    """
    stash = dict(_of_edge_js(home, url, login_url, username, now))
    if len(stash) == 1:
        return stash.popitem()[1]
    return "" if stash else _of_get_token(home, url, login_url, username, now)


def is_apigee_login(url: str) -> bool:
    """Whether a login host is Apigee's own: that of the Public Cloud, or of a zone there."""
    return f".{_host(url)}".endswith(".login.apigee.com")


def is_public(url: str) -> bool:
    """Whether a management server is that of the Public Cloud."""
    return _host(url) == _host(PUBLIC_URL)


def _of_edge_js(
    home: Path, url: str, login_url: str | None, username: str, now: float
) -> Iterator[tuple[str, str]]:
    """User and token of each entry that would do; the key is `user##mgmtServer##loginBaseUrl`."""
    for key, entry in _stash(home / ".apigee-edge-tokens").items():
        user, server, login = key.split("##") if key.count("##") == 2 else ("", "", "")
        token = entry.get("access_token") if isinstance(entry, dict) else None
        if (
            isinstance(token, str)
            and _is_same(server, url)
            and (not login_url or _is_same(login, login_url))
            and username in {"", user}
            and now + EARLY < _end(token, entry)
        ):
            yield user, token


def _of_get_token(home: Path, url: str, login_url: str | None, username: str, now: float) -> str:
    token = _text(home / ".sso-cli/valid_token.dat").strip()
    told = claims(token)
    is_theirs = not username or username in {told.get("user_name"), told.get("email")}
    lives = "exp" not in told or now + EARLY < number(told["exp"])
    return token if is_theirs and lives and _is_for(told.get("iss"), url, login_url) else ""


def _is_for(issuer: object, url: str, login_url: str | None) -> bool:
    """Whether a token that names no host but, perhaps, its issuer may be shown to `url`."""
    if not isinstance(issuer, str):
        return _is_same(url, PUBLIC_URL)
    if is_apigee_login(issuer):
        return _is_same(url, PUBLIC_URL) and (not login_url or _is_same(issuer, login_url))
    return not is_public(url) and bool(login_url) and _is_same(issuer, str(login_url))


def _end(token: str, entry: dict[str, Any]) -> float:
    """When it ends: by its claims, else by what stands around it, `issued_at` in milliseconds."""
    if end := number(claims(token).get("exp")):
        return end
    return number(entry.get("issued_at")) / 1000 + number(entry.get("expires_in"))


def _is_same(one: str, other: str) -> bool:
    """Whether two URLs lead to the same server."""
    try:
        return bool(_host(one)) and _origin(one) == _origin(other)
    except ValueError:
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _stash(path: Path) -> dict[str, Any]:
    with suppress(BadAnswer):
        content = parsed_json(_text(path).encode())
        return content if isinstance(content, dict) else {}
    return {}


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError), path.open("rb") as file:
        return file.read(_LARGEST).decode("utf-8")
    return ""
