"""`edgeaudit diff` and `edgeaudit compare`: what differs."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from edgeaudit.cli import terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying, told_as
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from edgeaudit.audit.comparing.side import Side
    from edgeaudit.config import Config
    from edgeaudit.inventory import Environment, Inventory

_telling = told_as("table", "json", "markdown")


class _Asked(NamedTuple):
    """How both sides are to be read and judged."""

    config: Config
    at: datetime
    present: datetime
    quiet: bool

    def read(self, snapshot: Path | None) -> list[Inventory]:
        from edgeaudit.cli.access import read

        return read(self.config, quiet=self.quiet, snapshot=snapshot)

    def side(self, inventories: Sequence[Inventory]) -> Side:
        from edgeaudit.audit.comparing.side import Side
        from edgeaudit.cli.audit import judged

        report = judged(list(inventories), self.config, self.at, self.present)
        return Side(inventories, report)


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE, required=False)
@reading
@judging
@_telling
def diff(old: Path, new: Path | None, name: str, **options: Any) -> int:
    """Tell what changed between two snapshots, and which findings came and went.

    Without NEW: what changed since OLD was made; the installation itself is read. Both sides are
    judged as of one time, so that no finding comes or goes because time has passed.
    """
    from edgeaudit.audit.comparing.changes import SIDES

    asked = _asked(options)
    before, after = asked.read(old), asked.read(new)
    _refuse_strangers(before, after)
    return _compared(asked.side(before), asked.side(after), name, SIDES)


@click.command()
@click.argument("one", metavar="ORG/ENV")
@click.argument("other", metavar="ORG/ENV")
@reading
@replaying
@judging
@_telling
def compare(one: str, other: str, name: str, **options: Any) -> int:
    """Tell how two environments differ, by the names of what is in them.

    The first is the old side, the second the new one; all places are told as in the first. Of
    several installations, INSTALLATION:ORG/ENV is in that of this name.
    """
    from edgeaudit.audit.comparing.relocated import alone
    from edgeaudit.cli.access import tell_gaps

    asked = _asked(options)
    inventories = asked.read(options["snapshot"])
    if not any(each.environments for each in inventories):
        return tell_gaps(inventories)
    first, second = (_environment(inventories, each) for each in (one, other))
    where = first[1].where
    sides = [
        replace(alone(inventory, env, where), installation=first[0].installation)
        for inventory, env in (first, second)
    ]
    return _compared(asked.side(sides[:1]), asked.side(sides[1:]), name, (one, other))


def _asked(options: dict[str, Any]) -> _Asked:
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.moment import moment, now

    present = now()
    when = moment(options["at"], present)
    return _Asked(configured(options, RULES), when, present, options["quiet"])


def _refuse_strangers(before: Sequence[Inventory], after: Sequence[Inventory]) -> None:
    """Raises InputError where not one installation is in both."""
    old, new = ({each.installation for each in side} for side in (before, after))
    if old and new and not old & new:
        raise InputError(
            f"no installation is in both: {', '.join(sorted(old))} was old,"
            f" {', '.join(sorted(new))} is new",
            "they go by their names: `installations:` in the configuration gives them",
        )


def _compared(old: Side, new: Side, name: str, sides: tuple[str, str]) -> int:
    """Tell how they differ; the exit status."""
    from edgeaudit.audit.comparing.changes import compare
    from edgeaudit.cli import status
    from edgeaudit.reports.comparison import FORMATS, render

    found = compare(old, new, sides)
    terminal.say(render(found, width=terminal.width()) if name == "table" else FORMATS[name](found))
    return status.GOOD if found.is_complete else status.INCOMPLETE


def _environment(inventories: Sequence[Inventory], name: str) -> tuple[Inventory, Environment]:
    """The environment that is called so, and its installation. Raises InputError if none is."""
    found = [
        (inventory, env)
        for inventory in inventories
        for env in inventory.environments
        if name in (env.where, f"{inventory.installation}:{env.where}")
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = [f"{inventory.installation}:{env.where}" for inventory, env in found]
        raise InputError(f"several environments are called {name}", f"say {' or '.join(names)}")
    names = sorted({env.where for inventory in inventories for env in inventory.environments})
    meant = get_close_matches(name.rpartition(":")[2], names, 3) or names[:10]
    more = ", ..." if len(names) > len(meant) else ""
    raise InputError(f"there is no environment {name}", f"there are: {', '.join(meant)}{more}")
