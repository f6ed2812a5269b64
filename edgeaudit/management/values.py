"""The values in Edge's JSON, in every form in which its generations write them.

Booleans and numbers come as themselves or as strings, lists as null, names that are not set as
missing, null or empty (bodies recorded from live Edges differ among themselves).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from edgeaudit.errors import BadAnswer

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def as_object(value: object) -> dict[str, Any]:
    """`value` itself; raises BadAnswer where it is no JSON object, or one that tells nothing.

    That is an empty one, and an error that came with HTTP 200 (envelopes A and B of Edge): as a
    virtual host it would seem to have no TLS, as an alias no key.
    """
    if not isinstance(value, dict):
        raise BadAnswer(f"the answer is {_kind(value)}, not an object")
    if not value:
        raise BadAnswer("the answer is an empty object")
    if "fault" in value or {"code", "message"} <= value.keys():
        raise BadAnswer("the answer is an error message")
    return value


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
    """true, false, or either as a string in any case; null and "" are false.

    Raises BadAnswer for anything else: what switches TLS on or off must not be guessed.
    """
    text = value.strip().lower() if isinstance(value, str) else value
    if text is None or isinstance(text, bool) or text in ("", "true", "false"):
        return text is True or text == "true"
    raise BadAnswer(f"the answer has {str(value)!r:.40} where true or false belongs")


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
    """The non-empty strings of a list; nothing for null.

    Raises BadAnswer where `value` is no list, or holds anything but strings and nulls.
    """
    if not isinstance(value, list | None):
        raise BadAnswer(f"the answer has {_kind(value)} where a list of strings belongs")
    if strangers := [each for each in value or () if not isinstance(each, str | None)]:
        raise BadAnswer(f"the answer has {_kind(strangers[0])} in a list of strings")
    return tuple(each for each in value or () if each)


def first(body: dict[str, Any], *keys: str) -> object:
    """The value of the first of `keys` that is there; None if none is."""
    return next((body[key] for key in keys if key in body), None)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _kind(value: object) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
