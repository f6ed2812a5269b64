"""A file that keeps two runs from overlapping."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgeaudit.cli import terminal
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path | None) -> Iterator[bool]:
    """Whether this run alone holds the file at `path`, meanwhile; says so where another one does.

    The system lets go of it when a run ends, however it ends. Without a file, everybody is alone.
    Raises InputError where it cannot be made.
    """
    if path is None:
        yield True
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "that is no path"
        raise InputError(f"the lock {path} cannot be made: {told}") from error
    try:
        yield _is_taken(descriptor, path)
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        terminal.error(
            f"another run holds {path}, so this one did nothing",
            "if they overlap as a rule: run less often, or give them a --deadline",
        )
        return False
    return True
