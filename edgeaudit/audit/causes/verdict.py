"""What is said of a handshake, and who ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.tls import alerts, encrypted

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Cause
    from edgeaudit.tls.handshake import Handshake, Side

Confidence = Literal["certain", "likely", "possible"]


@dataclass(frozen=True)
class Diagnosis:
    """Why a handshake failed, or that it did not.

    `cause` is None where it did not, or where it is not known: then `candidates` are what it may
    be. `packet` is where it was refused, by `rejected_by`. `explanation` are two or three
    sentences, `advice` what to check or run next.
    """

    is_failure: bool
    cause: Cause | None = None
    rejected_by: Side | None = None
    packet: int | None = None
    confidence: Confidence = "certain"
    candidates: tuple[Cause, ...] = ()
    explanation: str = ""
    advice: str = ""

    @property
    def cause_name(self) -> str:
        """`protocol_mismatch`; `none` where it is healthy, `unknown` where it cannot be told."""
        if self.cause:
            return self.cause.value
        return "unknown" if self.is_failure else "none"

    @property
    def title(self) -> str:
        """`expired_certificate, certain`; `unknown, possibly incomplete_chain or sni_required`."""
        if self.cause or not self.candidates:
            return f"{self.cause_name}, {self.confidence}"
        names = [each.value for each in self.candidates]
        return f"{self.cause_name}, possibly {listed(names, 'or')}"


class Reason(NamedTuple):
    """What is found to be the cause, how sure that is, and the sentence that says why."""

    cause: Cause | None
    confidence: Confidence
    because: str
    candidates: tuple[Cause, ...] = ()


class Refusal(NamedTuple):
    """Who ended a handshake, in which packet and how; `alert` is None where it has no number.

    `packet` is 0 where there is no capture.
    """

    side: Side
    packet: int
    how: str
    alert: int | None = None

    @property
    def told(self) -> str:
        """A sentence: `The client sent the fatal alert 48 unknown_ca in packet 9.`"""
        return f"The {self.side} {self.how}{in_packet(self.packet)}."


# how a side leaves, the handshake being complete
FAREWELLS = ("FIN", "RST", "encrypted alert")
_ENDS = {"FIN": "closed the connection without an alert", "RST": "reset the connection"}


def refusal(handshake: Handshake) -> Refusal | None:
    """Who ended the handshake before it was complete; None where nobody did."""
    if fatal := handshake.fatal:
        how = f"sent the fatal alert {fatal.number} {fatal.name}"
        return Refusal(fatal.sender, fatal.packet, how, fatal.number)
    cipher = handshake.server_hello.cipher if handshake.server_hello else 0
    if handshake.is_tls13 and (step := encrypted.refusal(handshake.steps, cipher)):
        how = "sent an encrypted record of the size of an alert"
        return Refusal(step.side, step.packet, how)
    for step in handshake.steps:
        if step.what == "encrypted alert":
            return Refusal(step.side, step.packet, "sent an encrypted alert")
        if step.what == f"alert {alerts.CLOSE_NOTIFY}":
            how = "said goodbye (close_notify) without having finished"
            return Refusal(step.side, step.packet, how, alerts.CLOSE_NOTIFY)
        if step.what in _ENDS:
            return Refusal(step.side, step.packet, _ENDS[step.what])
    return None


def listed(names: list[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def in_packet(packet: int) -> str:
    """` in packet 9`; nothing where there is no capture."""
    return f" in packet {packet}" if packet else ""
