"""What TLS 1.3's encrypted records tell by their sizes and their order, without keys.

A record's plaintext is followed by a byte of type and by a tag of 16 bytes, or 8 (RFC 8446, 5.2;
RFC 6655), and hardly anybody pads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.tls.handshake import Step

_OVERHEAD = 17
ALERT_SIZES = (2 + 9, 2 + _OVERHEAD)
# Finished with its header, by the length of the hash (RFC 8446, 4.4.4)
_FINISHED = (36, 52)
# a Certificate message without any, with its header (RFC 8446, 4.4.2)
_EMPTY_CERTIFICATE = 8


def after_hello(steps: Sequence[Step]) -> list[Step]:
    """All from ServerHello on."""
    names = [step.what for step in steps]
    return list(steps[names.index("ServerHello") :]) if "ServerHello" in names else []


def client_flight(steps: Sequence[Step]) -> list[Step]:
    """The client's first encrypted records, up to what the server says next: its last messages."""
    flight: list[Step] = []
    for step in after_hello(steps):
        if flight and step.side == "server":
            break
        if step.side == "client" and step.what == "data":
            flight.append(step)
    return flight


def has_finished(steps: Sequence[Step]) -> bool:
    """Whether the client has sent more than an alert, which it does once it takes the server."""
    flight = client_flight(steps)
    return any(step.size not in ALERT_SIZES for step in flight)


def certificate_size(steps: Sequence[Step]) -> int | None:
    """How many bytes of certificate messages stand before the client's Finished.

    0 where it was asked for none, 8 where it has none to show; None where that cannot be told.
    """
    total, found = 0, None
    for step in client_flight(steps):
        total += step.size - _OVERHEAD
        extra = [total - size for size in _FINISHED if total >= size]
        for each in extra:
            if each in (0, _EMPTY_CERTIFICATE):
                return each
        if step.size - _OVERHEAD in _FINISHED and total > max(_FINISHED) + _EMPTY_CERTIFICATE:
            found = total - (step.size - _OVERHEAD)
    return found


def refusal(steps: Sequence[Step]) -> Step | None:
    """The record, of the size of an alert, that ended the handshake; None where there is none.

    The client's stands where its Finished should be. The server's comes after that, is all that
    the server still sends, and answers no close_notify of the client's.
    """
    flight = client_flight(steps)
    if not flight:
        return None
    if flight[0].size in ALERT_SIZES:
        return flight[0]
    later = steps[steps.index(flight[0]) + 1 :]
    theirs = [step for step in later if step.side == "server" and step.what == "data"]
    if not theirs or any(step.size not in ALERT_SIZES for step in theirs):
        return None
    has_left = any(_leaves(step) for step in later[: later.index(theirs[0])])
    return None if has_left else theirs[0]


def _leaves(step: Step) -> bool:
    is_alert = step.what == "data" and step.size in ALERT_SIZES
    return step.side == "client" and (is_alert or step.what in ("FIN", "RST"))
