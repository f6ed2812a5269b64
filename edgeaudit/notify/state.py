"""The file in which is kept who has been told what: one run at a time, written by rename."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgeaudit.errors import DeliveryError
from edgeaudit.notify.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 600.0  # seconds to wait for another run that is telling

_ANY_SCHEMA = "edgeaudit/told/"
_SCHEMA = f"{_ANY_SCHEMA}1"
_LARGEST = 64 * 1024 * 1024
_PAUSE = 0.1
_HINT = "name a file in a folder that this user may write to: state in the configuration"


class State:
    """The memories of all recipients, in the file at `path`, which only its owner may read.

    `warn` is told where there is nothing to be read in it: then everybody is told everything once
    more, which is better than never.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._warn, self._sleep = warn, sleep
        self._memories: dict[str, Memory] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Meanwhile no other run tells anybody, and what the last one told is known.

        Raises DeliveryError where the folder cannot be written to, or the other run does not end.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{self._path}.lock"
            descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._unkept(error) from error
        try:
            self._wait_for(descriptor)
            self.load()
            yield
        finally:
            os.close(descriptor)

    def load(self) -> None:
        """Read what is remembered."""
        self._memories = {}
        try:
            kept = json.loads(self._content())
            if any(each.startswith(_ANY_SCHEMA) and each != _SCHEMA for each in kept):
                self._warn(f"{self._path} is of another edgeaudit: everything is told again")
                return
            recipients = kept[_SCHEMA].items()
            self._memories = {name: Memory.of_data(each) for name, each in recipients}
        except FileNotFoundError:
            self._warn(f"{self._path} is new: everything is told once")
        except OSError as error:
            self._warn(f"{self._path} cannot be read: {error.strerror}; everything is told again")
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            self._warn(f"{self._path} is damaged: everything is told again")

    def memory(self, recipient: str) -> Memory:
        """What that recipient knows."""
        return self._memories.get(recipient, Memory())

    def keep(self, recipient: str, memory: Memory) -> None:
        """From now on `memory` is what that recipient knows; raises DeliveryError."""
        if memory == self._memories.get(recipient):
            return
        self._memories[recipient] = memory
        known = {name: each.as_data() for name, each in sorted(self._memories.items())}
        try:
            self._write(json.dumps({_SCHEMA: known}, indent=1) + "\n")
        except OSError as error:
            raise self._unkept(error) from error

    def _unkept(self, error: OSError) -> DeliveryError:
        told = f"what is told cannot be kept in {self._path}, so the next run tells it again"
        return DeliveryError(f"{told}: {error.strerror}", _HINT)

    def _wait_for(self, descriptor: int) -> None:
        for _ in range(int(PATIENCE / _PAUSE)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._sleep(_PAUSE)
            else:
                return
        raise DeliveryError(f"another run holds {self._path}", "end it, or wait for it")

    def _content(self) -> bytes:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - not a link that was put there
            return file.read(_LARGEST)

    def _write(self, text: str) -> None:
        draft = self._path.with_name(f".{self._path.name}.draft")
        draft.unlink(missing_ok=True)  # of a run that was killed; this one holds the lock
        try:
            with open(draft, "x", encoding="ascii", opener=_private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            _settle(self._path.parent)
        finally:
            draft.unlink(missing_ok=True)


def _private(name: Any, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _settle(folder: Path) -> None:
    """A rename is on the disk when its folder is (fsync(2), notes)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
