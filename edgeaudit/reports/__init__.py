"""Telling: one module a format, each a pure function from the report to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.reports import json, steps, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.audit.finding import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "json": json.render,
    "steps": steps.render,
    "table": table.render,
}
