"""`edgeaudit explain`: the manual of a rule, or the causes behind a message."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import configured, judging, reading, replaying, told_as
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from edgeaudit.audit.messages.diagnosis import Explanation
    from edgeaudit.reports.explanation import Told

_SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
_MOST_BYTES = 10_000_000


@click.command()
@click.argument("what", metavar="RULE|MESSAGE")
@reading
@replaying
@judging
@told_as("table", "json")
def explain(what: str, name: str, **options: Any) -> int:
    """Tell what a rule or an error message means.

    Of a RULE: why a handshake breaks, and the mend. Of a MESSAGE, the likely causes: it is a fault
    of Edge, what a Message Processor, nginx, curl, OpenSSL, Java or another client says, a stack
    trace or part of a log; `-` is standard input. With --snapshot, --config or --url the places and
    stores that it names are looked up, with what an audit finds there.

    \b
    Exit status:
      0  the rule or the message was explained; or it is told that the
         message is not known
      2  there is no such rule, nothing was given, wrong usage
      3  not all of the installation could be read
    """
    from edgeaudit.audit.rules import RULES

    if what in RULES:
        return _rule(what, name)
    message = _standard_input() if what == "-" else what
    if not message.strip():
        raise InputError("there is no message", "paste it in quotes, or give it by `explain -`")
    return _message(message, name, options)


def _rule(slug: str, name: str) -> int:
    from edgeaudit.reports import manual

    terminal.say(manual.explain(slug) if name == "table" else manual.as_json(slug))
    return status.GOOD


def _message(message: str, name: str, options: dict[str, Any]) -> int:
    from edgeaudit.audit.messages.diagnosis import explain as diagnose
    from edgeaudit.audit.messages.named import endpoint_in
    from edgeaudit.reports import explanation, manual

    found = diagnose(message)
    if not found.is_recognised and _SLUG.fullmatch(message):
        manual.explain(message)  # tells that there is no such rule
    told = explanation.Told(found, endpoint_in(message))
    outcome = status.GOOD
    if options["snapshot"] or options["config"] or options["url"]:
        told, outcome = _with_places(message, found, told.endpoint, options)
    terminal.say(explanation.FORMATS[name](told, terminal.width()))
    return outcome


def _with_places(
    message: str, found: Explanation, endpoint: str | None, options: dict[str, Any]
) -> tuple[Told, int]:
    """What is told with what the installation says to it, and the exit status."""
    from edgeaudit.audit.messages.named import concerned
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.access import read, tell_gaps
    from edgeaudit.cli.audit import judged
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.reports.explanation import Told

    config, present = configured(options, RULES), now()
    at = moment(options["at"], present)
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    report = judged(inventories, config, at, present)
    places = concerned(message, found, inventories, report)
    return Told(found, endpoint, places, report), tell_gaps(inventories)


def _standard_input() -> str:
    return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "replace")
