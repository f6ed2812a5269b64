"""Which kinds of clients can make no handshake with what somebody offers."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.audit.routers import offer_of
from edgeaudit.tls.clients import clients
from edgeaudit.tls.nginx import DEFAULT_CIPHERS
from edgeaudit.tls.protocols import Version, default_versions

if TYPE_CHECKING:
    from edgeaudit.audit.offer import Offer
    from edgeaudit.host import Server
    from edgeaudit.tls.clients import Client


@lru_cache(maxsize=1024)
def excluded(offer: Offer, edge_version: str | None, key: str | None) -> tuple[Client, ...]:
    """The kinds with which no OpenSSL that may have read the offer agrees.

    Where no protocol is named, those of the Edge version are offered; all, if that is not known.
    `key` is the server's, None for any.
    """
    versions = offer.versions
    if not offer.protocols:
        versions = (default_versions(edge_version) if edge_version else ()) or tuple(Version)
    libraries = offer.suites().values()
    return tuple(
        each
        for each in clients().values()
        if not any(each.agrees(versions, suites, key) for suites in libraries)
    )


def shut_out(server: Server) -> list[str]:
    """The titles of those that a server of nginx shuts out, whatever its key."""
    offer = offer_of(server)
    if "ssl_ciphers" not in server.settings:
        offer = replace(offer, ciphers=(DEFAULT_CIPHERS,))
    return [each.title for each in excluded(offer, None, None)]
