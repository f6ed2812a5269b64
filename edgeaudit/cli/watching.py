"""Captures from files and standard input, each read once and judged as it is read."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from edgeaudit.audit.watched import Watched
    from edgeaudit.audit.whereabouts import Installations
    from edgeaudit.observe.capture import Capture
    from edgeaudit.x509.trust import Trust


class Judging(NamedTuple):
    """By what handshakes are judged, and whether all of them are to be kept."""

    trust: Trust | None
    installations: Installations | None
    keeps_all: bool


def watched(files: Sequence[Path], keylog: Path | None, judging: Judging) -> list[Watched]:
    """Each file that is a capture; of the others it is told why they are none.

    Raises InputError for a key log that cannot be read.
    """
    return list(_watched(dict.fromkeys(files), _key_log(keylog), judging))


def _watched(files: Iterable[Path], key_log: bytes, judging: Judging) -> Iterator[Watched]:
    from edgeaudit.errors import InputError
    from edgeaudit.observe.capture import Capture

    for path in files:
        try:
            with _opened(path) as stream:
                yield read(Capture(stream, str(path), key_log), str(path), judging)
        except InputError as error:
            terminal.error(error.message, error.hint)


def read(capture: Capture, name: str, judging: Judging) -> Watched:
    """All of one capture."""
    from edgeaudit.audit.failures import Tally
    from edgeaudit.audit.watched import Watched

    tally = Tally(judging.trust, judging.installations, keeps_all=judging.keeps_all)
    for handshake in capture.handshakes():
        tally.add(handshake)
    tally.finish()
    return Watched(name, capture.packets, capture.left_out, capture.trouble, tally)


def _key_log(path: Path | None) -> bytes:
    if path is None:
        return b""
    with _opened(path) as stream:
        return stream.read()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    from edgeaudit.errors import InputError

    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "that is no path"
        raise InputError(f"{path} could not be read: {told}", "check the path") from error
    with stream:
        yield stream
