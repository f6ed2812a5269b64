"""JSON over many lines, of many values that are alike.

It is what `json.dumps` has with an indent of 2. That goes value by value then, in Python, and takes
several times as long as all on one line; so what is said again and again is laid out but once.
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_STEP = "  "


def laid_out(value: Any, depth: int) -> str:
    """A value as it is written where it stands within so many others."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    written = json.dumps(value)
    return _over_lines(written, depth) if isinstance(value, list | dict) else written


@lru_cache(maxsize=1024)
def _over_lines(written: str, depth: int) -> str:
    return json.dumps(json.loads(written), indent=2).replace("\n", "\n" + _STEP * depth)


def array(values: Iterable[str], depth: int) -> Iterator[str]:
    """An array of values that are laid out, for a depth that is by one greater; in pieces."""
    return _enclosed("[", values, "]", depth)


def members(values: Mapping[str, str], depth: int) -> str:
    """An object of such values, by plain names."""
    parts = (f'"{name}": {value}' for name, value in values.items())
    return "".join(_enclosed("{", parts, "}", depth))


def _enclosed(begin: str, parts: Iterable[str], end: str, depth: int) -> Iterator[str]:
    line = "\n" + _STEP * depth
    is_empty, before = True, begin
    for part in parts:
        yield f"{before}{line}{_STEP}{part}"
        is_empty, before = False, ","
    yield begin + end if is_empty else line + end
