"""The commands as a user meets them: what they print, and their exit status."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.cli import run, status
from edgeaudit.demo import DemoEdge
from edgeaudit.management.stop import Stop
from tests.factories import NOW
from tests.reports.sample import EMPTY, REPORT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this machine's user, and a password."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", DemoEdge.password)
    monkeypatch.delenv("EDGEAUDIT_CONFIG", raising=False)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The options that reach a demo Edge."""
    with DemoEdge(NOW) as edge:
        trust = tmp_path_factory.mktemp("trust") / "root.pem"
        trust.write_text(edge.ca_pem)
        yield [
            *("--url", edge.url, "--username", edge.username),
            *("--trust", str(trust), "--at", NOW.isoformat()),
        ]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command line: status, stdout, stderr."""

    def running(*arguments: str) -> tuple[int, str, str]:
        outcome = run(list(arguments))
        return (outcome, *capsys.readouterr())

    return running


def test_version(told) -> None:
    assert told("--version") == (0, f"edgeaudit {edgeaudit.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["adit"], "No such command 'adit'", "edgeaudit --help"),
        (["audit", "--orgs"], "No such option", "edgeaudit audit --help"),
        (["audit", "--fail-on", "x"], "Invalid value for '--fail-on'", "edgeaudit audit --help"),
        (["list", "things"], "Invalid value for", "edgeaudit list --help"),
        (["audit"], "no management server is named", "--url http://HOST:8080"),
        (["audit", "--format", "pdf"], 'there is no format "pdf"', "formats: csv, "),
        (["audit", "--output", "pdf=x"], 'there is no format "pdf"', "formats: csv, "),
        (["audit", "--output", "x"], "--output: found", "config schema"),
        (["audit", "--at", "soon"], "--at soon: that is no time", "2027-03-01"),
        (["audit", "--url", "ftp://x"], "", ""),
        (["audit", "--config", "none.yaml"], "none.yaml: No such file", "--config"),
        (["audit", "--url", "http://x"], "no user is named for installation default", "--username"),
        (["explain", "expired"], "there is no rule expired", "expired-certificate"),
        (["config", "check"], "there is no configuration file", "config example"),
    ],
)
def test_wrong_usage(told, arguments, message, hint) -> None:
    outcome, out, err = told(*arguments)
    first, *rest = err.splitlines()
    assert (outcome, out) == (2, "")
    assert first.startswith(f"edgeaudit: error: {message}")
    assert any(line.startswith("edgeaudit: hint: ") and hint in line for line in rest)


def test_a_trust_file_that_holds_nothing(told, recorded, tmp_path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    outcome, out, err = told("audit", *recorded, "--trust", str(tmp_path / "empty.pem"))
    assert (outcome, out) == (2, "")
    assert "empty.pem" in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--org", "acme", "--env", "stage"], 1),
        (["--org", "acme", "--env", "stage", "--fail-on", "never"], 0),
        (["--org", "wellkept"], 0),
        (["--org", "wellkept", "--env", "prod", "--fail-on", "note"], 0),
        (["--org", "wellkept", "--env", "prod", "--env", "nowhere"], 3),
    ],
)
def test_the_exit_status(told, recorded, arguments, expected) -> None:
    assert told("audit", *recorded, *arguments)[0] == expected


def test_an_organization_that_is_not_there(told, edge) -> None:
    assert told("audit", *edge, "--org", "nobody")[0] == 3
    outcome, out, _ = told("audit", *edge, "--org", "nobody", "--format", "nagios")
    assert outcome == 3
    assert out.startswith("EDGEAUDIT UNKNOWN - ")


@pytest.mark.parametrize(
    ("fail_on", "expected"), [("error", 1), ("warning", 1), ("note", 1), ("never", 3)]
)
def test_what_was_found_beats_what_was_not_read(fail_on, expected) -> None:
    assert status.of_report(REPORT, fail_on) == expected
    assert status.of_report(EMPTY, fail_on) == 0


def test_severities_are_ordered() -> None:
    assert Severity.ERROR.at_least(Severity.WARNING)
    assert not Severity.NOTE.at_least(Severity.WARNING)
    assert Severity.ERROR.at_most(Severity.WARNING) is Severity.WARNING
    assert Severity.NOTE.at_most(Severity.WARNING) is Severity.NOTE


def test_a_wrong_password_is_a_report_too(told, edge, monkeypatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "wrong-one")
    outcome, out, err = told("audit", *edge, "--format", "json")
    report = json.loads(out)
    assert (outcome, report["complete"], report["findings"]) == (3, False, [])
    (gap,) = report["gaps"]
    assert gap["reason"] == "unauthorized"
    assert err.startswith("edgeaudit: error: ")
    assert "edgeaudit: hint: " in err
    assert "wrong-one" not in out + err


def test_nobody_listens(told, monkeypatch) -> None:
    monkeypatch.setattr(Stop, "sleep", lambda *_: None)  # between attempts
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    outcome, out, err = told("audit", "--url", url, "--username", "a@b", "--format", "json")
    report = json.loads(out)
    assert (outcome, report["complete"]) == (3, False)
    assert [(gap["where"], gap["reason"]) for gap in report["gaps"]] == [
        (f"127.0.0.1:{port}", "unreachable")
    ]
    assert f"127.0.0.1:{port}" in err


def test_the_report_in_a_file(told, recorded, tmp_path) -> None:
    outcome, out, _ = told(
        "audit", *recorded, "--org", "acme", "--output", "json=report.json", "--format", "table"
    )
    assert outcome == 1
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["error"] > 10
    assert "expired-certificate" in out


def test_a_file_that_cannot_be_written_beats_all(told, recorded) -> None:
    outcome, out, err = told(
        "audit", *recorded, "--org", "acme", "--output", "json=/none/report.json"
    )
    assert outcome == 4
    assert "expired-certificate" in out
    error, hint = err.splitlines()
    assert error.endswith("/none/report.json could not be written: No such file or directory")
    assert hint.startswith("edgeaudit: hint: check the folder")


def test_another_time(told, recorded) -> None:
    later = (NOW + timedelta(days=365)).isoformat()
    out = told("audit", *recorded, "--org", "wellkept", "--at", later, "--format", "json")[1]
    assert json.loads(out)["summary"]["error"] > 10


def test_without_the_trust_nothing_is_complete(told, recorded) -> None:
    trust = recorded.index("--trust")
    without = recorded[:trust] + recorded[trust + 2 :]
    out = told("audit", *without, "--org", "wellkept", "--format", "json")[1]
    assert {each["rule"] for each in json.loads(out)["findings"]} >= {"incomplete-chain"}


@pytest.mark.parametrize(
    "kind",
    [
        *("orgs", "envs", "keystores", "truststores", "aliases", "certs"),
        *("references", "virtualhosts", "targetservers", "proxies"),
    ],
)
@pytest.mark.parametrize("name", ["table", "json", "csv"])
def test_list(told, recorded, kind, name) -> None:
    outcome, out, err = told("list", kind, *recorded, "--org", "wellkept", "--format", name)
    assert (outcome, err) == (0, "")
    assert "wellkept" in out


def test_verbose_tells_of_each_request(told, edge) -> None:
    err = told("list", "envs", *edge, "--org", "wellkept", "--verbose")[2]
    assert err == "GET wellkept/environments: 200\n"
    assert told("list", "envs", *edge, "--org", "wellkept")[2] == ""


def test_a_list_with_a_gap(told, edge) -> None:
    outcome, out, err = told("list", "envs", *edge, "--org", "wellkept", "--org", "nobody")
    assert outcome == 3
    assert "wellkept/prod" in out
    assert err.startswith("edgeaudit: warning: nobody/environments could not be read: ")


def test_rules_and_explain(told) -> None:
    assert "missing-alias" in told("rules")[1]
    assert told("rules", "--format", "markdown")[1].startswith("# The rules")
    assert told("explain", "missing-alias")[1].startswith("missing-alias (error, wiring)")


def test_config(told, tmp_path) -> None:
    (tmp_path / "edgeaudit.yaml").write_text(told("config", "example")[1])
    assert told("config", "check") == (0, "edgeaudit.yaml: valid\n", "")
    assert json.loads(told("config", "schema")[1])["properties"]["url"]
    (tmp_path / "bad.yaml").write_text("urll: x\nfail_on: 3\n")
    outcome, _, err = told("config", "check", "bad.yaml")
    assert outcome == 2
    assert "edgeaudit: error: bad.yaml:1: urll: there is no such key; did you mean url?" in err
    assert "edgeaudit: error: bad.yaml:2: fail_on: found 3" in err


def test_demo_on_a_port_that_is_taken(told) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        outcome, _, err = told("demo", "--port", str(taken.getsockname()[1]))
    assert outcome == 2
    assert err.startswith("edgeaudit: error: ")


def test_demo_serves_until_it_is_told_to_stop() -> None:
    program = [sys.executable, "-c", "from edgeaudit.cli import main; main()", "demo", "--serve"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        assert first.startswith("The demo Edge is at http://127.0.0.1:")
        assert process.wait(60) == 0


def test_a_closed_pipe_ends_it_quietly() -> None:
    program = (
        f"{sys.executable} -c 'from edgeaudit.cli import main; main()' rules --format markdown"
    )
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stderr == ""
    assert done.stdout == "# The rules\n0\n"


@pytest.mark.full
def test_demo_where_the_terminal_cannot_show_every_name() -> None:
    program = [sys.executable, "-c", "from edgeaudit.cli import main; main()", "demo"]
    environ = {"PATH": "", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(program, capture_output=True, env=environ, timeout=60)
    assert done.returncode == 0
    assert b"ERROR" in done.stdout
    assert b"served-certificate-differs  catalog.acme.example:9003" in done.stdout
    assert b"edgeaudit demo --serve" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_password_in_the_url_is_refused_and_never_shown(told) -> None:
    for more in ([], ["--username", "a@b.example"]):
        outcome, out, err = told("audit", "--url", "http://me:hunter2@edge.example:8080", *more)
        assert outcome == 2
        assert "hunter2" not in out + err


def _program(*arguments: str, stdout: Any) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from edgeaudit.cli import main; main()", *arguments]
    return subprocess.run(program, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60)


@pytest.mark.parametrize("arguments", [["rules"], ["config", "example"]])
def test_a_full_disk_is_told(arguments) -> None:
    with Path("/dev/full").open("w") as full:
        done = _program(*arguments, stdout=full)
    error, hint = done.stderr.splitlines()[:2]
    assert done.returncode == 4
    assert error.startswith("edgeaudit: error: standard output could not be written: ")
    assert hint.startswith("edgeaudit: hint: ")
    assert "Traceback" not in done.stderr


def test_a_closed_standard_output_is_no_traceback() -> None:
    command = f"{sys.executable} -c 'from edgeaudit.cli import main; main()' rules >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_command_the_help_is_shown(told) -> None:
    outcome, out, err = told()
    assert (outcome, out) == (2, "")
    assert err.startswith("Usage: edgeaudit")


def test_without_a_kind_the_error_is_one_line(told) -> None:
    outcome, _, err = told("list")
    assert outcome == 2
    assert len(err.splitlines()) == 2
    assert "\t" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--concurrency", "0"],
        ["--output", "json="],
        ["--output", "json=a", "--output", "json=b"],
        ["--output", "json=a", "--output", "table=a"],
        ["--output", "json=a", "--output", "table=./a"],
    ],
)
def test_what_could_only_be_meant_otherwise(told, arguments) -> None:
    outcome, out, err = told("audit", "--url", "http://127.0.0.1:1", *arguments)
    assert (outcome, out) == (2, "")
    assert err.startswith("edgeaudit: error: --")


def test_several_installations(told, edge, tmp_path) -> None:
    url, username, trust = edge[1], edge[3], edge[5]
    (tmp_path / "edgeaudit.yaml").write_text(
        f"url: {url}\nusername: {username}\ntrust: [{trust}]\norg: [acme]\nenv: [test]\n"
        "installations: [{name: east}, {name: west}]\n"
    )
    out = told("audit", "--at", NOW.isoformat())[1]
    for name in ("east", "west"):
        assert f"{name}: acme/test/virtualhosts/beta" in out
    rows = json.loads(told("list", "envs", "--format", "json")[1])
    assert [row["installation"] for row in rows] == ["east", "west"]
    assert told("list", "envs")[1].startswith("installation")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell) -> None:
    program = [sys.executable, "-c", "from edgeaudit.cli import main; main()"]
    environ = {**os.environ, "_EDGEAUDIT_COMPLETE": f"{shell}_source"}
    script = subprocess.check_output(program, env=environ, text=True, timeout=60)
    assert "_edgeaudit_completion" in script
    environ |= {"_EDGEAUDIT_COMPLETE": f"{shell}_complete", "COMP_WORDS": "edgeaudit au"}
    environ |= {"COMP_CWORD": "au" if shell == "fish" else "1"}
    told = subprocess.check_output(program, env=environ, text=True, timeout=60)
    assert "audit" in told


def _lasting(told: Any, recorded: Any, *arguments: str) -> int:
    return int(told("audit", *recorded, "--org", "wellkept", *arguments)[0])


def test_metrics_go_on_from_those_of_the_run_before(told, recorded, tmp_path) -> None:
    file = tmp_path / "edgeaudit.prom"
    assert _lasting(told, recorded, "--output", f"prometheus={file}") == 0
    first = file.read_text()
    assert "edgeaudit_duration_seconds" in first
    assert _lasting(told, recorded, "--env", "none", "--output", f"prometheus={file}") == 3
    ends = [line for line in first.splitlines() if line.startswith("edgeaudit_certificate")]
    assert ends
    assert set(ends) <= set(file.read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--org", "wellkept"], 0),
        (["--org", "acme", "--env", "stage"], 2),
        (["--org", "wellkept", "--output", "json=none/x"], 3),
        (["--org", "acme", "--env", "stage", "--output", "json=none/x"], 2),
        (["--at", "soon"], 3),
        (["--output", "pdf=x"], 3),
    ],
)
def test_nagios_has_its_own_statuses(told, recorded, arguments, expected) -> None:
    outcome, out, _ = told("audit", *recorded, *arguments, "--format", "nagios")
    assert outcome == expected
    assert out.startswith("EDGEAUDIT ")
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        (["--format", "nagios", "--bogus"], ""),
        (["--format=table", "--format=nagios", "--fail-on", "soon"], ""),
        (["--config", "none.yaml", "--format", "nagios"], ""),
        ([], "format: nagios\nbogus: 1\nurls: x"),
        ([], "format: 'nagios'  # for Icinga\nurl: ["),
        (["--snapshot", "none"], "format: nagios"),
    ],
)
def test_nagios_hears_of_every_run_that_was_not_possible(told, arguments, config) -> None:
    Path("edgeaudit.yaml").write_text(config)
    outcome, out, err = told("audit", *arguments)
    assert outcome == 3
    assert out.startswith("EDGEAUDIT UNKNOWN - ")
    assert out.count("\n") == 1
    assert err.startswith("edgeaudit: error: ")


@pytest.mark.parametrize(
    "arguments",
    [("audit", "--format", "json", "--bogus"), ("list", "orgs", "--bogus"), ("audit", "--format")],
)
def test_nagios_hears_of_no_other_run(told, arguments) -> None:
    Path("edgeaudit.yaml").write_text("format: nagios" if arguments[-1] == "--bogus" else "")
    assert told(*arguments)[:2] == (2, "")


def test_a_misspelt_place_in_the_policy_is_told(told, recorded) -> None:
    """Unless it may be in what was not asked for: acme/tset."""
    Path("edgeaudit.yaml").write_text(
        "policy: {rules: ["
        "{rule: common-name-only, where: 'acme/tset/*', severity: off},"
        "{rule: common-name-only, where: 'acme/stage/keystore/*', severity: off}]}"
    )
    err = told("audit", *recorded, "--org", "acme", "--env", "stage")[2]
    assert err == (
        "edgeaudit: warning: policy.rules: nothing is at acme/stage/keystore/*; its "
        "common-name-only changes nothing\n"
    )


def test_heavy_formats_cost_only_those_who_want_them(recorded) -> None:
    told = (
        "import sys; from edgeaudit.cli import run; run(['--help']); run(sys.argv[1:]);"
        "sys.exit(bool({'jinja2', 'prometheus_client', 'icalendar'} & set(sys.modules)))"
    )
    arguments = ["audit", *recorded, "--org", "wellkept", "--format", "json"]
    subprocess.run([sys.executable, "-c", told, *arguments], check=True, capture_output=True)
