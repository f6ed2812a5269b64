"""How fast services are asked all there is to ask, beside `openssl s_client` in a shell loop.

500 endpoints on as many addresses of 127/8, with a name and without: each is asked for its versions
and suites on one connection a question. Ten of them are asked the same by the shell loop, in the
same run. With 50 ms of round trip added by a relay, all may take 1.3 times what the rounds, so many
at a time, must take at least.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from tests.factories import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.sharedctypes import Synchronized

    from edgeaudit.tls.service import Service

ENDPOINTS, SAMPLE, DELAYED, CONCURRENCY = 500, 10, 64, 16
ROUND_TRIP, LIMIT, TIMES = 0.05, 1.3, 5.0
_NAME = "api.example.com"
_FAR = datetime(2049, 1, 1, tzinfo=timezone.utc)
# what the probe asks, but for SSL 3.0, of which no OpenSSL of today can speak
_LOOP = r"""
count=0
ask() { count=$((count + 1)); cipher=$(openssl s_client -connect "$@" $sni </dev/null 2>/dev/null |
    sed -n 's/.*Cipher is \([^ (]*\)$/\1/p'); }
all() {  # at flag
    without=ALL:COMPLEMENTOFALL:@SECLEVEL=0
    while ask "$1" "$2" -cipher "$without" && [ -n "$cipher" ]; do without="$without:!$cipher"; done
}
new() {
    left="TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256"
    left="$left TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256"
    while [ -n "$left" ] && ask "$1" -tls1_3 -ciphersuites "$(echo $left | tr ' ' :)" &&
        [ -n "$cipher" ]; do left=$(echo "$left" | sed "s/$cipher *//;s/ *$//"); done
}
for at in "$@"; do
    for sni in "-servername api.example.com" -noservername; do
        new "$at"
        for flag in -tls1_2 -tls1_1 -tls1; do all "$at" $flag; done
        ask "$at"
    done
done
echo $count
"""


def main() -> int:
    """Prints the figures; 1 where one misses its target."""
    if not (shutil.which("nginx") and shutil.which("openssl")):
        print("nginx and openssl are needed")
        return 2
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as port:
        seconds, found = probed(ENDPOINTS, port)
        connections = sum(each.connections for each in found)
        kinds = {str((each.phase, each.is_cut_short, each.suites)) for each in found}
        mine, sample = probed(SAMPLE, port)
        theirs, asked = looped(port)
        with relayed(port) as (relay, rounds):
            slow, delayed = probed(DELAYED, relay)
            least = rounds.value * ROUND_TRIP / CONCURRENCY
    own = sum(each.connections for each in sample)
    through = sum(each.connections for each in delayed)
    ratio = (theirs / asked) / (mine / own)
    print(
        f"{ENDPOINTS} endpoints, with a name and without: {connections} connections in "
        f"{seconds:.1f} s, {connections / seconds:,.0f} a second; {len(kinds)} kind of answer"
    )
    print(
        f"{SAMPLE} endpoints: {own} connections in {mine:.2f} s; "
        f"s_client {asked} in {theirs:.1f} s: {ratio:.1f} times as fast (target {TIMES:.0f})"
    )
    print(f"50 ms of round trip: {through} connections, {rounds.value} rounds in {slow:.1f} s, "
          f"{slow / least:.2f} of {least:.1f} s (limit {LIMIT})")  # fmt: skip
    return int(len(kinds) > 1 or ratio < TIMES or slow > LIMIT * least)


def probed(count: int, port: int) -> tuple[float, list[Service]]:
    """Seconds, and what was found of so many endpoints, each asked with a name and without."""
    asked = [
        Asked(_address(number), port, name) for number in range(count) for name in (_NAME, None)
    ]
    start = time.perf_counter()
    found = list(Prober(concurrency=CONCURRENCY).all(asked))
    return time.perf_counter() - start, found


def looped(port: int) -> tuple[float, int]:
    """Seconds and connections of the shell loop over the sample."""
    places = [f"{_address(number)}:{port}" for number in range(SAMPLE)]
    start = time.perf_counter()
    told = subprocess.check_output(["sh", "-c", _LOOP, "sh", *places], text=True)
    return time.perf_counter() - start, int(told)


def _address(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The port at which nginx answers on every address."""
    made, port = self_signed(_NAME, not_after=_FAR), _free_port()
    (folder / "own.pem").write_text(made.pem + made.key_pem)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; worker_processes 1;"
        f"events {{ worker_connections 1024; }} http {{ access_log off; {paths} server {{"
        f"listen {port} ssl backlog=1024; ssl_protocols TLSv1.2 TLSv1.3;"
        f"ssl_certificate {folder}/own.pem; ssl_certificate_key {folder}/own.pem; }} }}"
    )
    process = subprocess.Popen(["nginx", "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"])
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def relayed(target: int) -> Iterator[tuple[int, Synchronized[int]]]:
    """The port of a relay that adds the round trip, and how many rounds it has carried."""
    port, rounds = _free_port(), multiprocessing.Value("i", 0)
    process = multiprocessing.Process(target=_relay, args=(port, target, rounds), daemon=True)
    process.start()
    try:
        _await(port)
        yield port, rounds
    finally:
        process.terminate()
        process.join()


def _relay(port: int, target: int, rounds: Synchronized[int]) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        back, out = await asyncio.open_connection(host, target)
        turn = {"is_asked": False}

        async def one_way(
            source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, asks: bool
        ) -> None:
            loop = asyncio.get_running_loop()
            try:
                while data := await source.read(65_536):
                    if not asks and turn["is_asked"]:
                        rounds.value += 1
                    turn["is_asked"] = asks
                    loop.call_later(ROUND_TRIP / 2, sink.write, data)
            except OSError:
                pass
            loop.call_later(ROUND_TRIP / 2, sink.close)

        await asyncio.gather(one_way(reader, out, asks=True), one_way(back, writer, asks=False))

    tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them but weakly

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(carry(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def serve() -> None:
        server = await asyncio.start_server(begin, "0.0.0.0", port, backlog=1024)
        await server.serve_forever()

    asyncio.run(serve())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as once:
        return int(once.getsockname()[1])


def _await(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
