"""The time that is judged at."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from edgeaudit.errors import InputError

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def now() -> datetime:
    """This second, in UTC."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def moment(text: str | None, present: datetime) -> datetime:
    """`text` as a time in UTC: an ISO 8601 date or time, or from now on (`+30d`, `+12h`, `+2w`).

    No text means the present; a time without a zone is UTC. Raises InputError for anything else.
    """
    if text is None:
        return present
    try:
        if match := re.fullmatch(r"\+([0-9]{1,6})([hdw])", text.strip()):
            return present + int(match[1]) * _UNITS[match[2]]
        # Python 3.10 does not read the Z of ISO 8601
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(
            timezone.utc
        )
    except (ValueError, OverflowError):
        hint = "give a date (2027-03-01), a time (2027-03-01T06:00Z) or a span from now (+30d)"
        raise InputError(f"--at {text}: that is no time", hint) from None
