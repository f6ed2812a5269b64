"""An Edge on its worst day: whatever it does ends in the right gap or is healed by a retry.

Each row of the table is one run of the whole program. The organization `wellkept` has nothing to
be found, so that any finding is a wrong one; `acme` shows that the others stay.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema
import pytest

from edgeaudit.cli import run
from edgeaudit.demo import DemoEdge
from edgeaudit.management import connections, transport
from tests.factories import NOW
from tests.management.faulty import (
    Broken,
    Faulty,
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
from tests.management.server import Server
from tests.test_whole_program import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.management.faulty import Fault

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
VALID = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
STAGE = ("--org", "wellkept", "--env", "stage*")

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
    return [*once[::3], Row(f"{name}, thrice", STORE, fault, None, 3, ATTEMPTS)]


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
    *[Row("401", path, saying(401, FAULT), "unauthorized") for path in AT],
    *[Row("403", path, saying(403, CODE), "forbidden") for path in AT],
    *[Row("404", path, saying(404, HTML), "not_found") for path in AT],
    Row("a refusal that echoes", STORE, echoing, "forbidden"),
    pytest.param(
        Row("damaged PEM", PEM, damaged(lambda b: b[:99] + b"!" + b[100:]), "unparsable"),
        marks=pytest.mark.xfail(reason="Evidence.leaf takes the issuer for the leaf", strict=True),
    ),
    Row("half a PEM", PEM, damaged(lambda body: body[:300]), "unparsable"),
    Row("PEM of another kind", PEM, damaged(lambda b: b.replace(b"CERT", b"X")), "unparsable"),
    Row("HTML for PEM", PEM, saying(200, HTML), "unparsable"),
    Row("no PEM", PEM, saying(204, b""), "unparsable"),
    # here come bundles: no zip, and zip bombs
]


@pytest.fixture(scope="module")
def edge() -> Iterator[DemoEdge]:
    with DemoEdge(NOW) as edge:
        yield edge


@pytest.fixture(scope="module")
def faulty(edge: DemoEdge) -> Iterator[Server]:
    server = Server(Faulty(edge))
    yield server
    server.close()


@pytest.fixture
def audit(edge: DemoEdge, faulty: Server, tmp_path: Any, monkeypatch: Any, capsys: Any) -> Any:
    """Runs the audit of an organization where things are broken: status, report, all output."""
    (tmp_path / "root.pem").write_text(edge.ca_pem)
    trust = ("--trust", str(tmp_path / "root.pem"))
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    monkeypatch.setattr(transport, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(connections, "PATIENCE", 1)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", edge.password)

    def running(*broken: Broken, org: Sequence[str] = STAGE) -> tuple[int, Any, str]:
        faulty.script.broken = broken  # type: ignore[attr-defined]
        faulty.script.met.clear()  # type: ignore[attr-defined]
        faulty.requests.clear()
        is_slow = any(one.fault in {dripping, mute} for one in broken)
        monkeypatch.setenv("EDGEAUDIT_READ_TIMEOUT", "0.25" if is_slow else "60")
        access = ("--url", faulty.url, "--username", edge.username, *org)
        judging = (*trust, "--no-public-roots", "--at", NOW.isoformat())
        status = run(["audit", *access, *judging, "--format", "json", "--verbose"])
        out, err = capsys.readouterr()
        report = json.loads(out)
        VALID.validate(report)
        assert {request.method for request in faulty.requests} == {"GET"}
        return status, report, out + err

    return running


_KNOWN: dict[str, set[tuple[str, str]]] = {}


@pytest.fixture
def acme(audit: Any) -> set[tuple[str, str]]:
    """What is found in the organization of that name when nothing is broken."""
    if "acme" not in _KNOWN:
        _KNOWN["acme"] = _found(audit(org=("--org", "acme"))[1])
    return _KNOWN["acme"]


def _gaps(report: Any) -> list[tuple[str, str]]:
    """Where and why; of a certificate in a chain, the alias."""
    return sorted({(gap["where"].split("#")[0], gap["reason"]) for gap in report["gaps"]})


def _assert_no_secret(shown: str) -> None:
    basic = f"{DemoEdge.username}:{DemoEdge.password}"
    for secret in (DemoEdge.password, base64.b64encode(basic.encode()).decode(), "PRIVATE KEY"):
        assert secret not in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.name} at {AT.get(row.path)}")
def test_what_comes_of_a_fault(audit: Any, faulty: Server, row: Row) -> None:
    status, report, shown = audit(Broken(row.path, row.fault, row.times))
    assert _gaps(report) == row.gaps
    assert report["findings"] == []
    assert (status, report["complete"]) == ((3, False) if row.gaps else (0, True))
    _assert_no_secret(shown)
    asked = Counter(faulty.targets)
    if row.path in AT:
        assert asked.pop(row.path) == row.asked
        assert set(asked.values()) == {1}, "nothing is asked twice but retries"


def test_the_healthy_edge_has_no_gap(audit: Any, faulty: Server) -> None:
    status, report, shown = audit()
    assert (status, report["findings"], report["gaps"]) == (0, [], [])
    assert set(AT) <= set(faulty.targets)
    _assert_no_secret(shown)


@pytest.mark.parametrize(
    ("pattern", "section"),
    [
        (".*/certificate", "keystores"),
        (".*/aliases/[^/]*", "keystores"),
        (".*/keystores/[^/]*", "keystores"),
        (".*/references/[^/]*", "references"),
        (".*/virtualhosts/[^/]*", "virtualhosts"),
        (".*/targetservers.*", "targetservers"),
        (".*/(keystores|references|virtualhosts)", ""),
    ],
)
@pytest.mark.parametrize("fault", [saying(403), saying(200, HTML)], ids=["403", "HTML"])
def test_a_whole_kind_that_is_not_given(
    audit: Any, pattern: str, section: str, fault: Fault
) -> None:
    """A role that may read one kind and not another still gets all that it can."""
    status, report, _ = audit(Broken(pattern, fault), org=("--org", "wellkept"))
    assert (status, report["findings"]) == (3, [])
    assert all(f"/{section}" in gap["where"] for gap in report["gaps"])


@pytest.mark.parametrize(
    "pattern",
    [
        ".*/prod/keystores",
        ".*/prod/references",
        ".*/prod/virtualhosts",
        ".*/targetservers",
        ".*/prod/keystores/[^/]*[aeiou]",
        ".*/certificate",
        ".*/virtualhosts/[a-m][^/]*",
        ".*/references/[a-m][^/]*",
        ".*/environments",
    ],
)
def test_what_is_lost_gives_no_new_finding(audit: Any, acme: Any, pattern: str) -> None:
    status, report, _ = audit(Broken(pattern, saying(403)), org=("--org", "acme"))
    found = _found(report)
    assert status in {1, 3}
    assert report["gaps"]
    assert found < acme


def _found(report: Any) -> set[tuple[str, str]]:
    return {(each["rule"], each["where"]) for each in report["findings"]}
