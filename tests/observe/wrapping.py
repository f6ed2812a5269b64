"""Captures made of bytes: TCP streams in packets of any link, packets in files of any form."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from edgeaudit.observe.capture import Capture
from edgeaudit.observe.packets import ACK, FIN, RST, SYN, PacketReader
from edgeaudit.observe.pcap import CaptureFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgeaudit.tls.handshake import Handshake

START = 1_795_000_000_000_000_000
CLIENT, SERVER = ("192.0.2.7", 40000), ("192.0.2.1", 443)
ETHERNET, RAW, SLL, SLL2, NULL = 1, 101, 113, 276, 0


@dataclass(frozen=True)
class Frame:
    """A TCP segment, before it is wrapped."""

    source: tuple[str, int]
    target: tuple[str, int]
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes = b""
    time: int = START

    @property
    def tcp(self) -> bytes:
        ports = struct.pack(">HH", self.source[1], self.target[1])
        rest = struct.pack(">IIBBHHH", self.sequence, self.acknowledged, 0x50, self.flags, 1, 0, 0)
        return ports + rest + self.payload

    def ip(self) -> bytes:
        source, target = (ipaddress.ip_address(each[0]) for each in (self.source, self.target))
        if source.version == 6:
            head = struct.pack(">IHBB", 0x60000000, len(self.tcp), 6, 64)
            return head + source.packed + target.packed + self.tcp
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(self.tcp), 7, 0, 64, 6, 0)
        return head + source.packed + target.packed + self.tcp


def frames(data: bytes) -> list[Frame]:
    """The segments of a capture."""
    found, reader = [], PacketReader()
    for packet in CaptureFile(BytesIO(data), "it"):
        segment = reader.segment(packet.link, packet.data)
        assert segment
        size = (len(segment.key) - 4) // 2
        ends = [
            (
                str(ipaddress.ip_address(segment.key[at * size : (at + 1) * size])),
                int.from_bytes(segment.key[2 * size + 2 * at :][:2], "big"),
            )
            for at in (0, 1)
        ]
        found.append(
            Frame(
                ends[0],
                ends[1],
                segment.sequence,
                segment.acknowledged,
                segment.flags,
                segment.payload,
                packet.time,
            )
        )
    return found


def conversation(
    *said: tuple[str, bytes],
    client: tuple[str, int] = CLIENT,
    server: tuple[str, int] = SERVER,
    first: int = 1000,
    time: int = START,
) -> list[Frame]:
    """A connection in which sides say things: `("client", bytes)`, `("server", "FIN")`."""
    sides = {"client": (client, server), "server": (server, client)}
    number = {"client": first, "server": first + 5000}
    found: list[Frame] = []

    def send(side: str, flags: int, payload: bytes = b"") -> None:
        other = "server" if side == "client" else "client"
        acknowledged = number[other] if flags & ACK else 0
        found.append(
            Frame(
                *sides[side],
                number[side] & 0xFFFFFFFF,
                acknowledged & 0xFFFFFFFF,
                flags,
                payload,
                time + len(found) * 1_000_000,
            )
        )
        number[side] += len(payload) + bool(flags & (SYN | FIN))

    send("client", SYN)
    send("server", SYN | ACK)
    for side, what in said:
        if what in (b"FIN", b"RST"):
            send(side, {b"FIN": FIN | ACK, b"RST": RST | ACK}[what])
        else:
            send(side, ACK, what)
    return found


def on_link(frame: Frame, link: int, *, tags: int = 0) -> bytes:
    """The frame as it stands on a link, with VLAN tags."""
    kind = 0x86DD if ":" in frame.source[0] else 0x0800
    tail = b"".join(
        struct.pack(">HH", 5, 0x8100 if left else kind) for left in reversed(range(tags))
    )
    outer = struct.pack(">H", 0x8100 if tags else kind)
    heads = {
        ETHERNET: bytes(12) + outer + tail,
        SLL: bytes(14) + outer + tail,
        SLL2: outer + bytes(18) + tail,
        RAW: b"",
        NULL: struct.pack("<I", 30 if kind == 0x86DD else 2),
    }
    return heads[link] + frame.ip()


def pcap(
    made: Iterable[Frame],
    link: int = ETHERNET,
    *,
    order: str = "<",
    nanoseconds: bool = False,
    tags: int = 0,
    snaplen: int = 262_144,
) -> bytes:
    """A pcap file."""
    unit, magic = (1, 0xA1B23C4D) if nanoseconds else (1000, 0xA1B2C3D4)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for frame in made:
        data = on_link(frame, link, tags=tags)
        seconds, rest = divmod(frame.time, 1_000_000_000)
        kept = data[:snaplen]
        out += [struct.pack(order + "IIII", seconds, rest // unit, len(kept), len(data)), kept]
    return b"".join(out)


def _block(kind: int, body: bytes, order: str) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(
    sections: Sequence[tuple[str, int, Sequence[Frame]]],
    secret: bytes = b"CLIENT_RANDOM 00 00\n",
) -> bytes:
    """A pcapng file, of sections with their byte order, link and frames; each has secrets."""
    out = b""
    for order, link, made in sections:
        head = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
        comment = struct.pack(order + "HH", 1, 4) + b"note" + bytes(4)
        out += _block(0x0A0D0D0A, head + comment, order)
        out += _block(1, struct.pack(order + "HHI", 999, 0, 0), order)
        nanoseconds = struct.pack(order + "HHBxxx", 9, 1, 9) + bytes(4)
        out += _block(1, struct.pack(order + "HHI", link, 0, 0) + nanoseconds, order)
        out += _block(10, struct.pack(order + "II", 0x544C534B, len(secret)) + secret, order)
        for frame in made:
            data = on_link(frame, link)
            stamp = struct.pack(order + "II", frame.time >> 32, frame.time & 0xFFFFFFFF)
            head = struct.pack(order + "I", 1) + stamp + struct.pack(order + "II", *[len(data)] * 2)
            out += _block(6, head + data + bytes(-len(data) % 4) + comment, order)
    return out


def as_ipv6(made: Iterable[Frame]) -> list[Frame]:
    """The same between other addresses."""
    return [
        replace(
            each,
            source=(f"2001:db8::{each.source[0].replace('.', ':')}", each.source[1]),
            target=(f"2001:db8::{each.target[0].replace('.', ':')}", each.target[1]),
        )
        for each in made
    ]


def heard(data: bytes) -> list[Handshake]:
    """The handshakes of a capture."""
    return list(Capture(BytesIO(data), "it").handshakes())
