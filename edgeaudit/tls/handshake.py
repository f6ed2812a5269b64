"""A handshake as it was seen: who, what was offered, chosen and shown, and how it ended.

A probe and a capture yield the same. A failed handshake is a value with an ending.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.tls import alerts, ciphers
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.tls.hello import ClientHello, ServerHello
    from edgeaudit.tls.messages import CertificateRequest
    from edgeaudit.x509.certificate import Certificate, Unreadable

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Side = Literal["client", "server"]
Chain = tuple["Certificate | Unreadable", ...]


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        """`192.0.2.1:443`, `[2001:db8::1]:443`."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"


class Ending(Enum):
    """How a handshake ended.

    ALERT: a fatal alert, in clear or by the size of its record. CLOSED and RESET: without one.
    REFUSED: the connection was. TIMED_OUT: nobody answered. NOT_TLS: a side speaks something else.
    UNFINISHED: the watching ended first, or too little was seen.
    """

    COMPLETED = "completed"
    ALERT = "alert"
    CLOSED = "closed"
    RESET = "reset"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_TLS = "not_tls"
    UNFINISHED = "unfinished"


class Alert(NamedTuple):
    """An alert that could be read: who sent it, in which packet."""

    sender: Side
    level: int
    number: int
    packet: int = 0

    @property
    def name(self) -> str:
        """`handshake_failure`."""
        return alerts.name(self.number)

    @property
    def is_fatal(self) -> bool:
        """Whether it ends the handshake, which is what its level says.

        But for close_notify and user_canceled (RFC 8446, 6.1).
        """
        return self.level == alerts.FATAL and self.number not in (alerts.CLOSE_NOTIFY, 90)


class Step(NamedTuple):
    """One thing that a side did: a message by its name, or what is known of an encrypted one.

    `what` is a message (`ClientHello`), `alert N`, `ChangeCipherSpec`, `encrypted alert`,
    `encrypted handshake`, `data` (as which TLS 1.3 has all that no key opens), `FIN` or `RST`; or
    `no TLS`, where its words or the other side's prove that, and `HTTP` for a request in clear.
    `size` are the bytes of its body or record. `packet` counts from 1 in its capture, `time` are
    nanoseconds since 1970.
    """

    side: Side
    what: str
    packet: int
    time: int
    size: int = 0

    @property
    def at(self) -> datetime:
        """Its time in UTC."""
        return utc(self.time)


@dataclass(frozen=True)
class Handshake:
    """One handshake, from the first message to how it ended.

    `packet` is that of the first message, or of the connection's first packet where there was none.
    `client_hello` is the last where there were two. A chain is None where it was not seen, which in
    TLS 1.3 without keys is always so, and () where the side had none to show. `request` is None
    where no client certificate was asked for, or none could be seen. `alerts` are those in clear,
    in their order; `steps` are all that was seen, in theirs. `before` says what the connection
    began with (`CONNECT HOST:PORT`, `PROXY`, `HTTP HOST`), `damage` what could not be seen.
    """

    client: Endpoint
    server: Endpoint
    started_at: datetime
    packet: int
    ending: Ending
    client_hello: ClientHello | None = None
    server_hello: ServerHello | None = None
    server_chain: Chain | None = None
    client_chain: Chain | None = None
    request: CertificateRequest | None = None
    group: int | None = None
    is_retried: bool = False
    is_resumed: bool = False
    alerts: tuple[Alert, ...] = ()
    steps: tuple[Step, ...] = ()
    before: str = ""
    damage: str = ""

    @property
    def sni(self) -> str | None:
        """The host that the client asked for; None where it named none."""
        return self.client_hello.sni if self.client_hello else None

    @property
    def fatal(self) -> Alert | None:
        """The first fatal alert; only it counts."""
        return next((alert for alert in self.alerts if alert.is_fatal), None)

    @property
    def is_torn(self) -> bool:
        """Whether it ended early, and what tells why may be what could not be seen."""
        is_over = self.ending in (Ending.CLOSED, Ending.RESET, Ending.ALERT)
        return is_over and bool(self.damage) and not self.fatal

    @property
    def version(self) -> int | None:
        """The version that was chosen, None before that."""
        return self.server_hello.version if self.server_hello else None

    @property
    def is_tls13(self) -> bool:
        """Whether all after ServerHello is encrypted."""
        return self.version == Version.TLSV1_3

    def first(self, side: Side, *names: str) -> Step | None:
        """The first step of that side that is one of `names`."""
        return next((each for each in self.steps if each.side == side and each.what in names), None)


def utc(time: int) -> datetime:
    """A time in nanoseconds since 1970, in UTC; no later than a year that a calendar has."""
    return _EPOCH + timedelta(microseconds=min(time // 1000, 250_000_000_000_000_000))


def version_name(number: int) -> str:
    """`TLSv1.2` for 0x0303; `0x0305` for what is no version."""
    try:
        return Version(number).spelling
    except ValueError:
        return f"0x{number:04x}"


def cipher_name(code: int) -> str:
    """IANA's name of a suite or signal; `0x1399` for one that is not known."""
    if code in _SIGNALS:
        return _SIGNALS[code]
    found = ciphers.on_the_wire(code)
    return found.name if found else f"0x{code:04x}"


_SIGNALS = {0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x5600: "TLS_FALLBACK_SCSV"}
