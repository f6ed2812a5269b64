"""The values in Edge's JSON, in every form in which its generations write them.

Booleans and numbers come as themselves or as strings, lists as null, names that are not set as
missing, null or empty (bodies recorded from live Edges differ among themselves).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from edgeaudit.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def as_object(value: object) -> dict[str, Any]:
    """`value` itself; raises BadAnswer where it is no JSON object."""
    if isinstance(value, dict):
        return value
    raise BadAnswer(f"the answer is {_kind(value)}, not an object")


def as_names(value: object) -> tuple[str, ...]:
    """The names in a list, each once, in their order; empty ones are ignored.

    An empty name would reach the list itself again (Edge lists have been seen to hold one).
    Raises BadAnswer where `value` is no list of names.
    """
    if not isinstance(value, list):
        raise BadAnswer(f"the answer is {_kind(value)}, not a list of names")
    if strangers := [item for item in value if item is not None and not _is_scalar(item)]:
        raise BadAnswer(f"the list holds {_kind(strangers[0])}, not names only")
    return tuple(dict.fromkeys(text for item in value if (text := as_text(item))))


def as_text(value: object) -> str | None:
    """A string or number as text; None for null, the empty string and anything else."""
    return str(value) if _is_scalar(value) and value != "" else None


def as_bool(value: object) -> bool:
    """true and "true" (in any case) as True, everything else as False."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def as_int(value: object) -> int | None:
    """A number or a string of digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal():
        return int(value)
    return None


def as_time(value: object) -> datetime | None:
    """Milliseconds since 1970, as number or digits, as a time in UTC; None for anything else."""
    milliseconds = as_int(value)
    try:
        return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def texts(value: object) -> tuple[str, ...]:
    """The non-empty strings of a list; nothing where there is none."""
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(text for item in items if (text := as_text(item)))


def first(body: dict[str, Any], *keys: str) -> object:
    """The value of the first of `keys` that is there; None if none is."""
    return next((body[key] for key in keys if key in body), None)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _kind(value: object) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
