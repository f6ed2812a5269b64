"""What depends on a thing as a graph: in Graphviz's language and in Mermaid's.

An arrow leads from a thing to what it depends on. Boxes have numbers for names, so that nothing
which came from outside stands anywhere but in a label, and there it is escaped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.time_left import time_left
from edgeaudit.audit.tree import noted
from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgeaudit.audit.answer import Answer
    from edgeaudit.audit.tree import Kind, Node

_WORDS: dict[Kind, str] = {
    "certificate": "certificate",
    "alias": "alias",
    "keystore": "keystore",
    "reference": "reference",
    "virtualhost": "virtual host",
    "targetserver": "target server",
    "target": "target",
    "proxy": "proxy",
    "sharedflow": "shared flow",
}
_MOST_CHARACTERS = 400  # of a label; Graphviz takes no string of more than 16 KB


def label(node: Node, at: datetime) -> str:
    """What a line or a box says: `virtual host acme/prod/virtualhosts/web (truststore)`."""
    named = " ".join(filter(None, [_WORDS[node.kind], node.where]))
    if certificate := node.certificate:
        name = certificate.subject or f"serial {certificate.serial}"
        named += f" {name}: {time_left(certificate, at)} ({certificate.not_after:%Y-%m-%d})"
    return printable(f"{named} ({node.note})" if node.note else named)


def dot(answer: Answer) -> str:
    """A digraph (https://graphviz.org/doc/info/lang.html)."""
    graph = _Graph(answer)
    lines = [
        "digraph impact {",
        f"  graph [rankdir=LR, label={_quoted(answer.conclusion)}];",
        "  node [shape=box];",
        *(f"  n{number} [label={_quoted(text)}];" for number, text in enumerate(graph.labels())),
        *(f"  n{user} -> n{used};" for user, used in graph.arrows),
        "}",
    ]
    return "\n".join(lines) + "\n"


def mermaid(answer: Answer) -> str:
    """A flowchart (https://mermaid.js.org/syntax/flowchart.html)."""
    graph = _Graph(answer)
    lines = [
        "flowchart LR",
        *(f'  n{number}["{_entities(text)}"]' for number, text in enumerate(graph.labels())),
        *(f"  n{user} --> n{used}" for user, used in graph.arrows),
        f'  answer["{_entities(answer.conclusion)}"]',
    ]
    return "\n".join(lines) + "\n"


class _Graph:
    """The trees of an answer laid over each other: each thing once, with all that is said of it."""

    def __init__(self, answer: Answer) -> None:
        self.arrows: dict[tuple[int, int], None] = {}
        self._at = answer.at
        self._numbers: dict[object, int] = {}
        self._nodes: list[Node] = []
        self._notes: list[dict[str, None]] = []
        for root in answer.dependents:
            self._follow(root, is_upward=True)
        for root in answer.needs:
            self._follow(root, is_upward=False)

    def labels(self) -> Iterator[str]:
        """What the boxes say, in the order of their numbers."""
        for node, notes in zip(self._nodes, self._notes, strict=True):
            yield label(replace(node, note=noted(*notes)), self._at)

    def _follow(self, node: Node, *, is_upward: bool) -> int:
        number = self._number(node)
        for child in node.children:
            below = self._follow(child, is_upward=is_upward)
            self.arrows[(below, number) if is_upward else (number, below)] = None
        return number

    def _number(self, node: Node) -> int:
        number = self._numbers.setdefault(
            (node.kind, node.where, node.certificate), len(self._nodes)
        )
        if number == len(self._nodes):
            self._nodes.append(node)
            self._notes.append({})
        self._notes[number][node.note] = None
        return number


def _clipped(text: str) -> str:
    told = printable(text)
    return told if len(told) <= _MOST_CHARACTERS else f"{told[:_MOST_CHARACTERS]}..."


def _quoted(text: str) -> str:
    """A quoted string of which the label is `text`: no escape sequence in it, and no entity."""
    escaped = _clipped(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'


def _entities(text: str) -> str:
    """`text` as the inside of a quoted label: all but letters, digits and a few signs in numbers.

    Mermaid reads `#60;` as a character, and a colon before one as the beginning of a style.
    """
    return "".join(
        char if char.isalnum() or char in " ./_-" else f"#{ord(char)};" for char in _clipped(text)
    )
