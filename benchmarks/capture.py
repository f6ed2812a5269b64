"""How fast a capture is read, beside tshark asked for the same fields; and in how much memory.

300 MB of 20,000 connections, of which 30 fail in three ways, between two hosts. At least 10 times
as fast as tshark, in less than 200 MB, and in no more for a capture of four times the size.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from edgeaudit.audit.failures import Tally
from edgeaudit.observe.capture import Capture
from edgeaudit.observe.packets import ACK, FIN
from edgeaudit.tls.records import Kind, as_records
from tests.observe.wrapping import Frame, frames, pcap

CONNECTIONS, EVERY, TIMES, MEGABYTES = 20_000, 667, 10.0, 200
_CAPTURES = Path("tests/observe/captures")
_GOOD = "good-tls1_2"
_BAD = ("expired-openssl-tls1_2", "protocol-server-1_2", "client-none-openssl-tls1_2")
_SERVER = ("10.0.0.1", 443)
_DATA = as_records(Kind.APPLICATION_DATA, bytes(1395))
_SEGMENTS = 4
_FIELDS = ("tls.handshake.extensions_server_name", "tls.handshake.ciphersuite", "x509ce.dNSName",
           "tls.alert_message.desc")  # fmt: skip


def write(path: Path, connections: int) -> None:
    """A capture of so many connections."""
    models = {name: frames((_CAPTURES / f"{name}.pcap").read_bytes()) for name in (_GOOD, *_BAD)}
    with path.open("wb") as file:
        file.write(pcap([]))
        for number in range(connections):
            is_bad = number % EVERY == 0
            name = _BAD[number // EVERY % 3] if is_bad else _GOOD
            made = _moved(models[name], number)
            file.write(pcap(made if is_bad else _with_data(made))[24:])


def _moved(made: list[Frame], number: int) -> list[Frame]:
    """The same connection of another client."""
    client = (f"10.1.{number // 50_000}.1", 1024 + number % 50_000)
    was = made[0].source
    return [
        replace(
            each,
            source=client if each.source == was else _SERVER,
            target=_SERVER if each.source == was else client,
            time=each.time + number * 10_000_000,
        )
        for each in made
    ]


def _with_data(made: list[Frame]) -> list[Frame]:
    """With more of the server's data before the end."""
    end = next(place for place, each in enumerate(made) if each.flags & FIN)
    last = [each for each in made[:end] if each.source == _SERVER][-1]
    start = last.sequence + len(last.payload)
    size = len(_DATA)
    data = [
        replace(last, sequence=(start + place * size) % 2**32, flags=ACK, payload=_DATA)
        for place in range(_SEGMENTS)
    ]
    rest = [
        replace(each, sequence=(each.sequence + _SEGMENTS * size) % 2**32)
        if each.source == _SERVER
        else each
        for each in made[end:]
    ]
    return [*made[:end], *data, *rest]


def read(path: Path) -> tuple[int, Tally]:
    """How many packets, and what was in them."""
    tally = Tally()
    with path.open("rb") as stream:
        capture = Capture(stream, str(path))
        for handshake in capture.handshakes():
            tally.add(handshake)
        tally.finish()
    return capture.packets, tally


def peak(path: Path) -> int:
    """Megabytes that a process of its own needs to read it."""
    program = f"""
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from benchmarks.capture import read
read(Path({str(path)!r}))
print(getrusage(RUSAGE_SELF).ru_maxrss)
"""
    return int(subprocess.check_output([sys.executable, "-c", program], text=True)) // 1024


def tshark(path: Path) -> float:
    """Seconds that tshark needs for the same fields."""
    fields = [part for field in _FIELDS for part in ("-e", field)]
    wanted = ["-Y", "tls.handshake or tls.alert_message", "-T", "fields", *fields]
    start = time.perf_counter()
    subprocess.run(["tshark", "-r", str(path), *wanted], stdout=subprocess.DEVNULL, check=True,
                   stderr=subprocess.DEVNULL)  # fmt: skip
    return time.perf_counter() - start


def main() -> int:
    """Prints the figures; 1 where one misses its target."""
    with tempfile.TemporaryDirectory() as folder:
        path, larger = Path(folder) / "one.pcap", Path(folder) / "four.pcap"
        write(path, CONNECTIONS)
        write(larger, 4 * CONNECTIONS)
        start = time.perf_counter()
        packets, tally = read(path)
        mine = time.perf_counter() - start
        theirs = tshark(path) if shutil.which("tshark") else 0.0
        memory = peak(path), peak(larger)
        size = path.stat().st_size / 1e6
    print(f"{size:.0f} MB, {packets} packets, {tally.failures} failures in {len(tally.groups)}")
    print(f"{packets / mine:,.0f} packets/s in {mine:.1f} s; tshark {theirs:.1f} s")
    print(f"{theirs / mine:.1f} times as fast as tshark (target {TIMES:.0f})")
    print(f"{memory[0]} MB at most, {memory[1]} MB for four times as much (target {MEGABYTES})")
    return int(theirs < TIMES * mine or max(memory) > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
