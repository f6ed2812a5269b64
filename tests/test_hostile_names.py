"""Hostile names go through every command and format, unharmed and harmless."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edgeaudit.audit.answer import answer
from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.cli import run
from edgeaudit.cli.access import read
from edgeaudit.config import Config
from edgeaudit.location import place
from edgeaudit.reports import FORMATS, impact, listing
from edgeaudit.reports.prometheus import NOT_AFTER
from tests.audit.estate import ISSUING, LEAF
from tests.factories import NOW, bundle
from tests.management.bundles import bundle_zip, proxy_endpoint, target_endpoint
from tests.management.server import Request, Server, reply
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

UNSAFE = [".", ".."]
HOSTILE = [
    "a b",
    " blank at both ends ",
    "100%",
    "%2e%2e",
    "%0a",
    "a/b",
    "../../organizations",
    "line\nbreak\r\n",
    "\ttab",
    "nul\0",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31mred",
    "<script>alert(1)</script>&amp;\"'",
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://evil","x"),"',
    "\u202egpj.exe",
    "\u2066isolated",
    "next\x85line\u2028",
    "\ud800",
    "e\u0301 \u0e01 \U0001f4a9 \ufeff",
    "?x=1#y",
    "#0",
    "ref://x",
    "{flow.variable}",
    "$(id)`id`;id|id",
    "c:\\nul",
    "constructor",
    "n" * 2_000,  # longer than what a line, a file or a cell may be
]
SOME = HOSTILE[::4]  # organizations and environments, each of which costs requests
KINDS = ("keystores", "references", "virtualhosts", "targetservers")
WORDS = {"v1", "organizations", "environments", "acme", "prod", "aliases", "certificate"}
WORDS |= {"deployments", "apis", "sharedflows", "revisions", "1"}
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
NEVER = re.compile(f"[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI}\ud800-\udfff]")


def _bundle(names: Iterable[str]) -> bytes:
    """A proxy with a target for each of the names that can stand in an XML document."""
    members = {}
    for number, name in enumerate(name for name in names if not _NO_XML.search(name)):
        # a line break in an attribute is white space as any other
        told = escape(name, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
        tls = f"<SSLInfo><Enabled>true</Enabled><KeyStore>{told}</KeyStore></SSLInfo>"
        target = target_endpoint(f"<URL>https://{told}/</URL>{tls}", told)
        members[f"apiproxy/targets/{number}.xml"] = target.encode()
    endpoint = proxy_endpoint("&lt;b&gt;", base_path="/&#8238;&lt;script&gt;=1+1")
    return bundle_zip({"apiproxy/proxies/default.xml": endpoint}, members)


BUNDLE = _bundle(HOSTILE)  # of few proxies: each of its targets is a finding
SMALL = _bundle(HOSTILE[:1])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(_edge)
    yield server
    server.close()


@pytest.fixture(scope="module")
def recorded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that replay all that it answers."""
    file = tmp_path_factory.mktemp("hostile") / "edge.snapshot"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEAUDIT_PASSWORD", "-")
        run(["snapshot", str(file), "--url", server.url, "--username", "a@b.example"])
    return ["--snapshot", str(file)]


class Live(NamedTuple):
    """What an audit of the hostile Edge's organization acme came to, and what it asked for."""

    status: int
    out: str
    err: str
    targets: list[str]


@pytest.fixture(scope="module")
def live(server: Server) -> Live:
    out, err = io.StringIO(), io.StringIO()
    server.requests.clear()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("EDGEAUDIT_PASSWORD", "-")
        access = ["--url", server.url, "--username", "a@b.example", "--org", "acme"]
        judging = ["--no-public-roots", "--at", NOW.isoformat()]
        status = run(["audit", *access, *judging, "--format", "json", "--verbose"])
    return Live(status, out.getvalue(), err.getvalue(), server.targets)


@pytest.fixture
def told(recorded: list[str], monkeypatch: Any, capsys: Any) -> Any:
    """Runs a command on the hostile Edge, or what was recorded of it: status, stdout, stderr."""

    def running(*arguments: str, source: list[str] | None = None) -> tuple[int, str, str]:
        judging = () if arguments[0] in {"impact", "timeline"} else ("--no-public-roots",)
        status = run([*arguments, *(source or recorded), "--at", NOW.isoformat(), *judging])
        return (status, *capsys.readouterr())

    monkeypatch.setenv("EDGEAUDIT_TRUST", "")
    return running


def _edge(request: Request) -> list[bytes]:
    """An organization whose every list holds every hostile name."""
    path = request.target.partition("?")[0]
    names = [unquote(part, errors="surrogatepass") for part in path.split("/")[2:]]
    body = _listed(*names[-2:]) if len(names) % 2 else _thing(*names[-2:])
    if names[-2:-1] == ["revisions"]:
        body = BUNDLE if names[-3] in SOME else SMALL
    return [reply(200, body if isinstance(body, bytes) else json.dumps(body).encode())]


def _listed(parent: str, kind: str = "") -> object:
    lists: dict[tuple[str, str], list[str]] = {
        ("organizations", ""): ["acme", *SOME],
        ("acme", "environments"): ["prod", *SOME, *UNSAFE],
        **{("prod", kind): [*HOSTILE, *UNSAFE, ""] for kind in KINDS},
    }
    if kind == "certificate":
        return bundle(LEAF, ISSUING).encode()
    if kind == "deployments":
        return {"aPIProxy": [_deployed(name) for name in [*HOSTILE, *UNSAFE] if parent == "prod"]}
    return lists.get((parent, kind), [])


def _deployed(name: str) -> object:
    return {"name": name, "revision": [{"name": "1", "state": "deployed"}]}


def _thing(kind: str, name: str) -> object:
    tls = {"enabled": "true", "keyStore": name, "keyAlias": name, "trustStore": f"ref://{name}"}
    things: dict[str, dict[str, object]] = {
        "keystores": {"aliases": [{"aliasName": name}, *({"aliasName": one} for one in UNSAFE)]},
        "aliases": {"alias": name, "keyName": name if len(name) % 2 else None},
        "references": {"refers": name, "resourceType": name},
        "virtualhosts": {"port": "443", "hostAliases": [name], "sSLInfo": tls},
        "targetservers": {"host": name, "port": 443, "isEnabled": True, "sSLInfo": tls},
    }
    return {"name": name, **things.get(kind, {})}


def _assert_harmless(text: str) -> None:
    assert not NEVER.search(text)


def test_the_paths_that_are_asked_for(live: Live) -> None:
    targets = live.targets
    parts = [part for one in targets for part in one.partition("?")[0].split("/")[1:]]
    names = {unquote(part, errors="surrogatepass") for part in parts}
    assert names <= {*WORDS, *KINDS, *HOSTILE}
    assert set(HOSTILE) <= names
    assert not {"", ".", ".."} & names
    root = "/v1/organizations/acme/environments"
    for name in HOSTILE:
        encoded = quote(name, safe="", errors="surrogatepass")
        expected = [f"{root}/prod/{kind}/{encoded}" for kind in KINDS]
        expected.append(f"{root}/prod/keystores/{encoded}/aliases/{encoded}/certificate")
        expected += [f"{root}/{encoded}/keystores"] if name in SOME else []
        assert all(targets.count(path) == 1 for path in expected)


def test_an_audit_as_json(live: Live) -> None:
    report = json.loads(live.out)
    validate(report, "report")
    _assert_harmless(live.err)
    assert live.status == 1
    assert {gap["reason"] for gap in report["gaps"]} == {"unsafe_name"}
    assert {gap["where"] for gap in report["gaps"] if gap["where"].count("/") == 3} == {
        f"acme/prod/{kind}/{name}" for kind in KINDS for name in UNSAFE
    }
    assert {gap["where"] for gap in report["gaps"] if "/proxies/" in gap["where"]} == {
        f"acme/prod/proxies/{name}/1" for name in UNSAFE
    }
    for each in [*report["findings"], *report["gaps"]]:
        _assert_harmless(each["where"])
        assert each["where"].partition("#")[0].count("/") <= 6


def test_an_audit_in_every_other_format(told: Any, tmp_path: Path) -> None:
    names = [name for name in FORMATS if name != "json"]
    outputs = [part for name in names for part in ("--output", f"{name}={tmp_path / name}")]
    _, _, err = told("audit", "--org", "acme", "--format", "nagios", "--verbose", *outputs)
    _assert_harmless(err)
    texts = {name: (tmp_path / name).read_bytes().decode() for name in names}
    for name, text in texts.items():
        if name != "sarif":  # JSON, which escapes
            _assert_harmless(text.replace("\r\n", "\n"))
    for row in csv.reader(io.StringIO(texts["csv"], newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    ElementTree.fromstring(texts["junit"])
    assert "acme/prod/keystores/a%2Fb" in texts["table"]
    assert texts["html"].count("<script") == 1
    ends = [each for each in texts["prometheus"].splitlines() if each.startswith(NOT_AFTER)]
    assert len(ends) == len(set(ends)) > len(HOSTILE)
    list(text_string_to_metric_families(texts["prometheus"]))
    assert texts["nagios"].count("\n") == texts["nagios"].count("|") == 1


@pytest.mark.full
def test_a_baseline(told: Any, tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    _, _, err = told("baseline", str(base), "--org", "acme")
    _assert_harmless(err)
    _assert_harmless(base.read_text("utf-8"))
    _, out, _ = told("audit", "--org", "acme", "--format", "json", "--baseline", str(base))
    report = json.loads(out)
    assert report["findings"] == []
    assert report["summary"]["suppressed"] > len(HOSTILE)


@pytest.mark.parametrize("kind", listing.KINDS)
@pytest.mark.parametrize("form", listing.FORMATS)
def test_a_listing(told: Any, kind: str, form: str) -> None:
    status, out, err = told("list", kind, "--format", form)
    _assert_harmless(err)
    assert status == (0 if kind in {"orgs", "envs"} else 3), "unsafe names are gaps"
    if form == "json":
        rows = json.loads(out)
        assert len(rows) >= len(SOME)
        _assert_harmless("".join(row["where"] for row in rows))
    elif form == "csv":
        _assert_no_formula(list(csv.reader(io.StringIO(out, newline=""))), kind)
    else:
        _assert_harmless(out)


def test_an_impact(told: Any) -> None:
    status, out, err = told("impact", "acme/prod/keystores/%1B[31mred%1B]0;title%07")
    _assert_harmless(out)
    _assert_harmless(err)
    assert status == 3, "unsafe names are gaps"
    assert "virtual host acme/prod/virtualhosts/%1B[31mred%1B]0;title%07" in out


def test_a_subject_that_is_not_there(told: Any) -> None:
    for subject in ("\x1b[31mno\u202e\n\ud800", "CN=\x1b[31m", "e"):
        status, out, err = told("impact", subject, "--no-proxies")
        assert (status, out) == (3, "")
        _assert_harmless(err)


@pytest.mark.parametrize("form", ["table", "json", "ics"])
def test_a_timeline(told: Any, form: str) -> None:
    status, out, err = told("timeline", "--format", form)
    _assert_harmless(err)
    assert status == 3, "unsafe names are gaps"
    if form == "json":
        validate(json.loads(out), "timeline")
        _assert_harmless("".join(json.loads(out)["events"][0]["in_use_at"]))
    else:
        _assert_harmless(out.replace("\r\n", "\n"))


@pytest.mark.parametrize(
    "form",
    [pytest.param(each, marks=pytest.mark.full) for each in impact.FORMATS],
)
def test_every_impact(server: Server, monkeypatch: Any, form: str) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "-")
    config = Config(url=server.url, username="a@b.example", org=("acme",), env=("prod",))
    inventories = read(config, quiet=True)
    catalogue = Catalogue(inventories)
    for name, kind in product(HOSTILE, KINDS):
        found = catalogue.find(f"acme/prod/{kind}/{place(name)}")
        text = impact.FORMATS[form](answer(found.name, [found], inventories, NOW))
        _assert_harmless(found.name if form == "json" else text)
        assert form != "json" or json.loads(text)["subject"] == found.name


def _assert_no_formula(rows: list[list[str]], kind: str) -> None:
    assert rows[0] == list(listing.columns(kind))
    assert {len(row) for row in rows} == {len(rows[0])}
    for cell in [cell for row in rows for cell in row]:
        _assert_harmless(cell)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def _assert_schema(text: str, name: str) -> Any:
    data = json.loads(text)
    validate(data, name)
    return data


@pytest.fixture(scope="module")
def later(recorded: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same installation, where other certificates and settings lie under the same names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.test_hostile_names.LEAF", ISSUING)
        patch.setenv("EDGEAUDIT_PASSWORD", "-")
        server = Server(lambda request: _edge(request))
        file = tmp_path_factory.mktemp("later") / "edge.snapshot"
        run(["snapshot", str(file), "--url", server.url, "--username", "a@b.example"])
        server.close()
    return str(file)


_FULL = pytest.mark.full
_COMPARISONS = [pytest.param(form, marks=_FULL) for form in ("markdown", "table", "json")]


@pytest.mark.parametrize("form", _COMPARISONS)
def test_a_diff(told: Any, recorded: list[str], later: str, form: str) -> None:
    sides = (recorded[1], later)
    status, out, err = told("diff", *sides, "--format", form, source=["--org", "acme"])
    _assert_harmless(err)
    assert status == 3, "unsafe names are gaps"
    if form == "json":
        changes = _assert_schema(out, "diff")["changes"]
        assert len(changes) >= len(HOSTILE)
        _assert_harmless("".join(each["where"] for each in changes))
    else:
        _assert_harmless(out)


@pytest.mark.full
@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_a_comparison(told: Any, form: str) -> None:
    other = f"acme/{place(HOSTILE[4])}"
    status, out, err = told("compare", "acme/prod", other, "--format", form)
    _assert_harmless(err)
    assert status == 3, "unsafe names are gaps"
    if form == "json":
        assert len(_assert_schema(out, "diff")["changes"]) > len(HOSTILE)
    else:
        _assert_harmless(out)


def test_environments_and_slots_that_are_not_there(told: Any, tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_text(LEAF.pem)
    name = "acme/\x1b[31mno\u202e\n/\ud800"
    for arguments in (
        ("compare", name, "acme/prod"),
        ("preflight", str(chain), "--alias", name),
        ("preflight", str(chain), "--reference", name),
    ):
        status, out, err = told(*arguments, "--no-proxies")
        assert (status, out) == (2, "")
        _assert_harmless(err)


@pytest.mark.parametrize("form", ["table", pytest.param("json", marks=_FULL)])
@pytest.mark.parametrize(
    "name", [*HOSTILE[10:13], *(pytest.param(name, marks=_FULL) for name in HOSTILE)]
)
def test_a_preflight(told: Any, tmp_path: Path, name: str, form: str) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_text(bundle(LEAF, ISSUING))
    where = f"acme/prod/{place(name)}/{place(name)}"
    narrow = ["--org", "acme", "--env", "prod", "--no-proxies"]
    status, out, err = told("preflight", str(chain), "--alias", where, "--format", form, *narrow)
    _assert_harmless(err)
    assert status in (1, 3)
    if form == "json":
        assert _assert_schema(out, "preflight")["exists"]
    else:
        _assert_harmless(out)


@pytest.mark.full
def test_a_merge(told: Any, tmp_path: Path, capsys: Any) -> None:
    parts = [tmp_path / "1", tmp_path / "2"]
    for number, part in enumerate(parts, 1):
        shard = ["--shard", f"{number}/2", "--output", f"json={part}"]
        told("audit", "--format", "nagios", "--org", "acme", *shard)
    for form in ("table", "markdown", "csv"):
        assert run(["merge", *map(str, parts), "--format", form]) == 1
        out, err = capsys.readouterr()
        _assert_harmless(out.replace("\r\n", "\n"))
        _assert_harmless(err)
    run(["merge", *map(str, parts)])
    joined = capsys.readouterr().out
    validate(json.loads(joined), "report")
