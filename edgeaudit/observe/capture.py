"""A capture file to the handshakes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.observe.dissect import Conversation
from edgeaudit.observe.flow import Moment
from edgeaudit.observe.glance import Glance
from edgeaudit.observe.packets import PacketReader
from edgeaudit.observe.pcap import CaptureFile
from edgeaudit.observe.streams import Streams
from edgeaudit.tls.secrets import KeyLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from edgeaudit.tls.handshake import Handshake


class Capture:
    """The handshakes of a capture, read once, each told as soon as its connection is over.

    When all is read, `packets` is how many there were, `left_out` how many of them could not be
    read, by reason, and `trouble` where and why the reading ended before the end (or empty).
    """

    def __init__(self, stream: BinaryIO, name: str, key_log: bytes = b"") -> None:
        """Reads the head of `stream`; raises InputError with `name` in it if it is no capture.

        `key_log` (SSLKEYLOGFILE) opens what TLS 1.3 encrypts, as do the secrets in a pcapng.
        """
        self._keys = KeyLog()
        self._keys.add(key_log)
        self._streams = Streams(lambda key, moment: Conversation(key, moment, self._keys))
        self._reader = PacketReader(self._streams.over)
        glance = Glance(self._streams.over, self._streams.settled)
        self._file = CaptureFile(stream, name, glance.passes)

    @property
    def packets(self) -> int:
        """How many have been read."""
        return self._file.packets

    @property
    def left_out(self) -> dict[str, int]:
        """How many packets could not be read, by reason."""
        return self._reader.left_out

    @property
    def trouble(self) -> str:
        """Where and why the file could not be read to its end."""
        return self._file.trouble

    def handshakes(self) -> Iterator[Handshake]:
        """Each handshake, in the order in which their connections ended."""
        for packet in self._file:
            while self._file.secrets:
                self._keys.add(self._file.secrets.pop())
            segment = self._reader.segment(packet.link, packet.data)
            if segment is not None:
                moment = Moment(packet.number, packet.time)
                for listener in self._streams.add(segment, moment):
                    yield from listener.finish(self._file.last)
        for listener in self._streams.finish():
            yield from listener.finish(self._file.last)
