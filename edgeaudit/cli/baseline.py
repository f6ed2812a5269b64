"""`edgeaudit baseline`: today's findings as suppressions, to be told only what is new."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.report import Report
    from edgeaudit.config import Config
    from edgeaudit.config.policy import SuppressionSection

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

    What stands in FILE already stays as it is, with its reason and its last day, but for what
    certainly matches nothing any more. An entry whose day has passed is renewed if it is still
    found. Comments are lost.

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
    with_known = _with_known(config, file)
    known = with_known.policy.suppressions[len(config.policy.suppressions) :]
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    report = judged(inventories, with_known, at, present)
    new = suppressing(report, last_day)
    entries = merged(known, {each.suppression for each in report.stale_suppressions}, new)
    write_whole(file, as_yaml(entries))
    told, gaps = f"{len(entries)} suppressions", len(report.gaps)
    if known:
        told += f" ({len(new)} new, {len(known) + len(new) - len(entries)} gone)"
    terminal.note(f"{file}: {told}, {gaps} places that could not be read")
    return status.INCOMPLETE if gaps else status.GOOD


def _with_known(config: Config, file: Path) -> Config:
    """The configuration with the suppressions that stand in the file, and in no other.

    Raises ConfigError where the file holds something else, which is not to be overwritten.
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.config import with_baseline

    known = (file,) if file.is_file() else ()
    return with_baseline(config.model_copy(update={"baseline": known}), RULES)


def merged(
    known: Sequence[SuppressionSection],
    stale: Collection[Suppression],
    new: Sequence[dict[str, str]],
) -> list[dict[str, str]]:
    """The entries of a baseline that is renewed: the known ones that are not stale, as they are,
    and new ones, with the reason and the owner of a known one that they renew."""
    written = [(each.as_suppression() in stale, _written(each)) for each in known]
    told = {
        _subject(entry): {key: entry[key] for key in ("reason", "owner") if key in entry}
        for _, entry in written
    }
    renewed = [entry | told.get(_subject(entry), {}) for entry in new]
    return [*(entry for is_stale, entry in written if not is_stale), *renewed]


def _written(entry: SuppressionSection) -> dict[str, str]:
    day = entry.expires.isoformat() if entry.expires else "never"
    return {**entry.model_dump(exclude_unset=True), "expires": day}


def _subject(entry: dict[str, str]) -> tuple[str | None, ...]:
    return tuple(entry.get(key) for key in ("rule", "where", "installation", "certificate"))


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
