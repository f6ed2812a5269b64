"""A file that keeps two runs from overlapping."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgeaudit.errors import Busy, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path | None) -> Iterator[None]:
    """Meanwhile this run alone holds the file at `path`; without one, nothing is held.

    The system lets go of it when a run ends, however it ends. Raises Busy where another run holds
    it, InputError where it cannot be made.
    """
    if path is None:
        yield
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "that is no path"
        raise InputError(f"the lock {path} cannot be made: {told}") from error
    try:
        _take(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy(
            f"another run holds {path}, so this one did nothing",
            "if they overlap as a rule: run less often, or give them a --deadline",
        ) from error
