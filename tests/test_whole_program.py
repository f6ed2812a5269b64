"""The whole program against the demo Edge: nothing missing, nothing unexpected, only GET."""

from __future__ import annotations

import gzip
import io
import json
import stat
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.rules import OBSERVED, RULES
from edgeaudit.cli import run
from edgeaudit.demo import DemoEdge, DemoEndpoints, DemoHosts
from tests.factories import NOW
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

# an Edge has no files of hosts
OF_FILES = {Evidence.hosts, Evidence.routed_hosts}
FROM_API = {slug for slug, rule in RULES.items() if rule.over not in OF_FILES} - OBSERVED


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Iterator[DemoEdge]:
    with DemoEdge(NOW, seed=getattr(request, "param", 0)) as edge:
        yield edge


@pytest.fixture
def audit(
    edge: DemoEdge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs `edgeaudit COMMAND...` against the demo Edge: status, stdout, stderr."""
    trust = tmp_path / "root.pem"
    trust.write_text(edge.ca_pem)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", edge.password)

    def running(*arguments: str) -> tuple[int, str, str]:
        access = ("--url", edge.url, "--username", edge.username)
        judging = ("--trust", str(trust), "--at", NOW.isoformat())
        status = run([*arguments, *access, *judging])
        return status, *capsys.readouterr()

    return running


class Live(NamedTuple):
    """What came of an audit of all that the demo Edge holds."""

    status: int
    report: Any
    table: str
    err: str
    requests: list[tuple[str, str]]


@pytest.fixture(scope="module")
def live(demo: DemoEdge, recorded: list[str], tmp_path_factory: pytest.TempPathFactory) -> Live:
    """An audit of the demo Edge itself, every request told, as JSON and as a table."""
    folder = tmp_path_factory.mktemp("live")
    files = {name: folder / name for name in ("json", "table")}
    outputs = [part for name in files for part in ("--output", f"{name}={files[name]}")]
    access = ["--url", demo.url, "--username", demo.username, *recorded[2:]]
    said, before = io.StringIO(), len(demo.requests)
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(said):
        patch.setenv("EDGEAUDIT_PASSWORD", demo.password)
        status = run(["audit", "--verbose", *access, *outputs])
    report, table = (file.read_text("utf-8") for file in files.values())
    return Live(status, json.loads(report), table, said.getvalue(), demo.requests[before:])


@pytest.fixture
def replay(recorded: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `edgeaudit audit` on the snapshot: what it prints."""

    def running(*arguments: str) -> str:
        run(["audit", *recorded, *arguments])
        return capsys.readouterr().out

    return running


@pytest.fixture(scope="module")
def report(recorded: list[str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report on the snapshot."""
    file = tmp_path_factory.mktemp("report") / "report.json"
    assert run(["audit", *recorded, "--output", f"json={file}"]) == 1
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def endpoints() -> Iterator[DemoEndpoints]:
    with DemoEndpoints(NOW) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo's Routers and Message Processors."""
    folder = tmp_path_factory.mktemp("hosts")
    DemoHosts(NOW).write(folder)
    return folder


@pytest.fixture(scope="module")
def probing(
    recorded: list[str],
    endpoints: DemoEndpoints,
    hosts: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Reports on the snapshot and on what the endpoints do, with SNI or without; and as a table.

    Without arguments the files of the hosts are read, too.
    """
    folder = tmp_path_factory.mktemp("probed")
    config, report, table = (folder / name for name in ("edgeaudit.yaml", "json", "table"))

    def running(*arguments: str, has_sni: bool) -> tuple[Any, str]:
        settings = {
            "edge_version": endpoints.edge_version,
            "hosts": [] if arguments else [str(hosts)],
            "sni": has_sni,
            "probe": True,
            "probe_only": list(endpoints.connect),
            "probe_connect": [f"{where}={at}" for where, at in endpoints.connect.items()],
            "output": {"json": str(report), "table": str(table)},
        }
        config.write_text(json.dumps(settings))  # YAML it is, too
        run(["audit", *recorded, "--config", str(config), *arguments])
        return json.loads(report.read_text()), table.read_text()

    return running


@pytest.fixture(scope="module")
def probed(probing: Any) -> Any:
    """The report where the Message Processors send no SNI, which is what the demo shows."""
    return probing(has_sni=False)


def _of_files(hosts: Path) -> set[tuple[str, str, str]]:
    return {(each.rule, f"{hosts}/{each.where}", each.severity) for each in DemoHosts(NOW).defects}


def _found(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(each["rule"], each["where"], each["severity"]) for each in report["findings"]}


def test_every_defect_and_no_other(live: Live) -> None:
    _assert_every_defect(live.status, live.report, DemoEdge(NOW))
    assert live.report["left_out"] == ["acme/portal"]
    assert all(line.startswith("GET ") for line in live.err.splitlines()), "all is well"


@pytest.mark.full
@pytest.mark.parametrize("edge", range(1, 8), indirect=True)
def test_every_defect_in_other_forms(edge: DemoEdge, audit: Any) -> None:
    status, out, err = audit("audit", "--format", "json")
    _assert_every_defect(status, json.loads(out), edge)
    assert err == ""


def _assert_every_defect(status: int, report: Any, edge: DemoEdge) -> None:
    validate(report, "report")
    assert _found(report) == {(each.rule, each.where, each.severity) for each in edge.defects}
    assert len({each["id"] for each in report["findings"]}) == len(report["findings"])
    assert (status, report["complete"], report["gaps"]) == (1, True, [])


def test_every_defect_of_endpoints_too_and_no_other(
    edge: DemoEdge, endpoints: DemoEndpoints, hosts: Path, probed: Any
) -> None:
    report, _ = probed
    validate(report, "report")
    expected = {*edge.defects, *endpoints.observed(has_sni=False)}
    of_edge = {(each.rule, each.where, each.severity) for each in expected}
    assert _found(report) == of_edge | _of_files(hosts)
    assert len({each["id"] for each in report["findings"]}) == len(report["findings"])
    assert {each["where"] for each in report["gaps"]} == set(endpoints.unreached)


@pytest.mark.full
def test_with_sni_other_defects_of_endpoints_are_found(
    edge: DemoEdge, endpoints: DemoEndpoints, hosts: Path, probing: Any
) -> None:
    report, _ = probing(has_sni=True)
    expected = {*edge.defects, *endpoints.observed(has_sni=True)}
    of_edge = {(each.rule, each.where, each.severity) for each in expected}
    assert _found(report) == of_edge | _of_files(hosts)


@pytest.mark.full
def test_healthy_endpoints_are_looked_at_and_found_healthy(probing: Any) -> None:
    report, _ = probing("--org", "wellkept", "--org", "tryout", has_sni=False)
    assert {each["severity"] for each in report["findings"]} == {"note"}
    assert not report["gaps"]
    looked_at = [report["examined"][rule] for rule in OBSERVED]
    assert min(looked_at) > 0, "a rule that looks at nothing is silent too"


def test_acme_has_a_defect_for_each_rule(edge: DemoEdge, endpoints: DemoEndpoints) -> None:
    told = {each.rule for each in edge.defects if each.where.startswith("acme/")}
    assert told == FROM_API
    assert {each.rule for each in endpoints.observed(has_sni=False)} == OBSERVED
    of_files = {slug for slug, rule in RULES.items() if rule.over in OF_FILES}
    assert {each.rule for each in DemoHosts(NOW).defects} == of_files


def test_the_files_of_hosts_concern_no_healthy_organization(hosts: Path, probed: Any) -> None:
    of_files = [each for each in probed[0]["findings"] if each["where"].startswith(f"{hosts}/")]
    affected = {place for each in of_files for place in each["affects"]}
    assert {place.partition("/")[0] for place in affected} == {"acme"}
    assert min(probed[0]["examined"][each["rule"]] for each in of_files) > 1


def test_only_get_and_nothing_twice(live: Live) -> None:
    assert {method for method, _ in live.requests} == {"GET"}
    assert len(live.requests) == len(set(live.requests)) > 400


def test_the_healthy_organizations_give_their_few_notes(
    demo: DemoEdge, recorded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    healthy = ("wellkept", "tryout")
    of_them = ["--org", "wellkept", "--org", "tryout", "--format", "json"]
    status = run(["audit", *recorded, *of_them])
    report = json.loads(capsys.readouterr().out)
    notes = [each for each in demo.defects if each.where.partition("/")[0] in healthy]
    assert {each.severity for each in notes} == {"note"}
    assert len(notes) < 5, "a note must be worth reading"
    assert _found(report) == {(each.rule, each.where, each.severity) for each in notes}
    assert status == 0
    examined = {report["examined"][slug] for slug in FROM_API}
    assert min(examined) > 0, "a rule that looks at nothing is silent too"


@pytest.mark.parametrize(
    ("where", "affected"),
    [
        ("prod/keystores/orders/server#0", ["prod/proxies/orders", "prod/virtualhosts/orders"]),
        ("stage/keystores/trains/client#0", ["stage/proxies/trains"]),
        ("stage/targetservers/currency", ["stage/sharedflows/currency"]),
        ("stage/sharedflows/fraud score/1/policies/Ask-Score", ["stage/sharedflows/fraud score"]),
        ("stage/keystores/parking", []),
    ],
)
def test_a_finding_names_those_whom_it_affects(where, affected, report) -> None:
    (told,) = (each["affects"] for each in report["findings"] if each["where"] == f"acme/{where}")
    assert told == [f"acme/{place}" for place in affected]


def test_revisions_with_the_same_defect_are_told_together(report: Any) -> None:
    (found,) = (each for each in report["findings"] if "proxies/cruises/" in each["where"])
    assert found["facts"]["revisions"] == ["9", "10"]


def test_two_runs_differ_only_in_when_they_were_made(replay: Any, report: Any) -> None:
    second = json.loads(replay("--format", "json"))
    assert second.pop("made_at")
    assert second == {key: value for key, value in report.items() if key != "made_at"}


def test_the_table_names_every_finding(
    replay: Any, report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # where long places need not be wrapped
    out = replay()
    for finding in report["findings"]:
        assert finding["where"] in out
        assert finding["rule"] in out


def test_the_readme_ends_its_picture_as_the_demo_does(probed: Any) -> None:
    picture = Path("README.md").read_text("utf-8").split("## What it looks like")[1]
    told = " ".join(picture.split("```")[1].split("...\n")[-1].split())
    assert " ".join(probed[1].split()).endswith(told)


def test_no_secret_in_any_output(
    live: Live, recorded: list[str], edge: DemoEdge, audit: Any
) -> None:
    _, out, err = audit("list", "aliases", "--verbose", "--org", "acme", "--env", "test")
    assert all("GET " in each for each in (live.err, err))
    snapshot = gzip.decompress(Path(recorded[1]).read_bytes()).decode()
    for told in (live.table, live.err, json.dumps(live.report), out, err, snapshot):
        assert edge.password not in told
        assert "PRIVATE KEY" not in told
    assert "Authorization" not in snapshot
    assert "Bearer" not in snapshot


def test_an_installation_with_oauth(
    edge: DemoEdge, audit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSO_LOGIN_URL", edge.url)
    status, _, err = audit("audit", "--org", "wellkept")
    assert (status, err) == (0, "")
    assert [path for method, path in edge.requests if method == "POST"] == ["/oauth/token"]


def test_a_snapshot_replays_to_the_very_same_report(
    live: Live,
    report: Any,
    demo: DemoEdge,
    recorded: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = len(demo.requests)
    assert stat.S_IMODE(Path(recorded[1]).stat().st_mode) == 0o600
    assert report | {"made_at": ""} == live.report | {"made_at": ""}
    assert report["made_at"]
    assert run(["list", "proxies", *recorded[:2]]) == 0
    assert "acme/prod/proxies/" in capsys.readouterr().out
    assert len(demo.requests) == asked


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b\x08"])
def test_a_file_that_is_no_snapshot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "edge.snapshot"
    file.write_bytes(content)
    assert run(["audit", "--snapshot", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"edgeaudit: error: {file} is ")
    assert len(err.splitlines()) == 2
