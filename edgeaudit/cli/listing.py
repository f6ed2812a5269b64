"""`edgeaudit list`: what there is, unjudged."""

from __future__ import annotations

from typing import Any

import click

from edgeaudit.cli import terminal
from edgeaudit.cli.access import Wanted
from edgeaudit.cli.options import configured, judging, reading, replaying, told_as

# what each list needs
_SCOPES = {
    "orgs": Wanted((), with_aliases=False, with_proxies=False),
    "envs": Wanted((), with_aliases=False, with_proxies=False),
    "keystores": Wanted(("keystores",), with_proxies=False),
    "truststores": Wanted(("keystores",), with_proxies=False),
    "aliases": Wanted(("keystores",), with_proxies=False),
    "certs": Wanted(("keystores",), with_proxies=False),
    "references": Wanted(("references",), with_aliases=False, with_proxies=False),
    "virtualhosts": Wanted(("virtualhosts",), with_aliases=False, with_proxies=False),
    "targetservers": Wanted(("targetservers",), with_aliases=False, with_proxies=False),
    "proxies": Wanted((), with_aliases=False),
}


@click.command("list")
@click.argument("kind", type=click.Choice(list(_SCOPES)))
@reading
@replaying
@judging
@told_as("table", "json", "csv")
def list_(kind: str, name: str, **options: Any) -> int:
    """List what there is of one KIND, unjudged."""
    from edgeaudit.cli.access import read, tell_gaps
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.reports import listing

    at = moment(options["at"], now())
    inventories = read(
        configured(options),
        quiet=options["quiet"],
        wanted=_SCOPES[kind],
        snapshot=options["snapshot"],
    )
    rows = [row for one in inventories for row in listing.rows(kind, one, at)]
    names = listing.columns(kind)
    if name == "table" and len(inventories) == 1:
        names = names[1:]  # one installation needs no name
    terminal.say(listing.FORMATS[name](rows, names))
    return tell_gaps(inventories)
