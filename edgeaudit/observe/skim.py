"""A capture of which the bulk is passed over in one loop: a call for each packet takes longer.

In the loop is what a glance tells of IPv4 in a pcap, as most is; all else is asked of the glance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.observe.glance import IPV4, TO_FLAGS, is_bare
from edgeaudit.observe.packets import NAMES, SYN, TCP
from edgeaudit.observe.pcap import LONGEST_PACKET, CaptureFile, packet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from struct import Struct
    from typing import BinaryIO

    from edgeaudit.observe.glance import Glance
    from edgeaudit.observe.pcap import Packet


class SkimmedFile(CaptureFile):
    """The packets of a capture that `glance` does not pass over."""

    def __init__(
        self, stream: BinaryIO, name: str, glance: Glance, learn: Callable[[bytes], None]
    ) -> None:
        """Reads the head; raises InputError where that is of no capture. `learn` as there."""
        super().__init__(stream, name, glance.passes, learn)
        self._glance = glance

    def _buffered(self, layout: Struct, unit: int, link: int) -> Iterator[Packet]:
        if link in IPV4:
            return self._skimmed(layout, unit, link)
        return super()._buffered(layout, unit, link)

    def _skimmed(self, layout: Struct, unit: int, link: int) -> Iterator[Packet]:
        """The same; what is found in every turn is found but once."""
        header, look, least = layout.unpack_from, IPV4[link].unpack_from, IPV4[link].size
        passes, takes = self._passes, self._glance.routine.takes
        ignored, settled = self._glance.ignored, self._glance.settled
        (buffer, at), number, latest = self._source.window, self.packets, self.last
        whole, to_tcp = len(buffer), least - TO_FLAGS
        last = whole - 16 - least
        while at <= last:
            seconds, fraction, size, _ = header(buffer, at)
            start = at + 16
            end = start + size
            if end > whole or size > LONGEST_PACKET:
                break
            name, version, length, fragment, kind, flow, offset, flags = look(buffer, start)
            at, number, time = end, number + 1, seconds * 1_000_000_000 + fraction * unit
            if time > latest:
                latest = time
            is_plain = version == 0x45 and kind == TCP and not fragment & 0x3FFF
            if is_plain and size >= least and name in NAMES:
                if (flow in ignored and not flags & SYN) or (
                    flow in settled and is_bare(length - 20, offset, flags)
                ):
                    continue
                place, tcp = (number, time, link, buffer, start, end), start + to_tcp
                if takes(flow, flags, place, tcp, offset, tcp + length - 20):
                    continue
            elif passes(number, time, link, buffer, start, end):
                continue
            self.packets, self.last = number, latest
            yield packet_of((number, time, link, buffer[start:end]))
        self.packets, self.last = number, latest
        self._source.go_to(at)
