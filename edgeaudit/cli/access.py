"""From the configuration to the inventories: logging in and reading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgeaudit.cli import terminal
from edgeaudit.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from edgeaudit.config import Config, NamedAccess
    from edgeaudit.inventory import Inventory
    from edgeaudit.management.auth import Authentication

PUBLIC_HOST = "api.enterprise.apigee.com"
LOGIN_URL = "https://login.apigee.com"


def read(
    config: Config, *, quiet: bool, kinds: Collection[str] | None = None, with_aliases: bool = True
) -> list[Inventory]:
    """The inventory of every installation of the configuration.

    `kinds` are those to read, all if None. Raises ConfigError or InputError where one cannot even
    be asked; what cannot be read there is a gap, and told of on stderr where it is everything.
    """
    from edgeaudit.management.client import Client  # pays for HTTP and X.509
    from edgeaudit.management.collect import KINDS, collect

    inventories = []
    with terminal.progress(quiet=quiet) as progress:
        for access in config.accesses():
            client = Client(
                _url(access),
                _authentication(access),
                ca_file=access.management_ca,
                connect_timeout=access.connect_timeout,
                read_timeout=access.read_timeout,
                concurrency=config.concurrency,
            )
            inventory = collect(
                client,
                installation=access.name,
                organizations=access.org,
                environments=access.env,
                kinds=KINDS if kinds is None else kinds,
                with_aliases=with_aliases,
                concurrency=config.concurrency,
                progress=progress,
            )
            client.close()
            inventories.append(inventory)
    for inventory in inventories:
        if inventory.gaps and not inventory.environments:
            terminal.error(inventory.gaps[0].detail, inventory.gaps[0].hint)
    return inventories


def _url(access: NamedAccess) -> str:
    if access.url is None and access.platform == "public":
        return f"https://{PUBLIC_HOST}"
    if access.url is None:
        raise ConfigError(
            "no management server is named",
            f"give --url http://HOST:8080 for a Private Cloud, --url https://{PUBLIC_HOST} for the "
            "Public Cloud, or a configuration file; `edgeaudit demo` needs none",
        )
    if _is_public(access) and not access.org:
        raise ConfigError(
            "the Public Cloud does not list its organizations", "name yours with --org ORG"
        )
    return access.url


def _authentication(access: NamedAccess) -> Authentication:
    from edgeaudit.management.auth import Basic, OAuth, Token

    if token := _secret("TOKEN", access.token_file):
        return Token(token)
    refresh_token = _secret("REFRESH_TOKEN", access.refresh_token_file)
    username = access.username or ""
    if not username and not refresh_token:
        raise ConfigError(
            f"no user is named for installation {access.name}",
            "give --username EMAIL, or a token in EDGEAUDIT_TOKEN",
        )
    password = "" if refresh_token else _password(access)
    login_url = access.login_url or os.environ.get("SSO_LOGIN_URL")
    if _wants_oauth(access, login_url or refresh_token):
        return OAuth(
            login_url or LOGIN_URL,
            username=username,
            password=password,
            refresh_token=refresh_token,
            ca_file=access.management_ca if login_url else None,
        )
    return Basic(username, password)


def _wants_oauth(access: NamedAccess, has_oauth_means: object) -> bool:
    # Basic does not work in the Public Cloud for accounts with MFA (Apigee status, 2020-10-26)
    return access.auth == "oauth" or (
        access.auth == "auto" and bool(has_oauth_means or _is_public(access))
    )


def _is_public(access: NamedAccess) -> bool:
    if access.platform == "auto":
        return urlsplit(access.url or "").hostname == PUBLIC_HOST
    return access.platform == "public"


def _password(access: NamedAccess) -> str:
    if password := _secret("PASSWORD", access.password_file):
        return password
    if not terminal.can_ask():
        raise ConfigError(
            f"there is no password for {access.username}",
            "set EDGEAUDIT_PASSWORD, or name a file that holds it (password_file)",
        )
    return terminal.ask_secret(f"Password of {access.username}")


def _secret(name: str, file: Path | None) -> str:
    if given := os.environ.get(f"EDGEAUDIT_{name}"):
        return given
    try:
        return file.read_text("utf-8").strip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{file} cannot be read: {told}") from error
