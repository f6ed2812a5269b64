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

    for path in files:
        try:
            with _opened(path) as stream:
                reading = _Reading(stream, str(path), key_log, judging)
                reading.take(reading.capture.handshakes())
                yield reading.end()
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
    from edgeaudit.observe.live import Tcpdump

    begun: list[_Reading] = []

    def settle() -> None:
        for each in begun:
            each.take(each.capture.closed())

    key_log = _key_log(keylog)
    with Tcpdump(expression, interface, settle) as tcpdump, obeyed_by(tcpdump.stop):
        try:
            reading = _Reading(tcpdump.stream, "tcpdump", key_log, judging, is_told=not quiet)
        except InputError as error:
            raise tcpdump.complaint() or error from None
        begun.append(reading)
        if not quiet:
            terminal.note("listening; Ctrl-C ends it")
        reading.take(reading.capture.handshakes())
        complaint = tcpdump.complaint()
        return reading.end(complaint.message if complaint else "")


class _Reading:
    """A capture that is being read; `is_told` where each new kind of failure is told on stderr."""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        key_log: bytes,
        judging: Judging,
        *,
        is_told: bool = False,
    ) -> None:
        """Reads the head of the capture; raises InputError if it is none."""
        from edgeaudit.audit.failures import Tally
        from edgeaudit.observe.capture import Capture

        self._name = name
        self._tally = Tally(judging.trust, judging.installations, keeps_all=judging.keeps_all)
        self._excerpt = judging.excerpt
        healthy = None if judging.keeps_all else self._tally.count
        usual = self._tally.add if judging.keeps_all else None
        keeps = self._excerpt is not None
        self.capture = Capture(
            stream, name, key_log, keeps_packets=keeps, healthy=healthy, usual=usual
        )
        self._is_told = is_told
        self._told: set[str] = set()
        if self._excerpt:
            self._excerpt.begin(is_pcapng=self.capture.is_pcapng)

    def take(self, handshakes: Iterable[Handshake]) -> None:
        """Judge them as they come."""
        for handshake in handshakes:
            has_failed = self._tally.add(handshake)
            if has_failed is not False and self._excerpt:
                self.capture.copy(handshake, self._excerpt)
            if has_failed and self._is_told:
                self._tell()

    def end(self, trouble: str = "") -> Watched:
        """All has come."""
        from edgeaudit.audit.watched import Watched

        capture = self.capture
        self._tally.finish(capture.servers)
        if self._excerpt:
            self._excerpt.leave_out(self._tally.dismissed)
        trouble = capture.trouble or trouble
        return Watched(self._name, capture.packets, capture.left_out, trouble, self._tally)

    def _tell(self) -> None:
        from edgeaudit.reports.capture import line

        for group in self._tally.groups:
            if group.id not in self._told:
                self._told.add(group.id)
                terminal.note(line(group))


def _key_log(path: Path | None) -> bytes:
    if path is None:
        return b""
    from edgeaudit.tls.secrets import has_secrets

    with _opened(path) as stream:
        found = stream.read()
    if not has_secrets(found):
        terminal.note(f"{path} holds no secrets: nothing can be opened with it")
    return found


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
