"""`edgeaudit timeline`: what stops working when, and for whom."""

from __future__ import annotations

from typing import Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import also_written, at, configured, reading, replaying, told_as
from edgeaudit.errors import InputError

_FORMATS = ["table", "json", "ics"]


@click.command()
@reading
@replaying
@at
@click.option(
    "--until",
    metavar="WHEN",
    default="+1y",
    show_default=True,
    help="Last moment told: ISO 8601, or from --at on +90d, +6mo, +1y.",
)
@told_as(*_FORMATS)
@also_written
def timeline(until: str, name: str, outputs: tuple[str, ...], **options: Any) -> int:
    """Tell what stops working when, and for whom.

    Lists the certificates in use in order of their expiry, those that have expired first, and those
    that are not valid yet; each once, with all whom it affects. As ics it is a calendar, with
    alarms where the policy of the configuration warns.
    """
    from edgeaudit.audit import timeline as events
    from edgeaudit.cli.access import read, tell_gaps
    from edgeaudit.cli.delivery import files_of, write_each
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.reports.timeline import FORMATS, render

    present = now()
    when = moment(options["at"], present)
    end = moment(until, when, "--until")
    if end < when:
        raise InputError(f"--until {until} is before what is judged at, {when:%Y-%m-%d %H:%M} UTC")
    files = files_of(outputs, _FORMATS)
    config = configured(options)
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    made = events.timeline(inventories, config.as_policy(), when, end, present)
    is_table = name == "table"
    terminal.say(render(made, width=terminal.width()) if is_table else FORMATS[name](made))
    is_delivered = write_each(files, lambda form: FORMATS[form](made))
    outcome = tell_gaps(inventories)
    return outcome if is_delivered else status.UNDELIVERED
