"""`edgeaudit list`: what there is, unjudged."""

from __future__ import annotations

from typing import Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import configured, judging, reading

# which kinds each list needs, and whether it needs the aliases
_NEEDS: dict[str, tuple[tuple[str, ...] | None, bool]] = {
    "orgs": ((), False),
    "envs": ((), False),
    "keystores": (("keystores",), True),
    "truststores": (("keystores",), True),
    "aliases": (None, True),
    "certs": (("keystores",), True),
    "references": (("references",), False),
    "virtualhosts": (("virtualhosts",), False),
    "targetservers": (("targetservers",), False),
}


@click.command("list")
@click.argument("kind", type=click.Choice(list(_NEEDS)))
@reading
@judging
@click.option(
    "--format",
    "name",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="Format on stdout.",
)
def list_(kind: str, name: str, **options: Any) -> int:
    """List what there is of one KIND, unjudged."""
    from edgeaudit.cli.access import read
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.reports import listing

    kinds, with_aliases = _NEEDS[kind]
    at = moment(options["at"], now())
    inventories = read(
        configured(options), quiet=options["quiet"], kinds=kinds, with_aliases=with_aliases
    )
    rows = [row for one in inventories for row in listing.rows(kind, one, at)]
    terminal.say(listing.FORMATS[name](rows, listing.columns(kind)))
    gaps = [gap for one in inventories for gap in one.gaps]
    for gap in gaps:
        terminal.warning(f"{gap.where} could not be read: {gap.detail}")
    return status.INCOMPLETE if gaps else status.GOOD
