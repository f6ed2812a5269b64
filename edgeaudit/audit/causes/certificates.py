"""What is wrong with certificates that were shown, as far as their bytes prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes.verdict import Reason
from edgeaudit.audit.finding import Cause
from edgeaudit.errors import EdgeauditError
from edgeaudit.x509.certificate import Certificate
from edgeaudit.x509.hostname import covers, modern_covers
from edgeaudit.x509.path import has_issued, verify

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.tls.handshake import Chain
    from edgeaudit.x509.trust import Trust

# numbers of x509_vfy.h: the path ends in a root that is not trusted; or before any root
_UNTRUSTED_ROOT, _NO_ISSUER = {18, 19}, {2, 20, 21}
_UNKNOWN, _INCOMPLETE = Cause.UNKNOWN_CERTIFICATE, Cause.INCOMPLETE_CHAIN


def readable(chain: Chain | None) -> tuple[Certificate, ...]:
    """The certificates of a chain that could be read."""
    return tuple(each for each in chain or () if isinstance(each, Certificate))


def path(chain: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """The leaf and those above it that issued one another, as far as they were sent."""
    found = list(chain[:1])
    while found and not found[-1].is_self_issued:
        above = (each for each in chain if each not in found and has_issued(each, found[-1]))
        if (issuer := next(above, None)) is None:
            break
        found.append(issuer)
    return tuple(found)


def wrong_date(chain: tuple[Certificate, ...], at: datetime, expired: Cause) -> Reason | None:
    """A certificate of the path that is not valid at `at`; `expired` is the cause if it was."""
    for each in path(chain):
        if each.not_after < at:
            told = f"{_named(each)} had expired on {each.not_after:%Y-%m-%d %H:%M} UTC."
            return Reason(expired, "certain", told, (expired,))
        if each.not_before > at:
            told = f"{_named(each)} is not valid before {each.not_before:%Y-%m-%d %H:%M} UTC."
            future = Cause.NOT_YET_VALID_CERTIFICATE
            return Reason(future, "certain", told, (future,))
    return None


def wrong_name(chain: tuple[Certificate, ...], sni: str | None) -> Reason | None:
    """The leaf, where it speaks for another host than the one asked for."""
    if not chain or not sni or covers(chain[0], sni) or modern_covers(chain[0], sni):
        return None
    names = ", ".join((chain[0].names or chain[0].common_names)[:4]) or "no host"
    told = f"The certificate is for {names}, and the client asked for {sni}."
    cause = Cause.HOSTNAME_MISMATCH
    return Reason(cause, "certain", told, (cause,))


def wrong_chain(chain: tuple[Certificate, ...], trust: Trust | None, at: datetime) -> Reason | None:
    """What keeps the path from a root; None where nothing does, or nothing is known to."""
    if not chain:
        return None
    found = path(chain)
    top = found[-1]
    if trust is not None:
        return _judged(chain, found, trust, at)
    if len(chain) > len(found) and not top.is_self_issued:
        return _stranger(chain, found)
    if top.is_self_issued:
        told = f"It ends in {_named(top)}, which signed itself and which a client must know."
        return Reason(_UNKNOWN, "likely", told, (_UNKNOWN,))
    if len(found) == 1:
        told = (
            f"Only the leaf was sent, without its issuer {top.issuer}: either that is missing, "
            "or it is not trusted."
        )
        return Reason(None, "possible", told, (_INCOMPLETE, _UNKNOWN))
    told = f"The chain ends below {top.issuer}, which a client must have in its truststore."
    return Reason(_UNKNOWN, "possible", told, (_UNKNOWN, _INCOMPLETE))


def _judged(
    chain: tuple[Certificate, ...], found: tuple[Certificate, ...], trust: Trust, at: datetime
) -> Reason | None:
    """By the truststore at hand, as OpenSSL verifies."""
    try:
        verdict = verify(chain[0], chain[1:], trust, at)
    except EdgeauditError:
        return None
    numbers = {error.number for error in verdict.errors}
    top = found[-1]
    if verdict.ok:
        return None
    if numbers & _UNTRUSTED_ROOT:
        told = f"It leads to {_named(top)}, which the truststore at hand does not hold."
        return Reason(_UNKNOWN, "certain", told, (_UNKNOWN,))
    if not numbers & _NO_ISSUER:
        return None
    if len(chain) > len(found):
        return _stranger(chain, found)
    told = f"Its issuer {top.issuer} was not sent, nor does the truststore at hand hold it."
    cause = _INCOMPLETE if len(found) == 1 else _UNKNOWN
    return Reason(cause, "likely", told, (cause, _UNKNOWN if len(found) == 1 else _INCOMPLETE))


def _stranger(chain: tuple[Certificate, ...], found: tuple[Certificate, ...]) -> Reason:
    stranger = next(each for each in chain if each not in found)
    told = f"{_named(stranger)} was sent where the issuer {found[-1].issuer} is needed."
    cause = Cause.INCORRECT_CHAIN
    return Reason(cause, "certain", told, (cause,))


def _named(certificate: Certificate) -> str:
    return certificate.subject or f"serial {certificate.serial}"
