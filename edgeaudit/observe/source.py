"""The bytes of a capture as they come, in large pieces, with gzip taken off."""

from __future__ import annotations

import zlib
from gzip import BadGzipFile, GzipFile
from io import BufferedReader
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from io import RawIOBase
    from typing import BinaryIO

_CHUNK = 1 << 18


class Ended(Exception):
    """The capture ends here, and should not."""


class Source:
    """Bytes from a stream: `position` is how many were taken, `trouble` what ended them early."""

    def __init__(self, stream: BinaryIO) -> None:
        is_buffered = isinstance(stream, BufferedReader)
        plain = stream if is_buffered else BufferedReader(cast("RawIOBase", stream))
        self._stream: BufferedReader | GzipFile = cast("BufferedReader", plain)
        self._buffer = b""
        self._at = 0
        self.position = 0
        self.trouble = ""
        if self._stream.peek(2)[:2] == b"\x1f\x8b":
            self._stream = GzipFile(fileobj=self._stream)

    def peek(self, count: int) -> bytes:
        """The next bytes, which stay; fewer where there are no more."""
        self._fill(count)
        return self._buffer[self._at : self._at + count]

    def take(self, count: int, *, may_end: bool = False) -> bytes:
        """The next bytes; none at the very end, if it may end here. Raises Ended at any other."""
        end = self._at + count
        data = self._buffer[self._at : end]
        if len(data) < count:
            data, end = self._across(data, count)
        if len(data) < count and not (may_end and not data):
            raise Ended(f"cut off at byte {self.position + len(data)}")
        self._at = end
        self.position += len(data)
        return data

    def _across(self, begun: bytes, count: int) -> tuple[bytes, int]:
        """What begins in one chunk and ends in another, which then is the buffer, and where."""
        parts, have, end = [begun], len(begun), len(self._buffer)
        while have < count and (chunk := self._read()):
            end = count - have
            parts.append(chunk[:end])
            have += len(chunk)
            self._buffer = chunk
        return b"".join(parts), min(end, len(self._buffer))

    @property
    def window(self) -> tuple[bytes, int]:
        """The bytes at hand, and where the next of them stands."""
        return self._buffer, self._at

    def go_to(self, at: int) -> None:
        """What stands before this place of the buffer has been read."""
        self.position += at - self._at
        self._at = at

    def _fill(self, count: int) -> None:
        parts = [self._buffer[self._at :]]
        have = len(parts[0])
        while have < count and (data := self._read()):
            parts.append(data)
            have += len(data)
        self._buffer, self._at = b"".join(parts), 0

    def _read(self) -> bytes:
        """What there is, a chunk at most; none at the end."""
        try:
            return self._stream.read1(_CHUNK)
        except (EOFError, zlib.error, BadGzipFile):
            self.trouble = f"damaged within its gzip, after {self.position} bytes"
        except OSError as error:
            self.trouble = f"unreadable: {error.strerror}"
        return b""
