"""The time that is judged at."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone

from edgeaudit.errors import InputError

_MONTHS = {"mo": 1, "y": 12}
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def now() -> datetime:
    """This second, in UTC."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def moment(text: str | None, present: datetime, option: str = "--at") -> datetime:
    """`text` as a time in UTC: an ISO 8601 date or time, or from now on (`+30d`, `+12h`, `+2w`,
    and by the calendar `+6mo`, `+1y`).

    No text means the present; a time without a zone is UTC. Raises InputError, in which `option`
    is named, for anything else.
    """
    if text is None:
        return present
    try:
        if match := re.fullmatch(r"\+([0-9]{1,6})(h|d|w|mo|y)", text.strip()):
            count, unit = int(match[1]), match[2]
            if unit in _MONTHS:
                return _months_later(present, count * _MONTHS[unit])
            return present + count * _UNITS[unit]
        # Python 3.10 does not read the Z of ISO 8601
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(
            timezone.utc
        )
    except (ValueError, OverflowError):
        hint = "give a date (2027-03-01), a time (2027-03-01T06:00Z) or a span from now (+30d)"
        raise InputError(f"{option} {text}: that is no time", hint) from None


def _months_later(present: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last if it has no such day."""
    years, month = divmod(present.month - 1 + months, 12)
    year = present.year + years
    day = min(present.day, monthrange(year, month + 1)[1])
    return present.replace(year=year, month=month + 1, day=day)
