"""Which credentials a run uses: the environment first, then files, then a prompt."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgeaudit.cli import terminal
from edgeaudit.errors import ConfigError, InputError
from edgeaudit.management.auth import Basic, Token
from edgeaudit.management.connections import ClientCertificate
from edgeaudit.management.elsewhere import (
    LOGIN_URL,
    is_apigee_login,
    is_public,
    left_token,
    netrc_login,
)
from edgeaudit.management.oauth import Account, OAuth

if TYPE_CHECKING:
    from edgeaudit.config import NamedAccess
    from edgeaudit.management.auth import Authentication
    from edgeaudit.management.stop import Stop
    from edgeaudit.management.token_cache import TokenCache


def authentication(
    access: NamedAccess, url: str, cache: TokenCache, stop: Stop | None = None
) -> Authentication:
    """How to log in to the management server at `url`.

    What is given counts before what other tools have left, and that before a prompt. Raises
    ConfigError where nothing is given and nobody can be asked, InputError for what cannot be used.
    """
    if token := secret("TOKEN", access.token_file):
        return Token(token)
    account, login_url = _account(access, url), login_host(access)
    wants_oauth = _wants_oauth(access, login_url or account.refresh_token or account.passcode)
    oauth = None
    if wants_oauth and account.name:
        oauth = _oauth(access, account, login_url, cache, stop)
        if account.has_secret or oauth.has_tokens:
            return oauth
    if not wants_oauth and account.username and account.password:
        return Basic(account.username, account.password)
    if access.auth != "basic" and (token := _left(url, login_url, account.username)):
        return Token(token)
    _require_somebody(access, account.username)
    return oauth or Basic(account.username, terminal.ask_secret(f"Password of {account.username}"))


def client_certificate(access: NamedAccess) -> ClientCertificate | None:
    """What to show to a management server that asks for a certificate; None if nothing.

    The key's password is asked for when it turns out to be encrypted.
    """
    if access.client_cert is None:
        if access.client_key:
            raise ConfigError("client_key is given without client_cert")
        return None
    key = access.client_key or access.client_cert

    def password() -> str:
        if given := secret("CLIENT_KEY_PASSWORD", access.client_key_password_file):
            return given
        if not terminal.can_ask():
            raise ConfigError(
                f"the key in {key} is encrypted, and there is no password",
                "set EDGEAUDIT_CLIENT_KEY_PASSWORD, or client_key_password_file",
            )
        return terminal.ask_secret(f"Password of the key in {key}")

    return ClientCertificate(access.client_cert, key, password)


def is_public_cloud(access: NamedAccess) -> bool:
    """Whether an installation is in the Public Cloud, as the configuration or its URL says."""
    if access.platform == "auto":
        return is_public(access.url or "")
    return access.platform == "public"


def _account(access: NamedAccess, url: str) -> Account:
    refresh_token = passcode = ""
    if access.auth != "basic":
        refresh_token = secret("REFRESH_TOKEN", access.refresh_token_file)
        passcode = secret("PASSCODE")
    username, password = access.username or "", secret("PASSWORD", access.password_file)
    if not (refresh_token or passcode or (username and password)):
        username, password = _with_netrc(url, username, password)
    return Account(
        username=username,
        password=password,
        refresh_token=refresh_token,
        passcode=passcode,
        mfa_code=secret("MFA").strip(),
        mfa_secret=secret("MFA_SECRET", access.mfa_secret_file).strip(),
        ask=terminal.ask_secret if terminal.can_ask() else None,
    )


def _with_netrc(url: str, username: str, password: str) -> tuple[str, str]:
    """The user and the password, with what .netrc has where it contradicts neither."""
    host = urlsplit(url).hostname or ""
    user, found = netrc_login(host, os.environ.get("NETRC"), terminal.warning)
    if not user or username not in {"", user}:
        return username, password
    return user, password or found


def login_host(access: NamedAccess) -> str | None:
    """The URL of the login host that is given, None where none is; raises ConfigError for two."""
    if access.zone and access.login_url:
        raise ConfigError(
            f"zone and login_url are both given for installation {access.name}",
            "leave out one: the zone NAME stands for https://NAME.login.apigee.com",
        )
    if access.zone:
        return f"https://{access.zone}.login.apigee.com"
    return access.login_url or os.environ.get("SSO_LOGIN_URL")


def _wants_oauth(access: NamedAccess, has_oauth_means: object) -> bool:
    # Basic does not work in the Public Cloud for accounts with MFA (Apigee status, 2020-10-26)
    return access.auth == "oauth" or (
        access.auth == "auto" and bool(has_oauth_means or is_public_cloud(access))
    )


def _oauth(
    access: NamedAccess,
    account: Account,
    login_url: str | None,
    cache: TokenCache,
    stop: Stop | None,
) -> OAuth:
    return OAuth(
        login_url or LOGIN_URL,
        account,
        cache=cache,
        ca_file=_login_ca(access, login_url or LOGIN_URL),
        connect_timeout=access.connect_timeout,
        read_timeout=access.read_timeout,
        stop=stop,
        sleep=stop.sleep if stop else time.sleep,
    )


def _login_ca(access: NamedAccess, login_url: str) -> Path | None:
    """The login host's CA: the management server's where both are Apigee's, or both are not."""
    if access.login_ca or is_apigee_login(login_url) != is_public_cloud(access):
        return access.login_ca
    return access.management_ca


def _left(url: str, login_url: str | None, username: str) -> str:
    try:
        home = Path.home()
    except RuntimeError:  # this user has none
        return ""
    token = left_token(home, url, login_url, username, time.time())
    if token:
        logging.getLogger(__name__).info("logging in with the token that another tool has left")
    return token


def _require_somebody(access: NamedAccess, username: str) -> None:
    if not username:
        raise ConfigError(
            f"no user is named for installation {access.name}",
            "give --username EMAIL, or a token in EDGEAUDIT_TOKEN",
        )
    if not terminal.can_ask():
        raise ConfigError(
            f"there is no password for {username}",
            "set EDGEAUDIT_PASSWORD, or name a file that holds it (password_file)",
        )


def secret(name: str, file: Path | None = None) -> str:
    """EDGEAUDIT_`name`, or what `file` holds; raises InputError where that cannot be read."""
    if given := os.environ.get(f"EDGEAUDIT_{name}"):
        return given
    try:
        return file.read_text("utf-8").strip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{file} cannot be read: {told}") from error
