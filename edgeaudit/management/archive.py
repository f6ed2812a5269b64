"""Reading a zip archive and the XML in it, both from a stranger: in memory, in bounded room."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from edgeaudit.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

# a whole bundle, scripts and libraries included, has at most 15 MB (Edge's API specification)
MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 2 << 20
MAX_TOTAL_BYTES = 16 << 20
MAX_DEPTH = 100
MAX_ELEMENTS = 100_000

_DAMAGE = (
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_MEGABYTES = 1 << 20


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive; raises BadAnswer where `data` is none, or one of too many members."""
    # counted by their signature, before zipfile makes an object of each
    if data.count(b"PK\1\2") > MAX_MEMBERS:
        raise BadAnswer(f"the bundle holds more than {MAX_MEMBERS:,} members")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE:
        raise BadAnswer("the bundle is no zip archive") from None


def check_total(members: Iterable[zipfile.ZipInfo]) -> None:
    """Raises BadAnswer where the `members` to be read are too large together."""
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise BadAnswer(f"the bundle unpacks to more than {MAX_TOTAL_BYTES // _MEGABYTES} MiB")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What `member` holds; raises BadAnswer where it is encrypted, damaged or too large."""
    if member.file_size > MAX_MEMBER_BYTES:
        raise BadAnswer(f"it is larger than {MAX_MEMBER_BYTES // _MEGABYTES} MiB")
    if member.flag_bits & 0x1:
        raise BadAnswer("it is encrypted")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadAnswer("its compression is not known")
    try:
        with archive.open(member) as file:
            # read() without a number unpacks all there is before it looks at the declared size
            return file.read(MAX_MEMBER_BYTES + 1)
    except _DAMAGE:
        raise BadAnswer("it is damaged") from None


@dataclass
class Room:
    """How many elements the documents of one archive may still have, all together."""

    elements: int = MAX_ELEMENTS


def parse_xml(data: bytes, room: Room) -> ElementTree.Element:
    """The root element; all names are local (no namespace) and in lower case.

    Raises BadAnswer for what is not well-formed, for a document type, for entities, and for
    elements that are too deep or more than there is `room` for.
    """
    # said of the bytes, before expat sees them: having raised from a handler it still goes on to
    # the end, and versions before 2.4 then expand entities without bound (CVE-2013-0340)
    if any("<!ENTITY".encode(encoding) in data for encoding in ("ascii", "utf-16le", "utf-16be")):
        raise BadAnswer("it declares an entity")
    parser = ElementTree.XMLParser(target=_Tree(room))  # noqa: S314 - _Tree refuses what is unsafe
    try:
        parser.feed(data)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError):
        raise BadAnswer("it is no well-formed XML") from None
    return root


class _Tree(ElementTree.TreeBuilder):
    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room
        self._depth = 0

    def doctype(self, *_: str | None) -> None:
        raise BadAnswer("it declares a document type")

    def start(self, tag: str, attributes: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        self._room.elements -= 1
        if self._depth > MAX_DEPTH:
            raise BadAnswer("its elements are nested too deep")
        if self._room.elements < 0:
            raise BadAnswer(f"the bundle has more than {MAX_ELEMENTS:,} elements")
        return super().start(_local(tag), attributes)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(_local(tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
