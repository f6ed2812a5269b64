"""A crawl of 3,000 GETs that take 50 ms each, beside what sixteen at a time must take at least.

The crawl may take 1.15 times that, from the first request to the last answer, and the whole
process 1.2 times; each resource is asked for once, in at most 250 MB.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

LATENCY = 0.05
CONCURRENCY = 16
LIMITS = {"crawl / ideal": 1.15, "process / ideal": 1.2, "peak MB": 250.0, "asked twice": 0.0}
LEAST = 3000

# how many there are of each in one environment; a store has one alias with one certificate
_SIZES = {"keystores": 105, "references": 100, "virtualhosts": 50, "targetservers": 50}


class Run(NamedTuple):
    """One audit: seconds from the first request to the last answer, and of the process."""

    requests: int
    repeated: int
    crawl: float
    process: float
    megabytes: float

    @property
    def ideal(self) -> float:
        """Seconds of sixteen requests at a time without a pause."""
        return self.requests * LATENCY / CONCURRENCY


def main() -> int:
    """Measures with sixteen requests at a time, and with one on a slice; 1 beyond a limit."""
    many, one = _audited(environments=6, concurrency=CONCURRENCY), _audited(1, 1, slice_of=3)
    measured = {
        "crawl / ideal": many.crawl / many.ideal,
        "process / ideal": many.process / many.ideal,
        "peak MB": many.megabytes,
        "asked twice": float(many.repeated),
    }
    print(f"{many.requests} GETs, {CONCURRENCY} at a time; ideal {many.ideal:.2f} s")
    print(f"{'crawl':16} {many.crawl:8.2f} s")
    print(f"{'process':16} {many.process:8.2f} s")
    for name, value in measured.items():
        print(f"{name:16} {value:8.2f}    (at most {LIMITS[name]:g})")
    ratio = (one.crawl / one.requests) / (many.crawl / many.requests)
    print(f"{'one at a time':16} {ratio:8.2f} times as long ({one.requests} GETs, scaled)")
    is_good = all(value <= LIMITS[name] for name, value in measured.items())
    return int(not is_good or many.requests < LEAST)


def _audited(environments: int, concurrency: int, slice_of: int = 1) -> Run:
    with _served(environments, slice_of) as (port, edge):
        program = [str(Path(sys.executable).with_name("edgeaudit")), "audit"]
        access = ["--url", f"http://127.0.0.1:{port}", "--username", "a@b.example"]
        options = ["--org", "bench", "--format", "json", "--concurrency", str(concurrency)]
        environ = {**os.environ, "EDGEAUDIT_PASSWORD": "-"}
        start = time.perf_counter()
        child = subprocess.Popen([*program, *access, *options], env=environ, stdout=subprocess.PIPE)
        out = child.stdout.read() if child.stdout else b""
        _, _, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        assert json.loads(out)["complete"], "the audit is not complete"
        edge.send(None)
        requests, repeated, crawl = edge.recv()
    return Run(requests, repeated, crawl, seconds, usage.ru_maxrss / 1024)


@contextmanager
def _served(environments: int, slice_of: int) -> Iterator[tuple[int, Connection]]:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there, environments, slice_of))
    server.start()
    try:
        yield here.recv(), here
    finally:
        server.terminate()
        server.join()


def _serve(parent: Connection, environments: int, slice_of: int) -> None:
    asyncio.run(_Edge(environments, slice_of).run(parent))


class _Edge:
    """Answers every GET after LATENCY with a body that its path tells."""

    def __init__(self, environments: int, slice_of: int) -> None:
        self.environments = [f"env{number}" for number in range(environments)]
        self.sizes = {kind: size // slice_of for kind, size in _SIZES.items()}
        self.pem = _pem()
        self.asked: Counter[str] = Counter()
        self.first = self.last = 0.0

    async def run(self, parent: Connection) -> None:
        """Tell the parent the port and, when it asks, what was seen."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Line(self), "127.0.0.1", 0)
        loop.add_reader(parent.fileno(), self._tell, parent)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    def _tell(self, parent: Connection) -> None:
        parent.recv()
        requests = self.asked.total()
        parent.send((requests, requests - len(self.asked), self.last - self.first))

    def answer(self, target: str) -> bytes:
        """The whole answer to GET `target`."""
        body = self._body(target.partition("?")[0].split("/")[3:])
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def _body(self, names: list[str]) -> bytes:
        match names:
            case [_, "environments"]:
                return json.dumps(self.environments).encode()
            case [_, _, _, "deployments"]:
                return b'{"aPIProxy": []}'
            case [_, _, _, kind]:
                return json.dumps([f"{kind}{n}" for n in range(self.sizes[kind])]).encode()
            case [*_, "certificate"]:
                return self.pem
            case [*_, "aliases", name]:
                return json.dumps({"alias": name, "keyName": name}).encode()
            case [*_, kind, name]:
                return json.dumps(_thing(kind, name)).encode()
        return b"null"


class _Line(asyncio.Protocol):
    def __init__(self, edge: _Edge) -> None:
        self._edge = edge
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # a request without a body fits into one packet on loopback
        target = data.split(b" ", 2)[1].decode()
        self._edge.asked[target] += 1
        self._edge.first = self._edge.first or self._loop.time()
        self._loop.call_later(LATENCY, self._reply, self._edge.answer(target))

    def _reply(self, answer: bytes) -> None:
        self._transport.write(answer)  # type: ignore[attr-defined]
        self._edge.last = self._loop.time()


def _thing(kind: str, name: str) -> dict[str, object]:
    number = name.removeprefix(kind)
    tls = {"enabled": "true", "keyStore": f"ref://references{number}", "keyAlias": "server"}
    things: dict[str, dict[str, object]] = {
        "keystores": {"aliases": [{"aliasName": "server"}]},
        "references": {"refers": f"keystores{number}", "resourceType": "KeyStore"},
        "virtualhosts": {"port": "443", "hostAliases": ["a.example"], "sSLInfo": tls},
        "targetservers": {"host": "b.example", "port": 443, "isEnabled": True, "sSLInfo": tls},
    }
    return {"name": name, **things[kind]}


def _pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    today = datetime.now(timezone.utc)
    names = x509.SubjectAlternativeName([x509.DNSName("a.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today).not_valid_after(today + timedelta(days=90))
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return certificate.public_bytes(Encoding.PEM)


if __name__ == "__main__":
    sys.exit(main())
