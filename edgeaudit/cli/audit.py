"""`edgeaudit audit`: read, judge, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.finding import Report
    from edgeaudit.config import Config
    from edgeaudit.inventory import Inventory


@click.command()
@reading
@replaying
@judging
@click.option(
    "--baseline",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="File of suppressions, as `edgeaudit baseline` writes it; repeatable.",
)
@click.option("--format", metavar="NAME", help="Format on stdout: table (default), json or steps.")
@click.option(
    "--output", multiple=True, metavar="FORMAT=FILE", help="Write a file too; repeatable."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Least severity that gives status 1 (default error).",
)
@click.option("--no-color", is_flag=True, help="No colour.")
def audit(**options: Any) -> int:
    """Read an installation, judge its certificates, report.

    Only GET requests are sent. Secrets come from the environment (EDGEAUDIT_PASSWORD,
    EDGEAUDIT_TOKEN, EDGEAUDIT_MFA and others), from files that the configuration names, from
    .netrc, or from a prompt.

    \b
    Exit status:
      0  all was read, nothing at or above --fail-on was found
      1  something at or above --fail-on was found
      2  wrong usage or configuration
      3  nothing found, but not everything could be read
      4  the report could not be delivered
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.access import read
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.config import with_baseline

    config = with_baseline(configured(options, RULES), RULES)
    check_formats(config)
    present = now()
    at = moment(options["at"], present)
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    report = judged(inventories, config, at, present)
    return deliver(report, config)


def judged(inventories: list[Inventory], config: Config, at: datetime, made_at: datetime) -> Report:
    """The report on the inventories under the configuration's trust and policy."""
    from edgeaudit.audit.engine import judge
    from edgeaudit.x509.trust import Trust

    trust = Trust.of(config.trust, config.public_roots)
    return judge(inventories, trust, config.as_policy(), at, made_at)


def check_formats(config: Config) -> None:
    """Raises InputError for a format that there is none of, before anything is read."""
    from edgeaudit.errors import InputError
    from edgeaudit.reports import FORMATS

    for name in (config.format, *config.output):
        if name not in FORMATS:
            raise InputError(
                f'there is no format "{name}"', f"formats: {', '.join(sorted(FORMATS))}"
            )


def deliver(report: Report, config: Config) -> int:
    """Put the report where the configuration wants it; the exit status of the run."""
    from edgeaudit.cli.delivery import write_each
    from edgeaudit.reports import FORMATS, table

    if config.format == "table":
        colour = terminal.has_colour(config.color)
        terminal.say(table.render(report, width=terminal.width(), colour=colour))
    else:
        terminal.say(FORMATS[config.format](report))
    is_delivered = write_each(config.output, lambda name: FORMATS[name](report))
    return status.of_report(report, config.fail_on) if is_delivered else status.UNDELIVERED
