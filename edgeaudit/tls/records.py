"""The record layer: from a stream's bytes to records, and from these to handshake messages.

RFC 8446, 5.1 and RFC 5246, 6.2.1 for records; RFC 5246, E.2 for SSLv2's form of the first message.
"""

from __future__ import annotations

from enum import IntEnum
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_LAYOUT = Struct(">BHH")
_HEADER = _LAYOUT.size
# 2**14 and what encryption may add (RFC 5246, 6.2.3); nothing longer is a record
LONGEST_RECORD = 2**14 + 2048
# Java refuses 32 KB, OpenSSL 100 KB by default; CA lists of Windows come near to 64 KB
LONGEST_MESSAGE = 2**18
_SSLV2_HELLO = 1


class Kind(IntEnum):
    """What a record holds."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24
    SSLV2 = 128  # a message of SSLv2, which has no kinds of records


_KINDS = {kind.value: kind for kind in Kind if kind is not Kind.SSLV2}


class Record(NamedTuple):
    """A record: its kind, the version in its header, what it holds.

    `missing` bytes of it were never seen; `body` is then empty.
    """

    kind: Kind
    version: int
    body: bytes
    size: int
    missing: int = 0


class Message(NamedTuple):
    """A handshake message: its type and what follows its length."""

    kind: int
    body: bytes


# named tuples at once: their own constructors take more than twice as long
_record: Callable[[tuple[Kind, int, bytes, int, int]], Record] = partial(tuple.__new__, Record)
_message: Callable[[tuple[int, bytes]], Message] = partial(tuple.__new__, Message)


class RecordReader:
    """Makes records of a stream's bytes as they come. Holds no more than one record."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing = 0
        self.is_lost = False

    def feed(self, data: bytes) -> list[Record]:
        """The records that are whole once `data` has come; none after bytes that are no record."""
        if self.is_lost:
            return []
        if self._buffer:
            self._buffer += data
            found, at = self._read(self._buffer)
            del self._buffer[:at]
        else:
            found, at = self._read(data)
            self._buffer += data[at:]
        return found

    def lose(self, count: int) -> None:
        """`count` bytes of the stream were not seen: the record that they are in cannot be read.

        Where they reach beyond it, nothing more can be told of the stream.
        """
        header = _header(self._buffer)
        if header is None or len(self._buffer) + count > header[3]:
            self.is_lost = True
            self._buffer.clear()
            return
        self._buffer += bytes(count)
        self._missing += count

    def _read(self, data: bytes | bytearray) -> tuple[list[Record], int]:
        """The records that are whole, and where the next begins."""
        found: list[Record] = []
        at = 0
        while len(data) - at >= _HEADER:
            header = _header(data, at)
            if header is None:
                self.is_lost = True
                break
            kind, version, start, end = header
            if end > len(data):
                break
            body = b"" if self._missing else bytes(data[start:end])
            found.append(_record((kind, version, body, end - start, self._missing)))
            self._missing = 0
            at = end
        return found, at


def _header(data: bytes | bytearray, at: int = 0) -> tuple[Kind, int, int, int] | None:
    """The kind and the version of the record that begins at `at`, where its body does, and ends."""
    start = at + _HEADER
    if len(data) < start:
        return None
    number, version, size = _LAYOUT.unpack_from(data, at)
    if number in _KINDS and 0x0300 <= version <= 0x0304:
        return (_KINDS[number], version, start, start + size) if size <= LONGEST_RECORD else None
    return _sslv2_header(bytes(data[at:start]), at)


def _sslv2_header(data: bytes, at: int) -> tuple[Kind, int, int, int] | None:
    """SSLv2's ClientHello and ServerHello (two bytes of length, the highest bit set)."""
    size = int.from_bytes(data[:2], "big") & 0x7FFF
    is_client = data[2] == _SSLV2_HELLO and (data[3] == 3 or data[3:5] == b"\x00\x02")
    is_server = data[2] == 4 and data[3] <= 1
    if data[0] < 0x80 or size < 9 or not (is_client or is_server):
        return None
    return Kind.SSLV2, 0x0002, at + 2, at + 2 + size


def looks_like_tls(data: bytes) -> bool | None:
    """Whether a stream that begins so is TLS; None where more bytes are needed to tell."""
    if len(data) >= _HEADER:
        return _header(data) is not None
    head = tuple(data[:3])
    is_record = not head or (20 <= head[0] <= 24 and head[1:2] in ((), (3,)))
    is_sslv2 = bool(head) and head[0] >= 0x80 and head[2:3] in ((), (1,), (4,))
    return None if is_record or is_sslv2 else False


class MessageReader:
    """Puts handshake messages together that lie in one record or are spread over several."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether no message has begun that has not ended."""
        return not self._buffer

    def feed(self, body: bytes) -> list[Message]:
        """The messages that are whole once a record with `body` has come."""
        if self._buffer:
            self._buffer += body
            found, at = _messages(self._buffer)
            del self._buffer[:at]
        else:
            found, at = _messages(body)
            self._buffer += body[at:]
        return found

    def rest(self) -> Message | None:
        """What has come of a message that did not end; None where there is none."""
        if len(self._buffer) < 4:
            return None
        return Message(self._buffer[0], bytes(self._buffer[4:]))

    def clear(self) -> None:
        """Forget a message that has begun."""
        self._buffer.clear()


def _messages(data: bytes | bytearray) -> tuple[list[Message], int]:
    """The messages that are whole, and where the next begins; what is none is passed over."""
    found: list[Message] = []
    at = 0
    while at + 4 <= len(data):
        start = at + 4
        end = start + int.from_bytes(data[at + 1 : start], "big")
        if end - at > LONGEST_MESSAGE:
            return found, len(data)
        if end > len(data):
            break
        found.append(_message((data[at], bytes(data[start:end]))))
        at = end
    return found, at


def as_message(kind: int, body: bytes) -> bytes:
    """A handshake message with its header."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def as_records(kind: Kind, data: bytes, version: int = 0x0301, size: int = 2**14) -> bytes:
    """`data` in as many records as it takes, `size` bytes each (RFC 8446, 5.1: no more than 2**14).

    Raises ValueError for a size that no record has.
    """
    if not 0 < size <= 2**14:
        raise ValueError(size)
    parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    head = bytes([kind]) + version.to_bytes(2, "big")
    return b"".join(head + len(part).to_bytes(2, "big") + part for part in parts)
