"""The manual of the rules, out of their own docstrings."""

from __future__ import annotations

import json
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tabulate import tabulate

from edgeaudit.audit.rules import RULES
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.audit.rule import Rule


def explain(slug: str) -> str:
    """The manual of one rule; raises InputError where there is no such rule."""
    if slug not in RULES:
        close = get_close_matches(slug, RULES, 1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else "`edgeaudit rules` lists them"
        raise InputError(f"there is no rule {slug}", hint)
    rule = RULES[slug]
    return f"{slug} ({rule.severity.value}, {rule.cause.value})\n\n{rule.manual}\n"


def as_json(slug: str) -> str:
    """One rule, as the list of all has it."""
    return json.dumps(_data(RULES[slug]), indent=2) + "\n"


def table(width: int = 100) -> str:
    """A line for each rule, or more where it would be longer than `width` columns."""
    rows = [(rule.slug, rule.severity.value, rule.title) for rule in _rules()]
    room = (
        width - max(len(slug) for slug, _, _ in rows) - len("    severity  ")
    )  # tabulate pads headings
    wrapped = [(slug, level, textwrap.fill(title, max(room, 20))) for slug, level, title in rows]
    return tabulate(wrapped, ["rule", "severity", "says"], tablefmt="plain") + "\n"


def _json() -> str:
    return json.dumps([_data(rule) for rule in _rules()], indent=2) + "\n"


def _data(rule: Rule) -> dict[str, str]:
    return {
        "rule": rule.slug,
        "severity": rule.severity.value,
        "cause": rule.cause.value,
        "title": rule.title,
        "manual": rule.manual,
    }


def _markdown() -> str:
    chapters = [
        f"## {rule.slug}\n\n*{rule.severity.value}, {rule.cause.value}*\n\n{rule.manual}\n"
        for rule in _rules()
    ]
    intro = "# The rules\n\n`edgeaudit explain RULE` prints the same. The severity is that of a\n"
    intro += "certificate or setting in use; what is not in use is never worse than a note.\n"
    return "\n".join([intro, *chapters])


def _rules() -> list[Rule]:
    return [RULES[slug] for slug in sorted(RULES)]


FORMATS: dict[str, Callable[[], str]] = {"json": _json, "markdown": _markdown, "table": table}
