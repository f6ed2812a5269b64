"""Numbers of things, as sentences tell them."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 place`, `2 places`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
