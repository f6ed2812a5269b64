"""Writing results to files."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from edgeaudit.errors import DeliveryError

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Make `text` the content of the file at `path`, at once: nobody ever reads half of it.

    What is no regular file (a pipe, /dev/stdout) is written to. Raises DeliveryError, and leaves
    what was there before, where that cannot be done.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise DeliveryError(f"{path} could not be written: {error.strerror}") from error
    except ValueError as error:  # a NUL character
        raise DeliveryError(f"{path} could not be written: that is no path") from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with draft.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
