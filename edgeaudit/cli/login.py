"""From the configuration to a client: which management server, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.cli import terminal
from edgeaudit.errors import ConfigError

if TYPE_CHECKING:
    from edgeaudit.config import Config, NamedAccess
    from edgeaudit.management.client import Client
    from edgeaudit.management.stop import Stop
    from edgeaudit.management.token_cache import TokenCache


def client_of(access: NamedAccess, config: Config, cache: TokenCache, stop: Stop) -> Client:
    """The client of an installation, which has asked a person for what it needs of them.

    Raises ConfigError or InputError where there is none to be had.
    """
    from edgeaudit.cli.credentials import authentication, client_certificate
    from edgeaudit.management.client import Client

    url = url_of(access)
    auth = authentication(access, url, cache, stop)
    if terminal.can_ask():
        auth.header()  # asks what must be asked before anything moves on the screen
    return Client(
        url,
        auth,
        ca_file=access.management_ca,
        client_certificate=client_certificate(access),
        connect_timeout=access.connect_timeout,
        read_timeout=access.read_timeout,
        concurrency=config.concurrency,
        requests_per_minute=access.requests_per_minute,
        stop=stop,
    )


def url_of(access: NamedAccess) -> str:
    """The management server's URL.

    Raises ConfigError where none is told, InputError for what is none.
    """
    from edgeaudit.cli.credentials import is_public_cloud
    from edgeaudit.management.client import base_url
    from edgeaudit.management.elsewhere import PUBLIC_URL

    if access.url is None and access.platform == "public":
        return PUBLIC_URL
    if access.url is None:
        raise ConfigError(
            "no management server is named",
            f"give --url http://HOST:8080 for a Private Cloud, --url {PUBLIC_URL} for the "
            "Public Cloud, or a configuration file; `edgeaudit demo` needs none",
        )
    base_url(access.url)  # a wrong one is told before a password is asked for
    if is_public_cloud(access) and not access.org:
        raise ConfigError(
            "the Public Cloud does not list its organizations", "name yours with --org ORG"
        )
    return access.url
