"""What a TLS service does, as a probe has seen it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edgeaudit.tls.handshake import Chain, Endpoint, Handshake
    from edgeaudit.tls.messages import CertificateRequest
    from edgeaudit.tls.protocols import Version

Sni = Literal["required", "selects", "ignored", "unknown"]
_REFUSED = (Ending.ALERT, Ending.CLOSED, Ending.RESET)
Phase = Literal["resolve", "connect", "proxy", "handshake"]


@dataclass(frozen=True)
class Service:
    """What is known of the service at `host` and `port` when asked at `address`.

    `address` is None where the host has none, or a proxy alone knows it. `phase` is the one in
    which the asking failed, and `trouble` why, in one sentence; None and empty where a handshake
    could be made or was refused by the service in TLS's own terms. `is_cut_short` tells that it
    could, and yet not all was asked, for which `trouble` is the reason. `with_name` is the
    handshake of a client of today that names `sni`; `without_name` and `with_foreign_name` are
    those of one that names none or another's, `with_certificate` names `sni` and shows the client
    certificate that was given: None where they were not asked. `versions` has each version that was
    asked for, and whether the service speaks it; `suites` the code points of each version that it
    speaks, in its own order where it has one (`orders`, which lacks versions of one suite), else in
    that of the question. `needs_client_certificate` tells whether it refuses who shows none,
    `takes_client_certificate` whether it lived with the one shown; None where that could not be
    told. `connections` is how many were made.
    """

    host: str
    port: int
    at: datetime
    address: Endpoint | None = None
    sni: str | None = None
    phase: Phase | None = None
    trouble: str = ""
    with_name: Handshake | None = None
    without_name: Handshake | None = None
    with_foreign_name: Handshake | None = None
    versions: Mapping[Version, bool] = field(default_factory=dict)
    suites: Mapping[Version, tuple[int, ...]] = field(default_factory=dict)
    orders: Mapping[Version, bool] = field(default_factory=dict)
    needs_client_certificate: bool | None = None
    with_certificate: Handshake | None = None
    takes_client_certificate: bool | None = None
    is_cut_short: bool = False
    connections: int = 0

    @property
    def where(self) -> str:
        """`backend.example.com:443`, `[2001:db8::1]:443`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def request(self) -> CertificateRequest | None:
        """What it asks of a client's certificate; None where it asks for none."""
        return self.with_name.request if self.with_name else None

    @property
    def chain(self) -> Chain | None:
        """What it shows a client that names it; None where that was not seen."""
        return self.with_name.server_chain if self.with_name else None

    @property
    def use_of_sni(self) -> Sni:
        """What the name that a client sends does to what it is shown."""
        named, unnamed = self.chain, self.without_name and self.without_name.server_chain
        if named is None or self.without_name is None:
            return "unknown"
        if unnamed is None:
            has_refused = self.without_name.ending in _REFUSED
            return "required" if has_refused else "unknown"
        foreign = self.with_foreign_name and self.with_foreign_name.server_chain
        is_same = unnamed == named and foreign in (None, named)
        return "ignored" if is_same else "selects"
