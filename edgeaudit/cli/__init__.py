"""The command line: each command thin, heavy modules loaded when a command needs them."""

from __future__ import annotations

import gc
import sys

import click

import edgeaudit
from edgeaudit.cli import plugin, status, terminal
from edgeaudit.cli.audit import audit
from edgeaudit.cli.baseline import baseline
from edgeaudit.cli.capture import capture
from edgeaudit.cli.config import config
from edgeaudit.cli.demo import demo
from edgeaudit.cli.diff import compare, diff
from edgeaudit.cli.explain import explain
from edgeaudit.cli.hosts import hosts
from edgeaudit.cli.impact import impact
from edgeaudit.cli.listing import list_
from edgeaudit.cli.merge import merge
from edgeaudit.cli.preflight import preflight
from edgeaudit.cli.probe import probe
from edgeaudit.cli.rules import rules
from edgeaudit.cli.snapshot import snapshot
from edgeaudit.cli.timeline import timeline
from edgeaudit.cli.verify import verify
from edgeaudit.errors import Busy, DeliveryError, EdgeauditError

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_HELP)
@click.version_option(edgeaudit.__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Knows which certificate will break which API on Apigee Edge, and how to mend it.

    Start with `edgeaudit demo`; then `edgeaudit audit --url URL --username EMAIL --org ORG`.
    """


for command in (
    audit,
    timeline,
    impact,
    preflight,
    verify,
    probe,
    capture,
    hosts,
    list_,
    snapshot,
    diff,
    compare,
    merge,
    baseline,
    rules,
    explain,
    config,
    demo,
):
    commands.add_command(command)


def main() -> None:
    """Run the command line, and end the process with its status."""
    # a run makes many objects that live to its end and little garbage: looking for that
    # at the usual rate would take half the time of an audit of 20,000 aliases
    gc.set_threshold(500_000, 50, 1000)
    terminal.prepare()
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """The exit status of one command line, all trouble told on stderr."""
    terminal.tell_as("text")
    try:
        return int(commands.main(arguments, "edgeaudit", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        terminal.note(error.format_message())
        return status.UNUSABLE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"see `{context.command_path} --help`" if context else "see `edgeaudit --help`"
        told, outcome = " ".join(error.format_message().split()), status.UNUSABLE
    except EdgeauditError as error:
        told, hint, outcome = error.message, error.hint, _of(error)
    except (KeyboardInterrupt, click.Abort):
        told, hint, outcome = "stopped before it was done", "", 130
    terminal.error(told, hint)
    is_for_nagios = plugin.is_wanted(sys.argv[1:] if arguments is None else arguments)
    return plugin.tell_unknown(told) if is_for_nagios else outcome


def _of(error: EdgeauditError) -> int:
    if isinstance(error, Busy):
        return status.INCOMPLETE
    return status.UNDELIVERED if isinstance(error, DeliveryError) else status.UNUSABLE
