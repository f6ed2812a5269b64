"""A client's certificate that the server refused, or missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes import certificates, nginx_page
from edgeaudit.audit.causes.judge import wrong_chain
from edgeaudit.audit.causes.verdict import FAREWELLS, Reason
from edgeaudit.audit.finding import Cause
from edgeaudit.tls import encrypted
from edgeaudit.x509.names import read_name

if TYPE_CHECKING:
    from edgeaudit.audit.causes.judge import Judge, Judges
    from edgeaudit.audit.causes.verdict import Refusal
    from edgeaudit.tls.handshake import Handshake
    from edgeaudit.x509.names import Name

_MISSING = Cause.MISSING_CLIENT_CERTIFICATE
_EXPIRED = Cause.EXPIRED_CLIENT_CERTIFICATE
_UNKNOWN = Cause.UNKNOWN_CLIENT_CERTIFICATE
_ANSWERED = (
    "nginx completes such a handshake, answers with HTTP status 400 and closes; a page of that "
    "size was seen."
)
_OPTIONAL = (
    "Or it only offers to take a certificate (ssl_verify_client optional), and nothing is wrong: "
    "then that was the answer, of the same size by chance."
)


def refused_client(handshake: Handshake, refusal: Refusal, judge: Judge | None) -> Reason | None:
    """Why the server refused the client, which had been asked for a certificate; None if not."""
    if handshake.client_chain is None:
        return _not_even_empty(handshake)
    if found := wrong_certificate(handshake, judge):
        return found
    if refusal.alert == 45:
        told = "It is valid by the capture's clock: an issuer of it has expired at the server."
        return Reason(_EXPIRED, "likely", told, (_EXPIRED,))
    if refusal.alert in (42, 43, 44, 46, 48, 49, 51):
        told = "The client had shown a certificate, and the server does not trust it."
        is_sure = refusal.alert == 48
        return Reason(_UNKNOWN, "certain" if is_sure else "likely", told, (_UNKNOWN,))
    told = "It came after the client's certificate; nothing in that says why."
    return Reason(None, "possible", told, (_UNKNOWN,))


def wrong_certificate(handshake: Handshake, judge: Judge | None) -> Reason | None:
    """What is wrong with the certificate that the client showed, or that it showed none."""
    chain = certificates.readable(handshake.client_chain)
    if handshake.client_chain == ():
        return _none(handshake)
    if found := certificates.wrong_date(chain, handshake.started_at, _EXPIRED):
        return found
    names = _acceptable(handshake)
    if chain and names and not any(each.issuer_canonical in names for each in chain):
        told = f"The client's certificate is of {chain[-1].issuer}, which the server did not name."
        return Reason(_UNKNOWN, "certain", told, (_UNKNOWN,))
    bad = wrong_chain(chain, judge, handshake.started_at) if judge else None
    return bad._replace(cause=_UNKNOWN, candidates=(_UNKNOWN,)) if bad else None


def answered_in_http(handshake: Handshake, judges: Judges) -> Reason | None:
    """Whether a server completed the handshake and then refused the client with HTTP's status 400.

    nginx does, with ssl_verify_client. That the client leaves first is no wonder, but where it
    showed no certificate none may have been demanded.
    """
    if handshake.client_chain is None:
        return None
    found = wrong_certificate(handshake, judges.client)
    if found is None or not nginx_page.was_seen(handshake, found.cause or _UNKNOWN):
        return None
    told = f"{found.because} {_ANSWERED}"
    if found.cause is not _MISSING:
        return Reason(found.cause, "likely", told, found.candidates)
    ends = [step.side for step in handshake.steps if step.what in FAREWELLS]
    if ends[0] == "client":
        return None
    if judges.demands_client:
        return Reason(_MISSING, "likely", told, found.candidates)
    return Reason(_MISSING, "possible", f"{told} {_OPTIONAL}", found.candidates)


def refused_in_secret(handshake: Handshake, refusal: Refusal) -> Reason:
    """TLS 1.3 without keys: the size of what the client sent before its Finished tells of it."""
    cipher = handshake.server_hello.cipher if handshake.server_hello else 0
    size = encrypted.certificate_size(handshake.steps, cipher)
    if size == 0:
        told = "The client's last message was its Finished alone: no certificate was asked for."
        return Reason(None, "possible", told)
    if size == encrypted.EMPTY_CERTIFICATE or refusal.alert == 116:
        told = "By its size, what the client sent before its Finished is an empty certificate."
        told = "The server demands a certificate." if refusal.alert == 116 else told
        is_sure = refusal.alert == 116
        return Reason(_MISSING, "certain" if is_sure else "likely", told, (_MISSING, _UNKNOWN))
    if size:
        told = (
            f"Before its Finished the client sent {size} bytes, which is a certificate; its dates "
            "and issuer are encrypted."
        )
        return Reason(None, "possible", told, (_UNKNOWN, _EXPIRED))
    told = "All after the ServerHello is encrypted; it came once the client had finished."
    return Reason(None, "possible", told, (_MISSING, _UNKNOWN, _EXPIRED))


def _none(handshake: Handshake) -> Reason:
    told = "The server asked for a certificate, and the client sent an empty one."
    names = [name.text for name in _names(handshake)]
    if not names:
        return Reason(_MISSING, "certain", told, (_MISSING,))
    told = (
        f"{told} Java does so too where none of its certificates is of an issuer that the server "
        f"names ({', '.join(names[:3])})."
    )
    return Reason(_MISSING, "certain", told, (_MISSING, _UNKNOWN))


def _not_even_empty(handshake: Handshake) -> Reason | None:
    """SSLv3's clients have a warning for that (RFC 6101, 5.6.6), others must send the message."""
    if handshake.request is None or not any(alert.number == 41 for alert in handshake.alerts):
        return None
    told = "The server asked for a certificate, and the client answered that it has none."
    return Reason(_MISSING, "certain", told, (_MISSING,))


def _acceptable(handshake: Handshake) -> set[bytes]:
    return {name.canonical for name in _names(handshake)}


def _names(handshake: Handshake) -> list[Name]:
    found = []
    for der in handshake.request.authorities if handshake.request else ():
        try:
            found.append(read_name(der))
        except (ValueError, IndexError):
            continue
    return found
