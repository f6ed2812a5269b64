"""What is told of things, one after the other, to a person at a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Item(NamedTuple):
    """One thing that is told: where, what in one sentence, particulars by their names, and the name
    of what the sentence is about."""

    where: str
    what: str
    particulars: tuple[tuple[str, str], ...] = ()
    name: str = ""

    def lines(self, width: int) -> Iterator[str]:
        """Lines of at most `width` columns, save where a word is longer, as a place may be."""
        yield f"  {printable(self.where)}"
        yield from wrapped(": ".join(filter(None, (self.what, self.name))), "      ", width)
        for name, told in self.particulars:
            yield from wrapped(f"{name}: {told}", "        ", width)


def wrapped(text: str, indent: str, width: int) -> list[str]:
    """A text after `indent`, and its further lines after a little more."""
    return textwrap.wrap(
        printable(text),
        max(width, 60),
        initial_indent=indent,
        subsequent_indent=indent + "  " * bool(indent),
        break_on_hyphens=False,
        break_long_words=False,
    )
