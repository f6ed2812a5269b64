"""What a message on certificates says first: its title, and what happens at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.standing import identity
from edgeaudit.audit.time_left import days_left, has_expired, time_left
from edgeaudit.plural import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edgeaudit.audit.uses import InUse
    from edgeaudit.x509.certificate import Certificate


def headline(ending: Sequence[InUse], now: datetime) -> str:
    """How many have expired and will: `api.example.com expires in 6 days` for one.

    Those whose end breaks nothing are counted apart from all others.
    """
    hard = [each for each in ending if not each.is_mild]
    mild = [each for each in ending if each.is_mild]
    if not mild:
        return _ends(hard, now)
    noun = "certificate" if any(each.services for each in mild) else "trust anchor"
    many = counted(len(mild), noun)
    if hard:
        return f"{_ends(hard, now)}; also {many}, which breaks nothing"
    if len(mild) == 1:
        return f"{noun} {_ends(mild, now)}, which breaks nothing"
    return f"{many} end, which breaks nothing"


def what_happens(ending: Sequence[InUse], now: datetime) -> str:
    """What their end does to handshakes; for none, that all is mended."""
    if not ending:
        return "What was told of has been mended, and was seen to be."
    hard = [each for each in ending if not each.is_mild]
    if not hard:
        return "No handshake fails at its end. It is told so that its successor is there in time."
    if all(has_expired(each.certificate, now) for each in hard):
        return "Handshakes that need what has expired fail."
    return "From its end on, every handshake that needs a certificate fails."


def name_of(certificate: Certificate) -> str:
    """What to call it: the first of its names."""
    names = (*certificate.common_names, *certificate.names, certificate.subject)
    return next(filter(None, names), identity(certificate))


def _ends(ending: Sequence[InUse], now: datetime) -> str:
    if len(ending) == 1:
        certificate = ending[0].certificate
        return f"{name_of(certificate)} {time_left(certificate, now)}"
    ahead = [each.certificate for each in ending if not has_expired(each.certificate, now)]
    expired = len(ending) - len(ahead)
    days = max((days_left(each, now) for each in ahead), default=0) + 1
    within = f"within {counted(days, 'day')}"
    if not expired:
        return f"{counted(len(ahead), 'certificate')} expire {within}"
    told = f"{counted(expired, 'certificate')} {'has' if expired == 1 else 'have'} expired"
    return f"{told}, {len(ahead)} more will {within}" if ahead else told
