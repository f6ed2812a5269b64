"""`edgeaudit rules`: the manual of the rules."""

from __future__ import annotations

import click

from edgeaudit.cli import status, terminal


@click.command()
@click.option(
    "--format",
    "name",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="markdown gives the whole manual.",
)
def rules(name: str) -> int:
    """List the rules, or print their manual."""
    from edgeaudit.reports import manual

    is_table = name == "table"
    terminal.say(manual.table(terminal.width()) if is_table else manual.FORMATS[name]())
    return status.GOOD
