"""`edgeaudit audit`: read, judge, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying, reporting
from edgeaudit.errors import EdgeauditError, InputError
from edgeaudit.reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from edgeaudit.audit.observed import Observation
    from edgeaudit.audit.report import Report
    from edgeaudit.cli.notify import Notifier
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
@reporting
@click.option(
    "--probe", is_flag=True, help="Ask the endpoints how they do TLS, too (see `edgeaudit probe`)."
)
@click.option(
    "--mail",
    "notify",
    is_flag=True,
    help="Send what is due, as mail and webhooks of the configuration say.",
)
@click.option("--dry-run", is_flag=True, help="With --mail: print it instead of the report.")
@click.option("--test", is_flag=True, help="With --mail: send a harmless one, read nothing.")
@click.option(
    "--shard", metavar="I/N", help="Audit part I of N alone; see `edgeaudit merge --help`."
)
@click.option("--lock", type=FILE, metavar="FILE", help="Do nothing while another run holds FILE.")
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
      4  the report, a mail or a webhook could not be delivered
    With --format nagios it is that of a Nagios plugin: 0 OK, 1 WARNING,
    2 CRITICAL, 3 UNKNOWN.
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.lock import held
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.config import with_baseline

    config = with_baseline(configured(options, RULES), RULES)
    check_formats(config)
    present = now()
    at = moment(options["at"], present)
    notifier = _notifier(config, options, at, present)
    if options["test"] and notifier:
        return notifier.test()
    with held(config.lock):
        outcome = _audited(config, options, at, present, notifier)
    terminal.record("the audit has ended", status=outcome)
    return outcome


def _notifier(
    config: Config, options: dict[str, Any], at: datetime, present: datetime
) -> Notifier | None:
    """Who is to be told; None where nobody is. Raises InputError for options without --mail."""
    # what would be at another time, or was when a snapshot was made, is told when asked for alone
    is_today = options["at"] is None and options["snapshot"] is None
    if options["notify"] or (config.notify and is_today):
        from edgeaudit.cli.notify import Notifier

        return Notifier(config, at, present, is_dry=options["dry_run"])
    for name in ("dry_run", "test"):
        if options[name]:
            raise InputError(f"--{name.replace('_', '-')} goes with --mail")
    return None


def _audited(
    config: Config,
    options: dict[str, Any],
    at: datetime,
    present: datetime,
    notifier: Notifier | None,
) -> int:
    """Read, judge, notify and report; the exit status."""
    from edgeaudit.cli.access import Wanted, read
    from edgeaudit.cli.asking import Ending, observe

    try:
        ending = Ending(config.deadline)
        quiet, wanted = options["quiet"], Wanted(shard=config.as_shard())
        inventories = read(
            config, quiet=quiet, wanted=wanted, snapshot=options["snapshot"], stop=ending
        )
        observations: list[Observation] = []
        if config.probe:
            inventories, observations, _ = observe(inventories, config, ending, quiet=quiet)
        report = judged(inventories, config, at, present, observations)
    except EdgeauditError as error:
        if notifier:
            notifier.failed(error)
        raise
    _tell_unmatched(config, inventories)
    is_told = notifier is None or notifier.tell(inventories, report)
    if notifier and notifier.is_dry:
        return status.of_report(report, config.fail_on)
    return deliver(report, config, is_told=is_told)


def judged(
    inventories: list[Inventory],
    config: Config,
    at: datetime,
    made_at: datetime,
    observations: Sequence[Observation] = (),
) -> Report:
    """The report on the inventories under the configuration's trust and policy."""
    from edgeaudit.audit.engine import judge
    from edgeaudit.x509.trust import Trust

    trust = Trust.of(config.trust, config.public_roots)
    return judge(inventories, trust, config.as_policy(), at, made_at, observations)


def _tell_unmatched(config: Config, inventories: list[Inventory]) -> None:
    """Warn of each entry of the policy's rules that certainly changes nothing anywhere."""
    from edgeaudit.audit.unmatched import unmatched

    for each in unmatched(config.as_policy().overrides, inventories):
        scope = each.scope
        where = scope.where if scope.installation == "*" else f"{scope.installation}: {scope.where}"
        terminal.warning(f"policy.rules: nothing is at {where}; its {scope.rule} changes nothing")


def check_formats(config: Config) -> None:
    """Raises InputError for a format that there is none of, before anything is read."""
    for name in (config.format, *config.output):
        if name not in FORMATS:
            raise InputError(
                f'there is no format "{name}"', f"formats: {', '.join(sorted(FORMATS))}"
            )


def deliver(
    report: Report,
    config: Config,
    *,
    is_told: bool = True,
    own: Mapping[str, Callable[[], str]] | None = None,
) -> int:
    """Put the report where the configuration wants it; the exit status of the run, in which all who
    were to be told are, or not. `own` are a command's own forms of these formats."""
    from edgeaudit.cli.delivery import write_each
    from edgeaudit.reports import nagios, table

    def rendered(name: str, file: Path | None = None) -> str:
        return own[name]() if own and name in own else _rendered(report, name, file)

    if config.format == "table" and not own:
        colour = terminal.has_colour(config.color)
        terminal.say(table.render(report, width=terminal.width(), colour=colour))
    else:
        terminal.say(rendered(config.format))
    is_written = write_each(config.output, lambda name: rendered(name, config.output[name]))
    is_delivered = is_written and is_told
    if config.format == "nagios":
        state = nagios.state(report)
        return state if is_delivered or state == nagios.CRITICAL else nagios.UNKNOWN
    return status.of_report(report, config.fail_on) if is_delivered else status.UNDELIVERED


def _rendered(report: Report, name: str, file: Path | None = None) -> str:
    """The report in a format; metrics go on from those that stand in the file."""
    from edgeaudit.cli.moment import now

    if name != "prometheus":
        return FORMATS[name](report)
    from edgeaudit.reports import prometheus

    duration = (now() - report.made_at).total_seconds()
    return prometheus.render(report, _previous(file), duration)


def _previous(file: Path | None) -> str:
    try:
        return file.read_text("utf-8", "replace") if file and file.is_file() else ""
    except OSError:
        return ""
