"""Telling: one module a format, each a pure function from the report to text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.audit.report import Report

NAMES = (
    "csv",
    "html",
    "ics",
    "json",
    "junit",
    "markdown",
    "nagios",
    "prometheus",
    "sarif",
    "steps",
    "table",
    "yaml",
)


def _lazy(name: str) -> Callable[[Report], str]:
    """The `render` of the module of that name, which is imported when it is called."""

    def render(report: Report) -> str:
        text: str = import_module(f"edgeaudit.reports.{name}").render(report)
        return text

    return render


FORMATS: dict[str, Callable[[Report], str]] = {name: _lazy(name) for name in NAMES}
