"""The only place that prints: reports to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgeaudit.errors import DeliveryError
from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WIDTH_OF_A_FILE = 100

_is_json = False  # what is told on stderr, each as one JSON object in a line of its own


def prepare() -> None:
    """Let no name break the output: what a stream cannot encode is escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open to the end
        getattr(sys, name).reconfigure(errors="backslashreplace")


def say(text: str | Iterable[str]) -> None:
    """Write a result, as it is, to stdout; a long one may come in pieces. Where nobody reads it any
    more, nothing happens.

    Raises DeliveryError where it cannot be written.
    """
    try:
        sys.stdout.writelines([text] if isinstance(text, str) else text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as failure:
        silence()
        told = f"standard output could not be written: {failure.strerror}"
        raise DeliveryError(told, "is the disk full?") from failure


def silence() -> None:
    """Let the interpreter's own flush of stdout, at its end, find nothing to complain of."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_as(form: str) -> None:
    """From now on, tell on stderr as `text` for people, or as `json` for a journal."""
    global _is_json
    _is_json = form == "json"


def record(message: str, **facts: object) -> None:
    """Tell how the run went where that is told as JSON; people see the report."""
    if _is_json:
        _log("info", message, **facts)


def error(message: str, hint: str = "") -> None:
    """Tell of a failure, and what may help, on stderr."""
    if _is_json:
        _log("error", message, **({"hint": hint} if hint else {}))
        return
    for line in message.splitlines():
        if line.startswith(" "):  # one of a list
            note(line)
        else:
            _tell("error", line)
    if hint:
        _tell("hint", hint)


def warning(message: str) -> None:
    """Tell of something that did not stop the run, on stderr."""
    _tell("warning", message)


def note(message: str) -> None:
    """Tell how the run goes on, on stderr."""
    for line in message.splitlines():
        if _is_json:
            _log("info", line)
        else:
            sys.stderr.write(f"{printable(line)}\n")


def tell_requests(*, is_wanted: bool) -> None:
    """From now on, tell on stderr of each thing that is read, and what came of it; or do not."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(record.getMessage())

    log = logging.getLogger("edgeaudit")
    log.handlers = [Handler()] if is_wanted else []
    log.setLevel(logging.INFO if is_wanted else logging.WARNING)


def width() -> int:
    """Columns of the terminal, or those that a file or a mail should have."""
    return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns


def has_colour(wanted: bool) -> bool:
    """Whether stdout may be coloured: a terminal, not switched off (https://no-color.org)."""
    return wanted and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def can_show(text: str) -> bool:
    """Whether the encoding of stdout has all the characters of `text`."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_secret(prompt: str) -> str:
    """What the user types, unseen."""
    import click

    return str(click.prompt(prompt, hide_input=True, err=True))


@contextmanager
def progress(*, quiet: bool, doing: str = "reading") -> Iterator[Callable[[str, int, int], None]]:
    """Shows on a terminal what is being read, how many of how many; elsewhere nothing."""
    if quiet or _is_json or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console  # 60 ms that only a terminal pays for
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("connecting", total=None)
        yield lambda what, done, total: bar.update(
            task, description=f"{doing} {what}", completed=done, total=total
        )


def _tell(kind: str, message: str) -> None:
    if _is_json:
        _log(kind, message)
        return
    sys.stderr.write(f"edgeaudit: {kind}: {printable(message)}\n")


def _log(level: str, message: str, **facts: object) -> None:
    import json
    from datetime import datetime, timezone

    moment = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # ASCII alone: no name can break a line or colour a terminal
    record = {"time": moment, "level": level, "message": message, **facts}
    sys.stderr.write(json.dumps(record) + "\n")
