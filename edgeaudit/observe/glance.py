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

# how IP is named on the link, its version; then size, fragment, protocol, flow, TCP's size, flags
_BEFORE = {ETHERNET: "12x2s", SLL: "14x2s", SLL2: "2s18x"} | dict.fromkeys(RAWS, "0s")
_IPV4 = {link: Struct(f">{each}BxHxxHxBxx12s8xBB") for link, each in _BEFORE.items()}
_IPV6 = {link: Struct(f">{each}BxxxHBx36s8xBB") for link, each in _BEFORE.items()}


class Glance:
    """Passes over the packets of flows in `ignored`, unless they begin a connection.

    Of the flows in `settled` it passes over those that only acknowledge.
    """

    def __init__(self, ignored: Container[bytes], settled: Container[bytes]) -> None:
        self._ignored = ignored
        self._settled = settled

    def passes(self, link: int, data: bytes, at: int, end: int) -> bool:
        """Whether the packet that stands there is to be passed over, as far as a glance tells."""
        layout = _IPV4.get(link)
        if layout is None or end - at < layout.size:
            return False
        name, version, size, fragment, kind, flow, offset, flags = layout.unpack_from(data, at)
        if version != 0x45:
            return version >> 4 == 6 and self._passes_6(link, data, at, end)
        if flow in self._ignored:
            is_idle = not flags & SYN
        else:
            is_idle = flow in self._settled and _is_bare(size - 20, offset, flags)
        return is_idle and kind == TCP and not fragment & 0x3FFF and name in NAMES

    def _passes_6(self, link: int, data: bytes, at: int, end: int) -> bool:
        layout = _IPV6[link]
        if end - at < layout.size:
            return False
        name, _, size, kind, flow, offset, flags = layout.unpack_from(data, at)
        if flow in self._ignored:
            is_idle = not flags & SYN
        else:
            is_idle = flow in self._settled and _is_bare(size, offset, flags)
        return is_idle and kind == TCP and name in NAMES


def _is_bare(size: int, offset: int, flags: int) -> bool:
    """Whether TCP's header is all that there is, and does no more than acknowledge."""
    return size == (offset >> 4) * 4 >= 20 and not flags & (SYN | FIN | RST)
