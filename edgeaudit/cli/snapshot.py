"""`edgeaudit snapshot`: record what an audit reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, reading

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("file", type=FILE)
@reading
def snapshot(file: Path, **options: Any) -> int:
    """Record all that an audit reads in FILE, refusals included.

    `edgeaudit audit --snapshot FILE` replays it to the same report. FILE holds no credential, and
    of proxies only their endpoints and policies; it is readable by its owner alone.
    """
    from edgeaudit.audit.time_left import instant
    from edgeaudit.cli.access import record
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.cli.moment import now
    from edgeaudit.management.snapshot import packed

    inventories, recordings = record(configured(options), quiet=options["quiet"])
    write_whole(file, packed(recordings, instant(now())), mode=0o600)
    answers = sum(len(each.answers) for each in recordings)
    gaps = sum(len(each.gaps) for each in inventories)
    terminal.note(f"{file}: {answers} answers, {gaps} places that could not be read")
    return status.INCOMPLETE if gaps else status.GOOD
