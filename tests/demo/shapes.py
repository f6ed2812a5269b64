"""The shape of JSON bodies: which keys, of which JSON types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Trait = tuple[str, str]
"""A place in a body and what stands there: `(".sSLInfo.enabled", "string")`, or `"absent"`."""

_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    type(None): "null",
}


def traits(body: object, at: str = "") -> Iterator[Trait]:
    """What stands where in `body`."""
    yield at, _TYPES[type(body)]
    for place, part in _parts(body, at):
        yield from traits(part, place)


def absences(body: object, known: Iterable[Trait], at: str = "") -> Iterator[Trait]:
    """Which of the `known` keys are missing in those objects of `body` that could have them."""
    if isinstance(body, dict):
        for place in {place for place, _ in known}:
            parent, dot, key = place.rpartition(".")
            if dot and parent == at and not key.endswith("[]") and key not in body:
                yield place, "absent"
    for place, part in _parts(body, at):
        yield from absences(part, known, place)


def _parts(value: object, at: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{at}.{key}", part
    elif isinstance(value, list):
        for part in value:
            yield f"{at}[]", part
