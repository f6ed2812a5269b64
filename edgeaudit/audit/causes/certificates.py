"""What is wrong with certificates that were shown, as far as their bytes prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes.verdict import Reason
from edgeaudit.audit.finding import Cause
from edgeaudit.x509.certificate import Certificate
from edgeaudit.x509.hostname import covers, modern_covers
from edgeaudit.x509.path import has_issued

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.tls.handshake import Chain

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


def unjudged(chain: tuple[Certificate, ...]) -> Reason:
    """What may keep the path from a root, where no truststore is known."""
    found = path(chain)
    top = found[-1]
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


def unanchored(
    chain: tuple[Certificate, ...], found: tuple[Certificate, ...], called: str
) -> Reason:
    """Why nothing leads from `found`, the path that was sent, to the truststore `called` so."""
    top = found[-1]
    if top.is_self_issued:
        told = f"It leads to {_named(top)}, which {called} does not hold."
        return Reason(_UNKNOWN, "certain", told, (_UNKNOWN,))
    if len(chain) > len(found):
        return _stranger(chain, found)
    told = f"Its issuer {top.issuer} was not sent, nor does {called} hold it."
    cause, other = (_INCOMPLETE, _UNKNOWN) if len(found) == 1 else (_UNKNOWN, _INCOMPLETE)
    return Reason(cause, "likely", told, (cause, other))


def _stranger(chain: tuple[Certificate, ...], found: tuple[Certificate, ...]) -> Reason:
    stranger = next(each for each in chain if each not in found)
    told = f"{_named(stranger)} was sent where the issuer {found[-1].issuer} is needed."
    cause = Cause.INCORRECT_CHAIN
    return Reason(cause, "certain", told, (cause,))


def _named(certificate: Certificate) -> str:
    return certificate.subject or f"serial {certificate.serial}"
