"""`edgeaudit merge`: several reports made one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, failing_from, told_as
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.audit.report import Report

_FORMATS = ["csv", "json", "junit", "markdown", "nagios", "sarif", "steps", "table", "yaml"]


@click.command()
@click.argument("reports", metavar="REPORT...", nargs=-1, required=True, type=FILE)
@told_as(*_FORMATS, default="json")
@failing_from("error", "Least severity that gives status 1.")
def merge(reports: tuple[Path, ...], name: str, fail_on: str) -> int:
    """Join JSON reports, of installations or of shards, into one.

    The reports of `edgeaudit audit --shard 1/3 --format json`, 2/3 and 3/3 become the one of the
    whole installation; a part of which no report is given is told as not read, so give all parts
    at once. The exit status is that of the audit. `-` is standard input.
    """
    from edgeaudit.audit.merging import merged
    from edgeaudit.reports import FORMATS, nagios

    report = merged([_read(each) for each in reports])
    terminal.say(FORMATS[name](report))
    return nagios.state(report) if name == "nagios" else status.of_report(report, fail_on)


def _read(path: Path) -> Report:
    import json
    import sys

    from edgeaudit.reports.parsed import parse

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "that is no path"
        raise InputError(f"{path} cannot be read: {told}") from error
    return parse(data.decode(json.detect_encoding(data), "replace"), str(path))
