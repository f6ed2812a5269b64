"""What depends on a thing: as a tree for a person, as JSON, and as a graph to be drawn."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports import graph
from edgeaudit.reports.graph import label
from edgeaudit.reports.json import identity, installation_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from edgeaudit.audit.answer import Answer
    from edgeaudit.audit.tree import Node

_BOXES = ("├── ", "│   ", "└── ", "    ")
_ASCII = ("|-- ", "|   ", "`-- ", "    ")
BOX_CHARACTERS = "".join(_BOXES)


def render(answer: Answer, *, width: int = 100, boxes: bool = True) -> str:
    """The trees, a line for each thing, and at the end one sentence in lines of `width` columns.

    Without `boxes` the lines between the things are drawn in ASCII.
    """
    branches = _BOXES if boxes else _ASCII
    lines = []
    for heading, roots in (("USED BY", answer.dependents), ("USES", answer.needs)):
        for root in roots:
            lines += [heading, *_lines(root, answer.at, branches), ""]
    sentence = textwrap.wrap(printable(answer.conclusion), width, break_on_hyphens=False)
    return "\n".join([*lines, *sentence]) + "\n"


def as_data(answer: Answer) -> dict[str, Any]:
    """The answer as values that JSON knows."""
    return {
        "schema": "edgeaudit/impact/1",
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "at": instant(answer.at),
        "installations": [installation_data(one) for one in answer.installations],
        "complete": not answer.gaps,
        "subject": answer.subject,
        "conclusion": answer.conclusion,
        "proved": not answer.doubts,
        "doubts": list(answer.doubts),
        "affects": list(answer.affects),
        "idle": list(answer.idle),
        "dependents": [_node(root) for root in answer.dependents],
        "needs": [_node(root) for root in answer.needs],
        "gaps": [gap.as_data() for gap in answer.gaps],
    }


def _lines(
    node: Node, at: datetime, branches: tuple[str, ...], first: str = "", rest: str = ""
) -> Iterator[str]:
    """The node after `first`, then all below it, each line after `rest`."""
    fork, bar, corner, blank = branches
    yield first + label(node, at)
    for number, child in enumerate(node.children, 1):
        is_last = number == len(node.children)
        ahead = (rest + corner, rest + blank) if is_last else (rest + fork, rest + bar)
        yield from _lines(child, at, branches, *ahead)


def _json(answer: Answer) -> str:
    return json.dumps(as_data(answer), indent=2) + "\n"


def _node(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "where": node.where or None,
        "state": node.state,
        "note": node.note,
        "certificate": node.certificate and identity(node.certificate),
        "children": [_node(child) for child in node.children],
    }


FORMATS: dict[str, Callable[[Answer], str]] = {
    "dot": graph.dot,
    "json": _json,
    "mermaid": graph.mermaid,
    "table": render,
}
