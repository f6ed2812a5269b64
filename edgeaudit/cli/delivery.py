"""Writing results to files."""

from __future__ import annotations

import os
import secrets
from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.cli import terminal
from edgeaudit.errors import DeliveryError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO


_HINT = "check the folder, its permissions and the room on the disk"


def write_whole(path: Path, content: str | bytes, *, mode: int = 0o666) -> None:
    """Make `content` that of the file at `path`, as `write_by` does."""
    data = _encoded(content) if isinstance(content, str) else content
    write_by(path, lambda file: file.write(data), mode=mode)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def write_by(path: Path, fill: Callable[[BinaryIO], object], *, mode: int = 0o666) -> None:
    """Make what `fill` writes the file at `path`, at once: nobody ever reads half of it.

    `mode` is the file's, less the umask.

    What is no regular file (a pipe, /dev/stdout) is written to. Raises DeliveryError, and leaves
    what was there before, where that cannot be done.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                fill(file)
        else:
            _replace(path.resolve(), fill, mode)
    except OSError as error:
        raise DeliveryError(f"{path} could not be written: {error.strerror}", _HINT) from error
    except ValueError as error:  # a NUL character
        raise DeliveryError(f"{path} could not be written: that is no path", _HINT) from error


def write_each(files: Mapping[str, Path], render: Callable[[str], str | Iterable[str]]) -> bool:
    """Write to each file what `render` makes of its format; whether all could be written."""
    is_delivered = True
    for name, path in files.items():
        text = render(name)
        pieces = [text] if isinstance(text, str) else text
        try:
            write_by(path, partial(_fill, pieces))
        except DeliveryError as error:
            terminal.error(error.message, error.hint)
            is_delivered = False
    return is_delivered


def _fill(pieces: Iterable[str], file: BinaryIO) -> None:
    file.writelines(map(_encoded, pieces))


def files_of(outputs: tuple[str, ...], formats: Sequence[str]) -> Mapping[str, Path]:
    """The files of --output by their formats; those of the configuration are the audit's.

    Raises ConfigError or InputError for what cannot be meant.
    """
    from edgeaudit.config import load

    files = load(None, {}, {"output": outputs}).output if outputs else {}
    for name in files:
        if name not in formats:
            raise InputError(f'there is no format "{name}"', f"formats: {', '.join(formats)}")
    return files


def _replace(path: Path, fill: Callable[[BinaryIO], object], mode: int) -> None:
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
