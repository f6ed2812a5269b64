"""A run that ends before its report, as a Nagios plugin tells it: Nagios reads stdout alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from edgeaudit.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY = re.compile(r"^format:[ \t]*([\"']?)nagios\1[ \t]*(?:#.*)?$", re.MULTILINE)


def is_wanted(arguments: Sequence[str]) -> bool:
    """Whether a command line, as it was typed, asks for `--format nagios`, or the environment or
    the configuration does.

    That can be told of options and of a configuration with which nothing else can be done.
    """
    if list(arguments[:1]) != ["audit"]:
        return False
    if name := _option(arguments, "--format") or os.environ.get("EDGEAUDIT_FORMAT"):
        return name == "nagios"
    return _is_configured(_option(arguments, "--config"))


def tell_unknown(message: str) -> int:
    """Say that nothing is known, and why; the exit status."""
    from edgeaudit.reports import nagios

    terminal.say(nagios.line(nagios.UNKNOWN, "; ".join(message.splitlines())) + "\n")
    return nagios.UNKNOWN


def _option(arguments: Sequence[str], name: str) -> str:
    """The value of an option, the last one where it is given twice."""
    value = ""
    for this, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if this == name:
            value = following
        elif this.startswith(f"{name}="):
            value = this.partition("=")[2]
    return value


def _is_configured(named: str) -> bool:
    from edgeaudit.config import find

    try:
        path = Path(named) if named else find(os.environ)
        return bool(path and _KEY.search(path.read_text("utf-8", "replace")))
    except OSError:
        return False
