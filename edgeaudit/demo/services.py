"""What a TLS endpoint does: the services of Routers and backends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .pki import Chain

Version = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


@dataclass(frozen=True)
class TlsService:
    """A server that makes handshakes, showing `chain`.

    `versions` are neighbours, oldest first; `ciphers` is an OpenSSL cipher string. With `hosting`
    the server has several names and shows `chain` only to who names the host: to others it shows
    the chain in `hosting`, or breaks off where that is empty. It asks for client
    certificates where `clients` are given, CA certificates of which it accepts; `needs_client` says
    whether it goes on without. `wants_proxy` is whether a PROXY header must come first.
    """

    chain: Chain
    versions: tuple[Version, ...] = ("TLSv1.2", "TLSv1.3")
    ciphers: str = ""
    hosting: Chain | None = None
    clients: Chain = ()
    needs_client: bool = False
    wants_proxy: bool = False


@dataclass(frozen=True)
class Demand:
    """A server of TLS 1.2 that names the `issuers` whose client certificates it accepts.

    It takes none that it is shown, nor does it go on without.
    """

    chain: Chain
    issuers: Chain


Trouble = Literal["refuses", "closes", "resets", "alerts", "http"]
"""What a server does that makes no handshake: the last is one without TLS."""

Service = TlsService | Demand | Trouble
