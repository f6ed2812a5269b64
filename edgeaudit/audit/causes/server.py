"""A server's certificate that the client refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes import certificates
from edgeaudit.audit.causes.judge import wrong_chain
from edgeaudit.audit.causes.verdict import FAREWELLS, Reason
from edgeaudit.audit.finding import Cause
from edgeaudit.tls.handshake import version_name

if TYPE_CHECKING:
    from edgeaudit.audit.causes.judge import Judge
    from edgeaudit.audit.causes.verdict import Refusal
    from edgeaudit.tls.handshake import Handshake

_EXPIRED, _NAME = Cause.EXPIRED_CERTIFICATE, Cause.HOSTNAME_MISMATCH
_FUTURE = Cause.NOT_YET_VALID_CERTIFICATE
_UNKNOWN, _INCOMPLETE = Cause.UNKNOWN_CERTIFICATE, Cause.INCOMPLETE_CHAIN
_OF_CHAINS = (_UNKNOWN, _INCOMPLETE, Cause.INCORRECT_CHAIN)
_AT_ONCE = 5_000_000_000  # nanoseconds
_OR_NOTHING = (
    "Clients that check that after the handshake leave so; and so does a health check that checks "
    "nothing, and then nothing is wrong."
)
_COMPLAINTS = {41, 42, 43, 44, 45, 46, 48, 51}


def refused_certificate(
    handshake: Handshake, refusal: Refusal, judge: Judge | None
) -> Reason | None:
    """Why the client refused the certificate, which was seen; None if it looks all right.

    Clients verify the chain, its dates included, before the name.
    """
    chain = certificates.readable(handshake.server_chain)
    if found := certificates.wrong_date(chain, handshake.started_at, _EXPIRED):
        return found
    if refusal.alert == 45:
        return _expired_elsewhere()
    bad_chain = _told_by(refusal.alert, wrong_chain(chain, judge, handshake.started_at))
    bad_name = certificates.wrong_name(chain, handshake.sni)
    is_of_chain = refusal.alert == 48 or (bad_chain and bad_chain.confidence == "certain")
    if bad_name and not (is_of_chain and refusal.alert != 42):
        return bad_name if judge and not bad_chain else bad_name._replace(confidence="likely")
    if bad_chain and bad_chain.cause and refusal.alert == 48 and bad_chain.confidence != "certain":
        return bad_chain._replace(confidence="likely")
    return bad_chain or _complained(refusal.alert)


def _told_by(number: int | None, bad_chain: Reason | None) -> Reason | None:
    """What is wrong with a chain, if a client would say so with an alert of this number."""
    if bad_chain is None or bad_chain.confidence == "certain" or not number:
        return bad_chain
    if number not in _COMPLAINTS:
        return None
    if number != 42 or bad_chain.confidence != "possible" or bad_chain.cause is None:
        return bad_chain
    told = f"{bad_chain.because} OpenSSL, though, says so with alert 48, and with 42 that it "
    told += "wants another host's certificate than that of the name in its hello."
    return bad_chain._replace(because=told, candidates=(*bad_chain.candidates, _NAME))


def _expired_elsewhere() -> Reason:
    told = (
        "What was sent is valid by the capture's clock: an issuer in the client's truststore has "
        "expired, or the client's clock is wrong."
    )
    return Reason(_EXPIRED, "likely", told, (_EXPIRED,))


def _complained(number: int | None) -> Reason | None:
    """What the number hints at, nothing being wrong with what was sent."""
    if number == 48:
        told = "Nothing is wrong with the chain that was sent: the client does not know its root."
        return Reason(_UNKNOWN, "likely", told, (_UNKNOWN, _INCOMPLETE))
    if number in _COMPLAINTS:
        told = "Nothing in the certificates that were sent says why."
        return Reason(None, "possible", told, (_UNKNOWN, _INCOMPLETE, _NAME))
    return None


def left_politely(handshake: Handshake, judge: Judge | None) -> Reason | None:
    """Why a client may have left right after the handshake, without a word: its own check.

    A health check leaves so, too: but it hardly offers a protocol (ALPN) that it does not speak
    then, nor says goodbye. Who leaves late has had no fault to find.
    """
    if any(step.what == "data" for step in handshake.steps):
        return None
    pairs = zip(handshake.steps, handshake.steps[1:], strict=False)
    before, closed = next((pair for pair in pairs if pair[1].what in FAREWELLS), (None, None))
    if not (before and closed) or closed.side != "client":
        return None
    found = _wrong(handshake, judge) if closed.time - before.time < _AT_ONCE else None
    if found is None:
        return None
    is_polite = closed.what == "encrypted alert"
    if handshake.client_hello and handshake.client_hello.alpn and is_polite:
        return found._replace(confidence="likely")
    return found._replace(confidence="possible", because=f"{found.because} {_OR_NOTHING}")


def _wrong(handshake: Handshake, judge: Judge | None) -> Reason | None:
    """What such a client may have found to be wrong, if its truststore is known or none needed."""
    chain = certificates.readable(handshake.server_chain)
    found = certificates.wrong_date(chain, handshake.started_at, _EXPIRED)
    found = found or certificates.wrong_name(chain, handshake.sni)
    if judge and not found:
        found = wrong_chain(chain, judge, handshake.started_at)
    return found


def refused_in_secret(handshake: Handshake, refusal: Refusal) -> Reason:
    """TLS 1.3 without keys: the certificate cannot be seen, the alert only if it is in clear."""
    unseen = f"In {version_name(handshake.version or 0)} the certificates are encrypted"
    return refused_unseen(refusal.alert, unseen)


def refused_unseen(number: int | None, unseen: str) -> Reason:
    """What the alert `number` tells alone, where the sentence `unseen` says why that is so."""
    if number == 70:
        told = f"{unseen}, but the alert says that the client does not take the server's version."
        return Reason(Cause.PROTOCOL_MISMATCH, "likely", told, (Cause.PROTOCOL_MISMATCH,))
    if number == 45:
        told = f"{unseen}, but the alert, sent in clear, names the cause."
        return Reason(_EXPIRED, "likely", told, (_EXPIRED,))
    if number == 48:
        told = f"{unseen}: an issuer is missing or another's, or the client does not know the root."
        return Reason(None, "possible", told, _OF_CHAINS)
    if number == 42:
        told = (
            f"{unseen}. OpenSSL sends this alert for another host's certificate and for one that "
            "is not valid yet, Go for any."
        )
        return Reason(None, "possible", told, (_NAME, _FUTURE, *_OF_CHAINS, _EXPIRED))
    told = f"{unseen}, so what it objects to cannot be seen."
    return Reason(None, "possible", told, (*_OF_CHAINS, _NAME, _EXPIRED, _FUTURE))
