"""A message, before it is a mail or a webhook's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["expiry", "incomplete", "complete", "digest", "test"]
Tone = Literal["bad", "near", "good", "plain"]
Fact = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Item:
    """One certificate or place: its name, how it stands, and what there is to say of it."""

    title: str
    verdict: str
    tone: Tone
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Message:
    """One message; nothing in it is a control character. `data` is the same for a machine."""

    kind: Kind
    title: str
    intro: str
    items: tuple[Item, ...]
    closing: str
    data: dict[str, Any]
