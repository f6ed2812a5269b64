"""What TLS 1.3's encrypted records tell by their sizes and their order, without keys.

A record's plaintext is followed by a byte of type and by a tag of 16 bytes, or 8 (RFC 8446, 5.2;
RFC 6655). Java pads each record with 16 bytes (JSSE, SSLCipher), hardly anybody else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.tls.handshake import Step

# a record's step, which tells what is in it where a key has opened it
_SECRET = {"data", "encrypted handshake", "encrypted alert"}
_OVERHEAD = 17
_PADDINGS = (0, 16)
ALERT_SIZES = (2 + 9, 2 + _OVERHEAD, 2 + _OVERHEAD + 16)
# a Certificate message without any, with its header (RFC 8446, 4.4.2)
EMPTY_CERTIFICATE = 8
_HEADER = 4
_SHA384 = 0x1302


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
        if step.side == "client" and step.what in _SECRET:
            flight.append(step)
    return flight


def has_finished(steps: Sequence[Step]) -> bool:
    """Whether the client has sent more than an alert, which it does once it takes the server."""
    flight = client_flight(steps)
    return any(step.size not in ALERT_SIZES for step in flight)


def certificate_size(steps: Sequence[Step], cipher: int) -> int | None:
    """How many bytes of certificate messages stand before the client's Finished.

    0 where it was asked for none, EMPTY_CERTIFICATE where it has none to show; None where that
    cannot be told. The hash of the suite `cipher` gives the size of Finished (RFC 8446, 4.4.4).
    """
    finished, before = _finished(cipher), 0
    for step in client_flight(steps):
        size = step.size - _OVERHEAD
        if size - finished in _PADDINGS:
            return EMPTY_CERTIFICATE if before - EMPTY_CERTIFICATE in _PADDINGS else before
        if size - finished - EMPTY_CERTIFICATE in _PADDINGS:
            return EMPTY_CERTIFICATE
        before += size
    return EMPTY_CERTIFICATE if before - EMPTY_CERTIFICATE in _PADDINGS else None


def refusal(steps: Sequence[Step], cipher: int) -> Step | None:
    """The record, of the size of an alert, that ended the handshake; None where there is none.

    The client's stands where its Finished should be. The server's comes after that, is all that
    the server still sends, and answers no close_notify of the client's. The suite `cipher` is the
    one that was chosen.
    """
    flight = client_flight(steps)
    if not flight:
        return None
    if flight[0].size in ALERT_SIZES:
        return flight[0]
    later = steps[steps.index(flight[0]) + 1 :]
    theirs = [step for step in later if step.side == "server" and step.what in _SECRET]
    if not theirs or any(step.size not in ALERT_SIZES for step in theirs):
        return None
    farewells = ALERT_SIZES if _is_padded(flight, cipher) else ALERT_SIZES[:2]
    has_left = any(_leaves(step, farewells) for step in later[: later.index(theirs[0])])
    return None if has_left else theirs[0]


def _finished(cipher: int) -> int:
    """The size of a Finished message."""
    return _HEADER + (48 if cipher == _SHA384 else 32)


def _is_padded(flight: Sequence[Step], cipher: int) -> bool:
    """Whether the client pads its records, as far as its Finished tells."""
    return all(step.size != _finished(cipher) + _OVERHEAD for step in flight)


def _leaves(step: Step, farewells: Sequence[int]) -> bool:
    is_alert = step.what in _SECRET and step.size in farewells
    return step.side == "client" and (is_alert or step.what in ("FIN", "RST"))
