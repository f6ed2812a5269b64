"""What a side says as thousands before said it: told by the headers of records and messages.

Hellos, the messages after them, ChangeCipherSpec and Finished (RFC 5246, 7.3), or the encrypted
flights of RFC 8446, 2, and then data. Only what cannot be misread is usual: where these say that a
handshake is over, reading it in full would say that it is completed, and not refused.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING

from edgeaudit.observe.flow import ALL
from edgeaudit.observe.progress import ENOUGH_DATA
from edgeaudit.tls.encrypted import ALERT_SIZES
from edgeaudit.tls.hello import CLIENT_HELLO, RETRY, SERVER_HELLO, read_server_hello
from edgeaudit.tls.messages import Type
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import LONGEST_MESSAGE, LONGEST_RECORD, Kind

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Side

    Plain = tuple[int, int, int, bytes]  # a packet, before it is made one
    # its number, time and link; in which bytes it begins and ends
    Place = tuple[int, int, int, bytes, int, int]

_MOST_BYTES, _MOST_RECORDS = 1 << 15, 80  # of a connection; each record is a step, as is a message
_RECORD, _MESSAGE = Struct(">BHH"), Struct(">I")
# plain numbers: an enumeration's member takes long to find, and to compare
_TLSV1_3 = int(Version.TLSV1_3)
_CHANGE_CIPHER_SPEC, _HANDSHAKE = int(Kind.CHANGE_CIPHER_SPEC), int(Kind.HANDSHAKE)
_ALERT, _DATA, _CERTIFICATE = int(Kind.ALERT), int(Kind.APPLICATION_DATA), int(Type.CERTIFICATE)
_SERVER_HELLO = bytes([SERVER_HELLO])
_SESSION = 4 + 2 + 32  # where it stands in a hello
NEVER = 0, 0
_NONE = bytes(32 + 1)  # for a random and a session
_LARGEST_ALERT = max(ALERT_SIZES)
_FIRST: dict[Side, int] = {"client": CLIENT_HELLO, "server": SERVER_HELLO}
_USUAL: dict[Side, set[int]] = {
    "client": {
        CLIENT_HELLO,
        _CERTIFICATE,
        int(Type.CLIENT_KEY_EXCHANGE),
        int(Type.CERTIFICATE_VERIFY),
    },
    "server": {
        SERVER_HELLO,
        int(Type.NEW_SESSION_TICKET),
        _CERTIFICATE,
        int(Type.SERVER_KEY_EXCHANGE),
        int(Type.CERTIFICATE_REQUEST),
        int(Type.SERVER_HELLO_DONE),
        int(Type.CERTIFICATE_STATUS),
    },
}


class Half:
    """One direction of a connection that is held: where it stands, and what it has said.

    `clear` are its messages in clear, `rest` a record that has begun, `data` the size of what it
    sent after the handshake. A client's `began` is the number and the time of the packet in which
    its hello was whole.
    """

    __slots__ = (
        "began",
        "clear",
        "course",
        "data",
        "first",
        "has_ended",
        "has_finished",
        "is_secret",
        "key",
        "next",
        "other",
        "rest",
        "shown",
        "side",
    )

    def __init__(self, side: Side, key: bytes, course: Course) -> None:
        self.side: Side = side
        self.key = key
        self.course = course
        self.other = self
        self.first = 0  # the SYN's sequence number
        self.next: int | None = None
        self.clear = self.rest = b""
        self.shown = b""
        self.is_secret = self.has_finished = self.has_ended = False
        self.data = 0
        self.began = NEVER


class Course:
    """What both halves have in common: packets held, records and bytes seen, version chosen."""

    __slots__ = ("packets", "records", "size", "version")

    def __init__(self) -> None:
        self.packets: list[Plain] = []
        self.records = self.size = 0
        self.version: int | None = None


def is_over(half: Half, other: Half) -> bool:
    """Whether nothing more of a connection is to be learnt, now that a side has spoken."""
    if half.data > ENOUGH_DATA and half.has_finished and other.has_finished:
        return True
    return half.has_ended and other.has_ended


def says(half: Half, data: bytes, at: int, stop: int) -> bool:
    """Whether the bytes between these places continue a side's records as usual."""
    course, records = half.course, 0
    course.size += stop - at
    half.next = ((half.next or 0) + stop - at) & ALL
    if half.rest:
        data = half.rest + data[at:stop]
        at, stop = 0, len(data)
    while at + 5 <= stop:
        kind, version, size = _RECORD.unpack_from(data, at)
        if not 0x0300 <= version <= 0x0304 or size > LONGEST_RECORD:
            return False
        end = at + 5 + size
        if end > stop:
            break
        records += 1
        if kind == _HANDSHAKE and not half.is_secret:
            half.clear += data[at + 5 : end]
        elif not (_in_secret if half.is_secret else _turns_secret)(half, kind, size):
            return False
        at = end
    half.rest = data[at:stop]
    course.records += records
    is_short = course.records <= _MOST_RECORDS and course.size <= _MOST_BYTES
    return is_short and not half.has_ended


def ends(half: Half) -> bool:
    """Whether a side's FIN comes when it may: nothing that still comes is about the handshake.

    But for a server that takes any certificate of a client, to refuse it in HTTP then.
    """
    half.next, half.has_ended = ((half.next or 0) + 1) & ALL, True
    server, client = (half, half.other) if half.side == "server" else (half.other, half)
    return server.has_finished and client.has_finished and server.data > 0 and not client.shown


def _in_secret(half: Half, kind: int, size: int) -> bool:
    """Whether a record is as usual of a side that says no more in clear."""
    if half.course.version == _TLSV1_3:
        return kind == _CHANGE_CIPHER_SPEC or (kind == _DATA and _hides(half, size))
    if kind == _DATA and half.side == "server":
        half.data += size
    elif kind == _HANDSHAKE:
        half.has_finished = True
    elif kind == _ALERT:
        return size != 2  # which is its size in clear
    return kind in (_DATA, _HANDSHAKE, _ALERT)


def _hides(half: Half, size: int) -> bool:
    """Whether an encrypted record of TLS 1.3 is as usual: only data are larger than any alert."""
    if half.side == "server":
        half.data += size if half.has_finished and size > _LARGEST_ALERT else 0
    elif not half.has_finished:
        # without keys, the client's first record tells that it takes the server, unless it refuses
        half.has_finished = half.other.has_finished = size not in ALERT_SIZES
    return half.has_finished or half.side == "server"


def _turns_secret(half: Half, kind: int, size: int) -> bool:
    """Whether a record is as usual with which a side ends what it says in clear, and all that."""
    course, clear = half.course, half.clear
    if course.version is None:
        course.version = _version(clear if half.side == "server" else half.other.clear)
    places = messages(clear)
    if course.version is None or next(iter(places), None) != _FIRST[half.side]:
        return False
    if course.version == _TLSV1_3:
        is_usual = len(places) == 1 and kind in (_CHANGE_CIPHER_SPEC, _DATA)
    else:
        is_usual = places.keys() <= _USUAL[half.side] and kind == _CHANGE_CIPHER_SPEC
    half.is_secret = True
    if _CERTIFICATE in places:
        half.shown = clear[places[_CERTIFICATE]]
        is_usual = is_usual and half.shown != b""
    return is_usual and (kind == _CHANGE_CIPHER_SPEC or _in_secret(half, kind, size))


def messages(clear: bytes) -> dict[int, slice]:
    """Where the bodies of handshake messages are, by type; empty if one is cut or comes twice."""
    found: dict[int, slice] = {}
    at, last = 0, min(len(clear), LONGEST_MESSAGE) - 4
    while at <= last:
        (head,) = _MESSAGE.unpack_from(clear, at)
        kind, start = head >> 24, at + 4
        if kind in found:
            break
        at = start + (head & 0xFFFFFF)
        found[kind] = slice(start, at)
    return found if at == len(clear) <= LONGEST_MESSAGE else {}


def _version(clear: bytes) -> int | None:
    """The version that a ServerHello, first of the messages, chooses; None if it is another."""
    end = 4 + int.from_bytes(clear[1:4], "big")
    if clear[:1] != _SERVER_HELLO or not _SESSION < end <= len(clear) or clear[6:38] == RETRY:
        return None
    # but for its random and its session, a server's hello is the same again and again
    return _chosen(clear[4:6] + _NONE + clear[_SESSION + 1 + clear[_SESSION] : end])


@lru_cache(maxsize=1024)
def _chosen(hello: bytes) -> int | None:
    version = read_server_hello(hello).version
    return version if version <= _TLSV1_3 else None
