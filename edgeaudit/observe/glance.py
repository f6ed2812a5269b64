"""Which packets need not be read, told where they lie, before anything is made of them.

Bulk data is most of what captures hold, and nothing of it tells of a handshake. Only the common
shapes are told: those without tags, options of IP, fragments and extension headers.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from edgeaudit.observe.packets import (
    ETHERNET,
    FIN,
    NAMES,
    RAWS,
    RST,
    SLL,
    SLL2,
    SYN,
    TCP,
)

if TYPE_CHECKING:
    from collections.abc import Container

    from edgeaudit.observe.course import Place
    from edgeaudit.observe.routine import Routine

# how IP is named on the link, its version; then size, fragment, protocol, flow, TCP's size, flags
_BEFORE = {ETHERNET: "12x2s", SLL: "14x2s", SLL2: "2s18x"} | dict.fromkeys(RAWS, "0s")
TO_FLAGS = 14  # from where TCP begins
IPV4 = {link: Struct(f">{each}BxHxxHxBxx12s8xBB") for link, each in _BEFORE.items()}
_IPV6 = {link: Struct(f">{each}BxxxHBx36s8xBB") for link, each in _BEFORE.items()}


class Glance:
    """Passes over the packets of flows in `ignored`, unless they begin a connection.

    Of the flows in `settled` it passes over those that only acknowledge, and all that `routine`
    takes.
    """

    def __init__(
        self, ignored: Container[bytes], settled: Container[bytes], routine: Routine
    ) -> None:
        self.ignored = ignored
        self.settled = settled
        self.routine = routine

    def passes(self, number: int, time: int, link: int, data: bytes, at: int, end: int) -> bool:
        """Whether the packet that stands there is to be passed over, as far as a glance tells."""
        layout = IPV4.get(link)
        if layout is None or end - at < layout.size:
            return False
        name, version, size, fragment, kind, flow, offset, flags = layout.unpack_from(data, at)
        if version != 0x45:
            return version >> 4 == 6 and self._passes_6(number, time, link, data, at, end)
        if kind != TCP or fragment & 0x3FFF or name not in NAMES:
            return False
        tcp, place = at + layout.size - TO_FLAGS, (number, time, link, data, at, end)
        return self._passes_tcp(place, tcp, size - 20, flow, offset, flags)

    def _passes_6(self, number: int, time: int, link: int, data: bytes, at: int, end: int) -> bool:
        layout = _IPV6[link]
        if end - at < layout.size:
            return False
        name, _, size, kind, flow, offset, flags = layout.unpack_from(data, at)
        if kind != TCP or name not in NAMES:
            return False
        tcp, place = at + layout.size - TO_FLAGS, (number, time, link, data, at, end)
        return self._passes_tcp(place, tcp, size, flow, offset, flags)

    def _passes_tcp(
        self, place: Place, tcp: int, size: int, flow: bytes, offset: int, flags: int
    ) -> bool:
        """The same of a segment of that size, header and all, that begins at `tcp`."""
        if flow in self.ignored and not flags & SYN:
            return True
        if flow in self.settled and is_bare(size, offset, flags):
            return True
        return self.routine.takes(flow, flags, place, tcp, offset, tcp + size)


def is_bare(size: int, offset: int, flags: int) -> bool:
    """Whether a segment of that size does no more than acknowledge, and is but a header."""
    return size == (offset >> 4) * 4 >= 20 and not flags & (SYN | FIN | RST)
