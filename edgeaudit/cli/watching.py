"""Captures from files, standard input and tcpdump, each judged as it is read."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from edgeaudit.audit.placing import Installations
    from edgeaudit.audit.watched import Watched
    from edgeaudit.observe.capture import Capture
    from edgeaudit.observe.excerpt import Excerpt
    from edgeaudit.tls.handshake import Handshake
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


def live(
    expression: str, interface: str, keylog: Path | None, judging: Judging, *, quiet: bool
) -> Watched:
    """What the system's tcpdump captures until a signal ends it; new failures are told at once.

    Raises InputError where it cannot capture.
    """
    from edgeaudit.cli.signals import obeyed_by
    from edgeaudit.errors import InputError
    from edgeaudit.observe.capture import Capture
    from edgeaudit.observe.live import Tcpdump

    begun: list[_Reading] = []

    def settle() -> None:
        for each in begun:
            each.take(each.capture.closed())

    key_log, keeps = _key_log(keylog), judging.excerpt is not None
    with Tcpdump(expression, interface, settle) as tcpdump, obeyed_by(tcpdump.stop):
        try:
            capture = Capture(tcpdump.stream, "tcpdump", key_log, keeps_packets=keeps)
        except InputError as error:
            raise tcpdump.complaint() or error from None
        reading = _Reading(capture, judging, is_told=not quiet)
        begun.append(reading)
        if not quiet:
            terminal.note("listening; Ctrl-C ends it")
        reading.take(capture.handshakes())
        complaint = tcpdump.complaint()
        return reading.end("tcpdump", complaint.message if complaint else "")


def read(capture: Capture, name: str, judging: Judging) -> Watched:
    """All of one capture."""
    reading = _Reading(capture, judging)
    reading.take(capture.handshakes())
    return reading.end(name)


class _Reading:
    """A capture that is being read; `is_told` where each new kind of failure is told on stderr."""

    def __init__(self, capture: Capture, judging: Judging, *, is_told: bool = False) -> None:
        from edgeaudit.audit.failures import Tally

        self.capture = capture
        self._tally = Tally(judging.trust, judging.installations, keeps_all=judging.keeps_all)
        self._excerpt = judging.excerpt
        self._is_told = is_told
        self._told: set[str] = set()
        if self._excerpt:
            self._excerpt.begin(is_pcapng=capture.is_pcapng)

    def take(self, handshakes: Iterable[Handshake]) -> None:
        """Judge them as they come."""
        for handshake in handshakes:
            has_failed = self._tally.add(handshake)
            if has_failed is not False and self._excerpt:
                self.capture.copy(handshake, self._excerpt)
            if has_failed and self._is_told:
                self._tell()

    def end(self, name: str, trouble: str = "") -> Watched:
        """All has come."""
        from edgeaudit.audit.watched import Watched

        capture = self.capture
        self._tally.finish()
        if self._excerpt:
            self._excerpt.leave_out(self._tally.scanned)
        trouble = capture.trouble or trouble
        return Watched(name, capture.packets, capture.left_out, trouble, self._tally)

    def _tell(self) -> None:
        from edgeaudit.reports.capture import line

        for group in self._tally.groups:
            if group.id not in self._told:
                self._told.add(group.id)
                terminal.note(line(group))


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
