"""How long a certificate still lives, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.plural import counted

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from edgeaudit.x509.certificate import Certificate


def has_expired(certificate: Certificate, now: datetime) -> bool:
    """Whether its end has come; the very second of notAfter is too late.

    OpenSSL's `X509_cmp_time` calls a time equal to the judged one earlier; RFC 5280 (4.1.2.5)
    would still include that second.
    """
    return certificate.not_after <= now


def is_not_yet_valid(certificate: Certificate, now: datetime) -> bool:
    """Whether its life has not begun; the second of notBefore is in it, to OpenSSL as well."""
    return certificate.not_before > now


def days_left(certificate: Certificate, now: datetime) -> int:
    """Whole days until its end, negative after it."""
    return int((certificate.not_after - now).total_seconds() / 86400)


def time_left(certificate: Certificate, now: datetime) -> str:
    """`expired 3 days ago`, `expires in 6 hours`."""
    if has_expired(certificate, now):
        return f"expired {_amount(now - certificate.not_after)} ago"
    return f"expires in {_amount(certificate.not_after - now)}"


def instant(moment: datetime) -> str:
    """A time in UTC as ISO 8601 with `Z`, to the second: `2026-11-23T09:46:00Z`."""
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def day(moment: datetime) -> str:
    """`2026-11-23`."""
    return f"{moment:%Y-%m-%d}"


def until(moment: datetime, now: datetime) -> str:
    """How long from `now` to a later moment: `6 hours`."""
    return _amount(moment - now)


def _amount(span: timedelta) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if count := int(span.total_seconds() // size):
            return counted(count, unit)
    return "less than a minute"
