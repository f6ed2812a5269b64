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
    from edgeaudit.observe.excerpt import Excerpt
    from edgeaudit.x509.trust import Trust


class Judging(NamedTuple):
    """By what handshakes are judged, whether all of them are to be kept, and what to copy to."""

    trust: Trust | None
    installations: Installations | None
    keeps_all: bool
    excerpt: Excerpt | None = None


def watched(files: Sequence[Path], keylog: Path | None, judging: Judging) -> list[Watched]:
    """Each file that is a capture; of the others it is told why they are none.

    Raises InputError for a key log that cannot be read.
    """
    return list(_watched(dict.fromkeys(files), _key_log(keylog), judging))


def _watched(files: Iterable[Path], key_log: bytes, judging: Judging) -> Iterator[Watched]:
    from edgeaudit.errors import InputError
    from edgeaudit.observe.capture import Capture

    keeps = judging.excerpt is not None
    for path in files:
        try:
            with _opened(path) as stream:
                capture = Capture(stream, str(path), key_log, keeps_packets=keeps)
                yield read(capture, str(path), judging)
        except InputError as error:
            terminal.error(error.message, error.hint)


def read(capture: Capture, name: str, judging: Judging) -> Watched:
    """All of one capture."""
    from edgeaudit.audit.failures import Tally
    from edgeaudit.audit.watched import Watched

    tally = Tally(judging.trust, judging.installations, keeps_all=judging.keeps_all)
    excerpt = judging.excerpt
    if excerpt:
        excerpt.begin(is_pcapng=capture.is_pcapng)
    for handshake in capture.handshakes():
        if tally.add(handshake) is not False and excerpt:
            capture.copy(handshake, excerpt)
    tally.finish()
    if excerpt:
        excerpt.leave_out(tally.scanned)
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
