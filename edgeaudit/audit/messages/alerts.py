"""Alerts, in the words of those who sent, received or watched them.

What an alert means depends on who sent it: a client that says certificate_expired speaks of the
server's certificate, a server of the client's. RFC 8446, 6.2; RFC 5246, 7.2.2; the stacks as
OpenSSL 3.0, Java 17, nginx 1.22 and Go 1.19 behave.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import CERTAIN, LIKELY, POSSIBLE, STRONG, Sign, compiled
from edgeaudit.tls import alerts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgeaudit.tls.handshake import Side

_SOURCE = "RFC 8446, 6.2; RFC 5246, 7.2.2"
_NAME = r"([a-z][a-z0-9_/ -]{1,40})"
Way = Literal["received", "sent", "seen"]
# how programs write them: who the alert is from, as the writer sees it
_WRITTEN: tuple[tuple[str, Way], ...] = (
    (r"received fatal alert: (\w{3,40})", "received"),  # Java
    (r"handshake alert: (\w{3,40})", "received"),  # Java up to 8
    (r"\((\w{5,40})\) received fatal alert", "received"),  # Java 23
    (rf"recv tlsv1[^:]{{0,20}}alert: fatal, (?:description = )?{_NAME}", "received"),  # Java, debug
    (rf"send tlsv1[^:]{{0,20}}alert: fatal, (?:description = )?{_NAME}", "sent"),
    (r"fatal \((\w{3,40})\):", "sent"),  # Java, javax.net.debug
    (r"(?:ssl|tls)(?:v[0-9]{1,2}|/tls)? alert ([a-z][a-z ]{2,40})", "received"),  # OpenSSL
    (r"(?:ssl|tls)v[0-9]{1,2}_alert_([a-z_]{2,40})", "received"),  # OpenSSL's macros
    (r"tlsv1[_ ](unrecognized[_ ]name)", "received"),
    (r"ssl alert number (\d{1,3})", "received"),
    (rf"remote error: tls: {_NAME}", "received"),  # Go
    (rf"\(in\), tls alert, {_NAME}", "received"),  # curl -v
    (rf"\(out\), tls alert, {_NAME}", "sent"),
    (r"<<< [^,]{3,12}, alert [^,]{0,20}, fatal (\w{3,40})", "received"),  # openssl -msg
    (r">>> [^,]{3,12}, alert [^,]{0,20}, fatal (\w{3,40})", "sent"),
    (r"remote party sent a tls alert: '(\w{3,40})'", "received"),  # .NET
    (r"alert was received from the remote endpoint.{0,80}?alert code is (\d{1,3})", "received"),
    (r"alert was generated.{0,80}?(?:alert|error) code is (\d{1,3})", "sent"),  # Schannel
    (r"ssl_error_([a-z_]{3,40})_alert", "received"),  # NSS
    (rf"description: {_NAME}", "seen"),  # Wireshark
    (r"alert description: [a-z ]{1,40}\((\d{1,3})\)", "seen"),
    (r"alert 2:(\d{1,3})\b", "seen"),
    (r"^(?:alert )?([a-z]{4,20}_[a-z_]{2,24}|(?:fatal )?alert \d{1,3})\.?$", "received"),  # bare
)
_ALIASES = {
    "expired certificate": 45, "unknown certificate authority": 48, "unknown certificate": 46,
    "revoked certificate": 44, "protocol version not supported": 70,
    "insufficient security level": 71, "error decrypting message": 51, "unknown": 46,
    "handshake fail": 40, "unsupported version": 70, "unknown ca": 48, "bad cert": 42,
}  # fmt: skip


def _folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name)


_NUMBERS = {_folded(name): number for number, name in alerts.NAMES.items()}
_NUMBERS |= {_folded(name): number for name, number in _ALIASES.items()}
_LONGEST_NAMES = sorted(_NUMBERS, key=len, reverse=True)

_UNAGREED = {
    Cause.CIPHER_MISMATCH: LIKELY + 3, Cause.PROTOCOL_MISMATCH: LIKELY + 2,
    Cause.MISSING_CLIENT_CERTIFICATE: LIKELY + 1, Cause.SNI_REQUIRED: LIKELY,
}  # fmt: skip
_PROTOCOL = {Cause.PROTOCOL_MISMATCH: STRONG}
_UNKNOWN_CLIENT = {Cause.UNKNOWN_CLIENT_CERTIFICATE: STRONG}
FROM_SERVERS: Mapping[int, Mapping[Cause, int]] = {
    40: _UNAGREED,
    41: {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
    42: {Cause.MISSING_CLIENT_CERTIFICATE: LIKELY + 2, Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY + 1,
         Cause.EXPIRED_CLIENT_CERTIFICATE: LIKELY},
    43: {Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY},
    44: _UNKNOWN_CLIENT,
    45: {Cause.EXPIRED_CLIENT_CERTIFICATE: CERTAIN},
    46: {Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY + 1, Cause.EXPIRED_CLIENT_CERTIFICATE: LIKELY},
    47: {Cause.CIPHER_MISMATCH: POSSIBLE + 1, Cause.PROTOCOL_MISMATCH: POSSIBLE},
    48: _UNKNOWN_CLIENT,
    49: {Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY},
    51: {Cause.UNKNOWN_CLIENT_CERTIFICATE: POSSIBLE},
    70: _PROTOCOL,
    71: {Cause.CIPHER_MISMATCH: LIKELY + 1, Cause.PROTOCOL_MISMATCH: LIKELY},
    80: {Cause.SNI_REQUIRED: POSSIBLE + 1, Cause.CIPHER_MISMATCH: POSSIBLE},
    86: _PROTOCOL,
    109: {Cause.SNI_REQUIRED: POSSIBLE, Cause.PROTOCOL_MISMATCH: POSSIBLE},
    112: {Cause.SNI_REQUIRED: CERTAIN},
    116: {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
    120: {Cause.PROTOCOL_MISMATCH: POSSIBLE},
}  # fmt: skip
FROM_CLIENTS: Mapping[int, Mapping[Cause, int]] = {
    40: {Cause.CIPHER_MISMATCH: POSSIBLE + 1, Cause.PROTOCOL_MISMATCH: POSSIBLE},
    42: {Cause.HOSTNAME_MISMATCH: LIKELY + 2, Cause.NOT_YET_VALID_CERTIFICATE: LIKELY + 1,
         Cause.EXPIRED_CERTIFICATE: LIKELY, Cause.UNKNOWN_CERTIFICATE: LIKELY,
         Cause.INCOMPLETE_CHAIN: LIKELY},
    43: {Cause.INCORRECT_CHAIN: LIKELY},
    44: {Cause.UNKNOWN_CERTIFICATE: LIKELY},
    45: {Cause.EXPIRED_CERTIFICATE: CERTAIN},
    46: {Cause.UNKNOWN_CERTIFICATE: LIKELY + 3, Cause.INCOMPLETE_CHAIN: LIKELY + 2,
         Cause.HOSTNAME_MISMATCH: LIKELY + 1, Cause.NOT_YET_VALID_CERTIFICATE: LIKELY,
         Cause.EXPIRED_CERTIFICATE: LIKELY},
    47: {Cause.CIPHER_MISMATCH: POSSIBLE + 1, Cause.PROTOCOL_MISMATCH: POSSIBLE},
    48: {Cause.INCOMPLETE_CHAIN: LIKELY + 1, Cause.UNKNOWN_CERTIFICATE: LIKELY},
    51: {Cause.INCORRECT_CHAIN: POSSIBLE},
    70: _PROTOCOL,
    71: {Cause.CIPHER_MISMATCH: LIKELY, Cause.INCORRECT_CHAIN: POSSIBLE},
    80: {Cause.UNKNOWN_CERTIFICATE: POSSIBLE},
}  # fmt: skip


class Told(NamedTuple):
    """An alert of which a text tells, and the words."""

    number: int
    way: Way
    words: str


def told(text: str, lower: str) -> Iterator[Told]:
    """The alerts in a text, which is also given in lower case; each once."""
    seen: set[tuple[int, Way]] = set()
    for words, way in _WRITTEN:
        for match in compiled(words).finditer(lower):
            number = _number(match[1])
            if number is not None and (number, way) not in seen:
                seen.add((number, way))
                yield Told(number, way, text[match.start() : match.end()])


def sign(alert: Told, speaker: Side | None) -> Sign:
    """What an alert speaks for, where `speaker` tells of it.

    Where that is not known, it is more likely a client that was refused than a server.
    """
    name = f"{alerts.name(alert.number)} ({alert.number})"
    by_server = FROM_SERVERS.get(alert.number, {})
    by_client = FROM_CLIENTS.get(alert.number, {})
    if alert.way == "seen" or (speaker is None and alert.way == "received" and by_client):
        is_even = alert.way == "seen"
        means = f"One side refused with the alert {name}; what that means depends on which."
        return Sign("", _either(by_server, by_client, is_even=is_even), means, _SOURCE)
    is_servers = (speaker == "server") == (alert.way == "sent")
    sender = "server" if is_servers else "client"
    causes = by_server if is_servers else by_client
    return Sign("", causes, f"The {sender} refused with the alert {name}.", _SOURCE)


def _either(
    by_server: Mapping[Cause, int], by_client: Mapping[Cause, int], *, is_even: bool
) -> dict[Cause, int]:
    """The causes of both senders, none of which is certain; even, or the server likelier."""
    found = {cause: min(weight, STRONG) for cause, weight in by_server.items()}
    for cause, weight in by_client.items():
        own = min(weight, STRONG)
        found[cause] = max(own if is_even else own // 3, found.get(cause, 0))
    return found


def _number(name: str) -> int | None:
    """The number of an alert, by its number or the longest name with which `name` begins."""
    if digits := re.search(r"\d{1,3}$", name):
        return int(digits[0]) if int(digits[0]) in alerts.NAMES else None
    folded = _folded(name)
    found = next((each for each in _LONGEST_NAMES if folded.startswith(each)), None)
    return _NUMBERS[found] if found else None
