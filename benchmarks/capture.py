"""How fast a capture is read, beside tshark asked for the same fields; and in how much memory.

300 MB of 20,000 connections, of which 30 fail in three ways, between two hosts: a third of these
packets are handshakes. And as much of 1,000 connections, in which handshakes are few and data are
many, as they are on most wires. At least 10 times as fast as tshark, in less than 200 MB, and in no
more for a capture of four times the size. How long it takes to tell of all handshakes in JSON is
told besides.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from edgeaudit.audit.failures import Tally
from edgeaudit.audit.watched import Watched, report
from edgeaudit.observe.capture import Capture
from edgeaudit.observe.packets import ACK, FIN
from edgeaudit.reports.capture import as_json
from edgeaudit.tls.records import Kind, as_records
from tests.observe.wrapping import Frame, frames, pcap

ROUNDS = 3  # of which the least counts
EVERY, TIMES, MEGABYTES = 667, 10.0, 200
SHAPES = {"handshakes": (20_000, 5), "data": (1_000, 200)}  # connections, and segments in each
_CAPTURES = Path("tests/observe/captures")
_GOOD = "good-tls1_2"
_BAD = ("expired-openssl-tls1_2", "protocol-server-1_2", "client-none-openssl-tls1_2")
_SERVER = ("10.0.0.1", 443)
_DATA = as_records(Kind.APPLICATION_DATA, bytes(1395))
# those that the tests compare: versions, suites, server names, certificates, alerts
_FIELDS = (
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ciphersuite",
    "tls.handshake.extensions_server_name",
    "x509ce.dNSName",
    "x509af.serialNumber",
    "tls.alert_message.desc",
)


def write(path: Path, connections: int, segments: int) -> None:
    """A capture of so many connections, with so many segments of data in each that is good."""
    models = {name: frames((_CAPTURES / f"{name}.pcap").read_bytes()) for name in (_GOOD, *_BAD)}
    with path.open("wb") as file:
        file.write(pcap([]))
        for number in range(connections):
            is_bad = number % EVERY == 0
            name = _BAD[number // EVERY % 3] if is_bad else _GOOD
            made = _moved(models[name], number)
            file.write(pcap(made if is_bad else _with_data(made, segments))[24:])


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


def _with_data(made: list[Frame], segments: int) -> list[Frame]:
    """With more of the server's data before the end."""
    end = next(place for place, each in enumerate(made) if each.flags & FIN)
    last = [each for each in made[:end] if each.source == _SERVER][-1]
    start = last.sequence + len(last.payload)
    size = len(_DATA)
    data = [
        replace(last, sequence=(start + place * size) % 2**32, flags=ACK, payload=_DATA)
        for place in range(segments)
    ]
    rest = [
        replace(each, sequence=(each.sequence + segments * size) % 2**32)
        if each.source == _SERVER
        else each
        for each in made[end:]
    ]
    return [*made[:end], *data, *rest]


def read(path: Path) -> tuple[int, Tally]:
    """How many packets, and what was in them."""
    tally = Tally()
    with path.open("rb") as stream:
        capture = Capture(stream, str(path), healthy=tally.count)
        for handshake in capture.handshakes():
            tally.add(handshake)
        tally.finish()
    return capture.packets, tally


def all_told(path: Path) -> float:
    """CPU seconds that it takes to tell of all handshakes in JSON."""
    start, tally = time.process_time(), Tally(keeps_all=True)
    with path.open("rb") as stream:
        capture = Capture(stream, str(path), usual=tally.add)
        for handshake in capture.handshakes():
            tally.add(handshake)
        tally.finish()
    watched = [Watched(str(path), capture.packets, capture.left_out, capture.trouble, tally)]
    for _ in as_json(watched, report(watched, datetime.now(timezone.utc))):
        pass
    return time.process_time() - start


def alone(measure: str, path: Path) -> tuple[str, int]:
    """What a function of this module gives, in a process of its own; megabytes that this needs."""
    program = f"""
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from benchmarks import capture
print(capture.{measure}(Path({str(path)!r})))
print(getrusage(RUSAGE_SELF).ru_maxrss)
"""
    told = subprocess.check_output([sys.executable, "-c", program], text=True)
    found, kilobytes = told.splitlines()
    return found, int(kilobytes) // 1024


def tshark(path: Path) -> float:
    """CPU seconds that tshark needs for the same fields, without looking names up."""
    fields = [part for field in _FIELDS for part in ("-e", field)]
    wanted = ["-Y", "tls.handshake or tls.alert_message", "-T", "fields", *fields]
    before = _of_children()
    subprocess.run(["tshark", "-n", "-r", str(path), *wanted], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)  # fmt: skip
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds(path: Path) -> float:
    start = time.process_time()
    read(path)
    return time.process_time() - start


def compare(path: Path, shape: str) -> bool:
    """Prints how fast both are; whether that is fast enough."""
    packets, tally = read(path)
    rounds = [(_seconds(path), tshark(path)) for _ in range(ROUNDS)]
    mine, theirs = min(own for own, _ in rounds), min(other for _, other in rounds)
    size = path.stat().st_size / 1e6
    print(f"{shape}: {size:.0f} MB, {packets} packets, ", end="")
    print(f"{tally.failures} failures in {len(tally.groups)}")
    print(f"  {packets / mine:,.0f} packets/s in {mine:.1f} s of CPU; tshark {theirs:.1f} s")
    print(f"  {theirs / mine:.1f} times as fast as tshark (target {TIMES:.0f})")
    every, needs = alone("all_told", path)
    faster = theirs / float(every)
    print(f"  all handshakes as JSON: {faster:.1f} times as fast as tshark, {needs} MB")
    return theirs >= TIMES * mine


def main() -> int:
    """Prints the figures; 1 where one misses its target."""
    gc.set_threshold(500_000, 50, 1000)  # as the program has it
    is_good, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it.pcap"
        for shape, (connections, segments) in SHAPES.items():
            write(path, connections, segments)
            is_good.append(compare(path, shape))
            memory.append(alone("read", path)[1])
        connections, segments = SHAPES["handshakes"]
        write(path, 4 * connections, segments)
        memory.append(alone("read", path)[1])
    *once, four_times = memory
    print(f"{max(once)} MB at most, {four_times} MB for four times as many handshakes ", end="")
    print(f"(target {MEGABYTES})")
    return int(not all(is_good) or max(memory) > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
