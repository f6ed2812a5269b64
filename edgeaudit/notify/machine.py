"""What a message tells machines, as values that JSON knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.time_left import days_left, instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edgeaudit.audit.uses import InUse
    from edgeaudit.notify.ladder import Mended


def ending(
    each: InUse, places: Sequence[str], remedy: Sequence[str], now: datetime
) -> dict[str, Any]:
    """A certificate in use that ends, with the places where it lies."""
    certificate = each.certificate
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_after": instant(certificate.not_after),
        "days_left": days_left(certificate, now),
        "in_use_at": list(places),
        "affects": sorted({where for one in each.holdings for where in one.affects}),
        "remedy": list(remedy),
    }


def mended(each: Mended) -> dict[str, Any]:
    """One that was told of, and is no longer in use."""
    return {
        "identity": each.identity,
        "subject": each.told.subject,
        "not_after": instant(each.told.not_after),
        "was_used_by": sorted({use.endpoint for use in each.told.uses}),
        "replaced_until": each.until and instant(each.until),
    }
