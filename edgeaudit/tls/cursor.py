"""Reading and writing the numbers and vectors of TLS's presentation language (RFC 8446, 3)."""

from __future__ import annotations

from struct import unpack


class Damaged(ValueError):
    """Bytes that end too early, or that are not what the standard has there."""


class Cursor:
    """A place in some bytes that moves as they are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._data) - self._at

    def take(self, count: int, what: str) -> bytes:
        """The next `count` bytes; raises Damaged where there are fewer, naming `what` they are."""
        start, end = self._at, self._at + count
        if end > len(self._data):
            raise Damaged(f"it ends within {what}")
        self._at = end
        return self._data[start:end]

    def number(self, size: int, what: str) -> int:
        """The next number, of `size` bytes; raises Damaged as `take`."""
        return int.from_bytes(self.take(size, what), "big")

    def vector(self, size: int, what: str) -> bytes:
        """The next vector, whose length stands before it in `size` bytes; raises as `take`."""
        return self.take(self.number(size, what), what)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left, "")

    def numbers(self, size: int, width: int, what: str) -> tuple[int, ...]:
        """The next vector as numbers of `width` bytes each; an odd byte at its end is left out."""
        return numbers(self.vector(size, what), width)

    def vectors(self, size: int, width: int, what: str) -> tuple[bytes, ...]:
        """The next vector as vectors, whose lengths have `width` bytes; raises as `take`."""
        inner = Cursor(self.vector(size, what))
        found = []
        while inner.left:
            found.append(inner.vector(width, what))
        return tuple(found)


def numbers(data: bytes, width: int) -> tuple[int, ...]:
    """The numbers of `width` bytes each in `data`; what is left at its end is no number."""
    if width == 1:
        return tuple(data)
    if width == 2:
        count = len(data) // 2
        return unpack(f">{count}H", data[: count * 2])
    ends = range(width, len(data) + 1, width)
    return tuple(int.from_bytes(data[end - width : end], "big") for end in ends)


def packed(values: tuple[int, ...], width: int) -> bytes:
    """Numbers as bytes, `width` each."""
    return b"".join(value.to_bytes(width, "big") for value in values)


def vector(data: bytes, size: int) -> bytes:
    """`data` with its length before it, in `size` bytes; raises OverflowError if it is longer."""
    return len(data).to_bytes(size, "big") + data


def vectors(values: tuple[bytes, ...], size: int, width: int) -> bytes:
    """A vector of vectors."""
    return vector(b"".join(vector(value, width) for value in values), size)
