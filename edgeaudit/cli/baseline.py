"""`edgeaudit baseline`: today's findings as suppressions, to be told only what is new."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.audit.finding import Finding, Report

_HEAD = """\
# Written by `edgeaudit baseline`. With `edgeaudit audit --baseline FILE`, or FILE as `baseline` in
# the configuration, these findings do not count. Reports tell which entries can go.
"""


@click.command()
@click.argument("file", type=FILE)
@reading
@replaying
@judging
@click.option(
    "--expires",
    metavar="WHEN",
    default="90d",
    show_default=True,
    help="Last day: ISO 8601, a span, or never.",
)
def baseline(file: Path, expires: str, **options: Any) -> int:
    """Write today's findings to FILE, as suppressions.

    With `--baseline FILE`, or FILE as `baseline` in the configuration, `edgeaudit audit` then
    tells only what is new. What the configuration itself suppresses is not in it; a baseline that
    the configuration names is not heeded, so that it can be renewed.
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.access import read
    from edgeaudit.cli.audit import judged
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.cli.moment import moment, now

    config = configured(options, RULES)
    present = now()
    at = moment(options["at"], present)
    last_day = _last_day(expires, at.date())
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    report = judged(inventories, config, at, present)
    entries = suppressing(report, last_day)
    write_whole(file, as_yaml(entries))
    gaps = len(report.gaps)
    terminal.note(f"{file}: {len(entries)} suppressions, {gaps} places that could not be read")
    return status.INCOMPLETE if gaps else status.GOOD


def _last_day(text: str, today: date) -> date | None:
    """The day that `text` names: ISO 8601, so many days from today (`90d`), None for `never`."""
    from edgeaudit.errors import InputError

    try:
        if text == "never":
            return None
        if match := re.fullmatch(r"\+?([0-9]{1,5})d", text):
            return today + timedelta(days=int(match[1]))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text) >= today:
            return date.fromisoformat(text)
    except (ValueError, OverflowError):
        pass
    hint = "give a day to come (2027-03-31), a span (90d), or never"
    raise InputError(f"--expires {text}: that is no such day", hint)


def suppressing(report: Report, last_day: date | None) -> list[dict[str, str]]:
    """One entry for each finding; those that differ by nothing that an entry says are one."""
    has_several = len(report.installations) > 1
    more = {
        "reason": f"baseline of {report.at:%Y-%m-%d}",
        "expires": last_day.isoformat() if last_day else "never",
    }
    entries = [{**_named(each, has_several), **more} for each in report.findings]
    return list({tuple(entry.items()): entry for entry in entries}.values())


def _named(finding: Finding, has_several: bool) -> dict[str, str]:
    from edgeaudit.audit.scope import exactly

    entry = {"rule": finding.rule, "where": exactly(finding.where)}
    if has_several:
        entry["installation"] = exactly(finding.installation)
    if finding.certificate and finding.certificate.sha256:
        entry["certificate"] = finding.certificate.sha256
    return entry


def as_yaml(entries: list[dict[str, str]]) -> str:
    """The text of a baseline file with these entries."""
    import yaml

    body = yaml.safe_dump({"suppressions": entries}, sort_keys=False, width=100, allow_unicode=True)
    return _HEAD + body
