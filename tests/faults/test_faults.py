"""An Edge on its worst day: whatever it does ends in the right gap or is healed by a retry.

Each row of the table is one run of the whole program. The organization `wellkept` has nothing to
be found, so that any finding is a wrong one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.management.bundles import bundle_zip
from tests.management.faulty import (
    Broken,
    bomb,
    chunked,
    circling,
    claiming,
    damaged,
    dripping,
    echoing,
    huge,
    mute,
    plainly,
    redirecting,
    saying,
    short,
    short_chunks,
)
from tests.management.misbehaving import closing, not_http, resetting
from tests.management.server import reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.management.faulty import Fault, Good
    from tests.management.server import Server

ENV = "/v1/organizations/wellkept/environments/stage%20100%25"
STORES = f"{ENV}/keystores"
STORE = f"{STORES}/keys%20%2520%2050%25"
ALIAS = f"{STORE}/aliases/server%20100%25"
PEM = f"{ALIAS}/certificate"
REFERENCES = f"{ENV}/references"
REFERENCE = f"{REFERENCES}/ref%2025%2525"
HOSTS = f"{ENV}/virtualhosts"
HOST = f"{HOSTS}/odd%252Fhost"
SERVERS = f"{ENV}/targetservers"
SERVER = f"{SERVERS}/odd%20backend%2050%25"
EVERYTHING = ".*"

AT = {
    STORES: "keystores",
    STORE: "keystores/keys %2520 50%25",
    ALIAS: "keystores/keys %2520 50%25/server 100%25",
    PEM: "keystores/keys %2520 50%25/server 100%25",
    REFERENCES: "references",
    REFERENCE: "references/ref 25%2525",
    HOSTS: "virtualhosts",
    HOST: "virtualhosts/odd%252Fhost",
    SERVERS: "targetservers",
    SERVER: "targetservers/odd backend 50%25",
}
EACH_JSON = tuple(path for path in AT if path != PEM)
LISTS = (STORES, REFERENCES, HOSTS, SERVERS)
VARIOUS = (STORES, ALIAS, HOST, SERVER)
OBJECTS = (STORE, ALIAS, REFERENCE, HOST, SERVER)
ATTEMPTS = 4
HTML = b"<!doctype html><html><title>Sign in</title><script>alert(1)</script></html>"
XML = b'<?xml version="1.0"?><VirtualHost name="api"><Port>443</Port></VirtualHost>'
FAULT = b'{"fault": {"faultstring": "Internal", "detail": {"errorcode": "x"}}}'
CODE = b'{"code": "x", "message": "Internal", "contexts": []}'
LATER = "Retry-After: 30"


def zip_bomb(_: Good) -> list[bytes]:
    """A bundle of 4 documents of 5 MB each, in 0.02 MB."""
    document = b" " * 5_000_000
    members = {f"apiproxy/policies/{number}.xml": document for number in range(4)}
    return [reply(200, bundle_zip(members))]


class Row(NamedTuple):
    """A fault, where, how often; the `reason` of the gap there, None if a retry heals it."""

    name: str
    path: str
    fault: Fault
    reason: str | None = None
    times: float = float("inf")
    asked: int = 1

    @property
    def gaps(self) -> list[tuple[str, str]]:
        where = f"wellkept/stage 100%25/{AT.get(self.path)}"
        return [] if self.reason is None else [(where, self.reason)]


def _healed(name: str, fault: Fault) -> list[Row]:
    """It lasts for one request of each kind, and for three of one."""
    once = [Row(f"{name}, once", path, fault, None, 1, 2) for path in AT]
    return [*once[::5], Row(f"{name}, thrice", STORE, fault, None, 3, ATTEMPTS)]


def _lasting(name: str, fault: Fault, reason: str, asked: int = 1) -> list[Row]:
    paths = (STORES, ALIAS, HOST) if asked == 1 else (STORE,)
    return [Row(name, path, fault, reason, asked=asked) for path in paths]


def _passing(name: str, fault: Fault, reason: str) -> list[Row]:
    return [*_healed(name, fault), *_lasting(f"{name}, for ever", fault, reason, ATTEMPTS)]


def _unreadable(name: str, body: bytes) -> list[Row]:
    return [Row(name, path, saying(200, body), "unparsable") for path in VARIOUS]


TABLE = [
    *_passing("503", saying(503, b"busy"), "server_error"),
    *_passing("503 with Retry-After", saying(503, HTML, LATER), "server_error"),
    *_passing("429", saying(429), "rate_limited"),
    *_passing("429 with Retry-After", saying(429, b"", LATER), "rate_limited"),
    Row("a burst of 429", EVERYTHING, saying(429, b"", "Retry-After: 1"), None, 3),
    *_passing("reset", plainly(resetting), "unreachable"),
    *_passing("closed connection", plainly(closing), "unreachable"),
    *_passing("no HTTP", plainly(not_http), "unreachable"),
    *_passing("short body", short, "unreachable"),
    *_passing("short chunk", short_chunks, "unreachable"),
    Row("a byte a second", PEM, dripping, "timeout", asked=ATTEMPTS),
    Row("no answer at all", HOST, mute, "timeout", asked=ATTEMPTS),
    *_lasting("200 MB", huge, "too_large")[:2],
    *_lasting("gzip bomb", bomb, "too_large")[:2],
    *_lasting("redirect away", redirecting("https://evil.example/login?a=b"), "redirected"),
    *_lasting("redirects in a circle", circling, "redirected", 6),
    *_lasting("truncated JSON", damaged(lambda body: body[: len(body) // 2]), "unparsable"),
    *_unreadable("empty body", b""),
    *_unreadable("HTML with 200", HTML),
    *_unreadable("XML for JSON", XML),
    *_unreadable("null", b"null"),
    *_unreadable("invalid UTF-8", b'["\xff", {"name": "\xff"}]'),
    *_unreadable("a number", b"17"),
    *_unreadable("nested", b"[" * 100_000 + b"]" * 100_000),
    *_unreadable("nested objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    *[Row("an error with 200", p, saying(200, FAULT), "unparsable") for p in EACH_JSON],
    *[Row("envelope A with 200", p, saying(200, CODE), "unparsable") for p in OBJECTS],
    *[Row("a list for an object", p, saying(200, b"[]"), "unparsable") for p in OBJECTS],
    *[Row("an object for a list", p, saying(200), "unparsable") for p in LISTS],
    *[Row("an empty object", p, saying(200), "unparsable") for p in OBJECTS],
    *[Row("byte order mark", p, damaged(b"\xef\xbb\xbf".__add__)) for p in EACH_JSON[::2]],
    *[Row("Content-Type", p, claiming("text/html")) for p in (STORES, PEM)],
    *[Row("in chunks", p, chunked) for p in (STORE, PEM)],
    *[Row("401", path, saying(401, FAULT), "unauthorized") for path in EACH_JSON[::2]],
    *[Row("403", path, saying(403, CODE), "forbidden") for path in EACH_JSON[1::2]],
    *[Row("404", path, saying(404, HTML), "not_found") for path in AT],
    Row("a refusal that echoes", STORE, echoing, "forbidden"),
    Row("damaged PEM", PEM, damaged(lambda b: b[:99] + b"!" + b[100:]), "unparsable"),
    Row("half a PEM", PEM, damaged(lambda body: body[:300]), "unparsable"),
    Row("PEM of another kind", PEM, damaged(lambda b: b.replace(b"CERT", b"X")), "unparsable"),
    Row("HTML for PEM", PEM, saying(200, HTML), "unparsable"),
    Row("no PEM", PEM, saying(204, b""), "unparsable"),
]


def _gaps(report: Any) -> list[tuple[str, str]]:
    """Where and why; of a certificate in a chain, the alias."""
    return sorted({(gap["where"].split("#")[0], gap["reason"]) for gap in report["gaps"]})


def _rows() -> Iterator[Any]:
    """Of a fault at several places every other one waits for the long run."""
    met: Counter[str] = Counter()
    for row in TABLE:
        marks = [pytest.mark.full] if met[row.name] % 2 else []
        yield pytest.param(row, marks=marks, id=f"{row.name} at {AT.get(row.path)}")
        met[row.name] += 1


@pytest.mark.parametrize("row", list(_rows()))
def test_what_comes_of_a_fault(audit: Any, faulty: Server, row: Row) -> None:
    status, report = audit(Broken(row.path, row.fault, row.times))
    assert _gaps(report) == row.gaps
    assert report["findings"] == []
    assert (status, report["complete"]) == ((3, False) if row.gaps else (0, True))
    asked = Counter(faulty.targets)
    if row.path in AT:
        assert asked.pop(row.path) == row.asked
        assert set(asked.values()) == {1}, "nothing is asked twice but retries"


BUNDLE = "/v1/organizations/wellkept/apis/odd%20backend%2050%25/revisions/1[?]format=bundle"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (saying(200, HTML), "unparsable"),
        (saying(200, b""), "unparsable"),
        (saying(200, b"PK\x03\x04"), "unparsable"),
        (damaged(lambda body: body[: len(body) // 2]), "unparsable"),
        (damaged(lambda body: body.replace(b"apiproxy", b"../proxy")), "unparsable"),
        (zip_bomb, "unparsable"),
        (saying(403, CODE), "forbidden"),
        (saying(404, CODE), "not_found"),
        (huge, "too_large"),
        (plainly(closing), "unreachable"),
    ],
)
def test_a_bundle_that_is_none(audit: Any, fault: Fault, reason: str) -> None:
    status, report = audit(Broken(BUNDLE, fault))
    assert _gaps(report) == [("wellkept/stage 100%25/proxies/odd backend 50%25/1", reason)]
    assert (status, report["findings"]) == (3, [])


def test_the_healthy_edge_has_no_gap(audit: Any, faulty: Server) -> None:
    status, report = audit()
    assert (status, report["findings"], report["gaps"]) == (0, [], [])
    assert set(AT) <= set(faulty.targets)
