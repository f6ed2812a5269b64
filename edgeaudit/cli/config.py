"""`edgeaudit config`: check, describe and exemplify the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def config() -> None:
    """Check, describe and exemplify the configuration."""


@config.command()
@click.argument("file", type=FILE, required=False)
@click.option("--config", "named", type=FILE, metavar="FILE", help="The same, as other commands.")
def check(file: Path | None, named: Path | None) -> int:
    """Check FILE, or the configuration that a run would use, and the files that it names."""
    import os

    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.checking import problems
    from edgeaudit.config import find, load
    from edgeaudit.errors import ConfigError, InputError

    if file and named:
        raise InputError("two files are named", "check one at a time")
    path = file or named or find(os.environ)
    if path is None:
        raise ConfigError("there is no configuration file", "`edgeaudit config example` prints one")
    wrong = problems(load(path, os.environ, {}, RULES))
    for each in wrong:
        terminal.error(f"{path}: {each.message}", each.hint)
    if wrong:
        return status.UNUSABLE
    terminal.say(f"{path}: valid\n")
    return status.GOOD


@config.command()
def schema() -> int:
    """Print the JSON Schema of the configuration."""
    import json

    from edgeaudit.config import Config

    terminal.say(json.dumps(Config.model_json_schema(), indent=2) + "\n")
    return status.GOOD


@config.command()
def example() -> int:
    """Print a commented example."""
    from edgeaudit.config import example as text

    terminal.say(text())
    return status.GOOD
