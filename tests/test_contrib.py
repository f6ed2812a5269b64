"""What is in contrib/ and docs/cron.md is run as it stands, on a demo Edge and a mail server."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from edgeaudit.cli import run
from edgeaudit.demo import DemoEdge
from tests.management.server import Authority
from tests.notify.mailserver import PASSWORD, USER, mail_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.notify.mailserver import MailServer

CRON = Path("docs/cron.md").read_text("utf-8")
BLOCKS = re.findall(r"^```([a-z]+)\n(.*?)^```", CRON, re.MULTILINE | re.DOTALL)
(LINE,) = (line for line in Path("contrib/crontab").read_text().splitlines() if line[:1].isdigit())
SERVICE = Path("contrib/systemd/edgeaudit.service")
DOCKERFILE = Path("contrib/Dockerfile").read_text()


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with STARTTLS and login; its CA is in tmp_path."""
    authority = Authority.made()
    authority.file(tmp_path)
    with mail_server("starttls", authority.context(tmp_path), login=True) as server:
        yield server


@pytest.fixture
def installed(tmp_path: Path, smtp: MailServer) -> Iterator[Callable[[str], str]]:
    """The first example of docs/cron.md as files; gives a text with the paths of this test."""
    etc, var = tmp_path / "etc", tmp_path / "var"
    etc.mkdir()
    var.mkdir()
    with DemoEdge(datetime.now(timezone.utc)) as edge:
        (etc / "password").write_text(edge.password)
        (etc / "root.pem").write_text(edge.ca_pem)
        (etc / "mail-password").write_text(PASSWORD)
        found = {
            "/etc/edgeaudit": str(etc),
            "/var/lib/edgeaudit": str(var),
            "/usr/local/bin": str(Path(sys.executable).parent),
            "http://management.example.com:8080": edge.url,
            "auditor@example.com": edge.username,
            "server: smtp.example.com": f"server: 127.0.0.1\n  port: {smtp.port}\n"
            f"  ca: {tmp_path / 'ca.pem'}",
            "username: edgeaudit\n": f"username: {USER}\n",
            "${STATE_DIRECTORY}": str(var),
        }

        def here(text: str) -> str:
            for name, own in found.items():
                text = text.replace(name, own)
            return text

        (config,) = (text for kind, text in BLOCKS[:1] if kind == "yaml")
        (etc / "config.yaml").write_text(here(config))
        yield here


def _as_cron(command: str, home: Path, path: str) -> subprocess.CompletedProcess[str]:
    """What cron does with the command of a line (crontab(5))."""
    environ = {"HOME": str(home), "PATH": path, "SHELL": "/bin/sh", "LOGNAME": "nobody"}
    environ |= {"EDGEAUDIT_ORG": "acme", "EDGEAUDIT_ENV": "prod"}  # to be quick
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=environ,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def _subjects(smtp: MailServer) -> list[str]:
    return [each.mail["Subject"].removeprefix("[edgeaudit] ") for each in smtp.received]


@pytest.mark.full
def test_the_working_example(tmp_path: Path, installed: Any, smtp: MailServer) -> None:
    (commands,) = (text for kind, text in BLOCKS if kind == "sh")
    done = _as_cron("set -e\n" + installed(commands), tmp_path, installed("/usr/local/bin"))
    assert (done.returncode, done.stderr.count("error")) == (0, 0)
    assert _subjects(smtp) == ["a test: messages arrive"] * 2
    assert {each.recipients[0] for each in smtp.received} == {
        "platform@example.com",
        "payments@example.com",
    }
    assert "To: platform@example.com\nSubject: [edgeaudit] " in done.stdout
    assert "orders.acme.example\n  expired 3 days ago" in done.stdout
    assert not (tmp_path / "var/told.json").exists()


@pytest.mark.full
def test_the_line_for_cron(tmp_path: Path, installed: Any, smtp: MailServer) -> None:
    assert f"{LINE}\n" in [text for kind, text in BLOCKS if kind == "cron"]
    minute_to_weekday, command = LINE.split()[:5], LINE.split(maxsplit=5)[5]
    assert minute_to_weekday == ["30", "5", "*", "*", "*"]
    assert "%" not in command, "it would end the command"
    path = installed(re.findall("^PATH=(.*)", Path("contrib/crontab").read_text(), re.MULTILINE)[0])
    first = _as_cron(installed(command), tmp_path, path)
    assert (first.returncode, first.stdout) == (1, "")
    assert first.stderr.endswith("told.json is new: everything is told once\n")
    (received,) = smtp.received
    assert received.recipients == ["platform@example.com"]
    assert received.over_tls
    assert received.user == USER
    again = _as_cron(installed(command), tmp_path, path)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "")
    assert len(smtp.received) == 1
    assert json.loads((tmp_path / "var/report.json").read_text())["summary"]["error"] > 10


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="there is no systemd here",
)
def test_systemd_takes_the_units(tmp_path: Path, installed: Any) -> None:
    """And finds the service well shut in: 1.3 of 10 where 10 is in the open."""
    units = []
    for unit in sorted(Path("contrib/systemd").iterdir()):
        units.append(tmp_path / unit.name)
        units[-1].write_text(installed(unit.read_text()))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(units[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _service() -> dict[str, Any]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(SERVICE)
    return dict(parser["Service"])


def test_the_services_command(
    installed: Any, smtp: MailServer, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setenv("EDGEAUDIT_ORG", "wellkept")
    program, *arguments = shlex.split(_service()["ExecStart"])
    assert program == "/usr/local/bin/edgeaudit"
    assert run([installed(each) for each in arguments]) == 0
    new, *_, ended = map(json.loads, capsys.readouterr().err.splitlines())
    assert (new["level"], ended["status"]) == ("warning", 0)
    assert _service()["SuccessExitStatus"] == "1"
    for name in re.findall(r"^Environment=EDGEAUDIT_([A-Z_]+)", SERVICE.read_text(), re.MULTILINE):
        assert name.lower() in {"state", "lock", "token_cache"}


@pytest.mark.full
def test_kubernetes(installed: Any, monkeypatch: Any) -> None:
    text = Path("contrib/kubernetes/cronjob.yaml").read_text()
    claim, job = yaml.safe_load_all(text)
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {each["name"] for each in pod["volumes"]} == {
        each["name"] for each in container["volumeMounts"]
    }
    assert pod["volumes"][1]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert f"USER {pod['securityContext']['runAsUser']}:" in DOCKERFILE
    monkeypatch.setenv("EDGEAUDIT_CONFIG", installed("/etc/edgeaudit/config.yaml"))
    monkeypatch.setenv("EDGEAUDIT_ORG", "wellkept")
    assert run(container["args"]) == 0


@pytest.mark.full
def test_kubernetes_in_parts(installed: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """The command of each part, as a shell takes it; then the reports are one."""
    _, job = yaml.safe_load_all(Path("contrib/kubernetes/sharded-job.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    shell, option, command = container["command"]
    of = job["spec"]["completions"]
    assert f"/{of} " in command
    monkeypatch.setenv("EDGEAUDIT_CONFIG", installed("/etc/edgeaudit/config.yaml"))
    monkeypatch.setenv("EDGEAUDIT_ORG", "wellkept")
    path = installed("/usr/local/bin")
    for index in range(of):
        environ = {**os.environ, "JOB_COMPLETION_INDEX": str(index), "PATH": f"{path}:/bin"}
        subprocess.run([shell, option, installed(command)], check=True, env=environ)
    parts = sorted((tmp_path / "var").glob("shard-*.json"))
    assert len(parts) == of
    assert run(["merge", *map(str, parts)]) == 0


def _ci(name: str) -> Any:
    """The command of a pipeline that audits."""
    data = yaml.safe_load(Path(f"contrib/ci/{name}").read_text())
    if name == "gitlab-ci.yml":
        return data["certificates"]["script"][-1]
    steps = data["jobs"]["edgeaudit"]["steps"]
    return next(step["run"] for step in steps if step.get("name") == "audit")


@pytest.mark.full
@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
@pytest.mark.parametrize(("organization", "status"), [("acme", 1), ("wellkept", 0), ("none", 3)])
def test_a_pipeline_goes_red(
    name: str, organization: str, status: int, tmp_path: Path, monkeypatch: Any
) -> None:
    program, *arguments = shlex.split(_ci(name))
    assert program == "edgeaudit"
    with DemoEdge(datetime.now(timezone.utc)) as edge:
        (tmp_path / "root.pem").write_text(edge.ca_pem)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        given = {"URL": edge.url, "USERNAME": edge.username, "PASSWORD": edge.password}
        given |= {"ORG": organization, "TRUST": "root.pem"}
        given |= {"ENV": "stage"} if organization == "acme" else {}
        for key, value in given.items():
            monkeypatch.setenv(f"EDGEAUDIT_{key}", value)
        assert run(arguments) == status
    assert json.loads(Path("report.json").read_text())["complete"] is (status != 3)


def test_what_the_image_is_made_of() -> None:
    for copied in re.findall(r"^COPY (?!--from)(.*) /src\S*$", DOCKERFILE, re.MULTILINE):
        for name in copied.split():
            assert Path(name).exists()
            assert f"!{name}\n" in Path("contrib/Dockerfile.dockerignore").read_text()
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "slim" in last
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)


@pytest.mark.full
def test_the_container(tmp_path: Path, installed: Any, smtp: MailServer) -> None:
    """Its steps in a fresh environment, and then its command, as an engine would run them."""
    source, home = tmp_path / "src", tmp_path / "opt"
    for copied, to in re.findall(r"^COPY (?!--from)(.*) (/src\S*)$", DOCKERFILE, re.MULTILINE):
        target = Path(str(tmp_path) + to)
        target.mkdir(parents=True, exist_ok=True)
        for name in copied.split():
            if Path(name).is_dir():
                shutil.copytree(name, target, dirs_exist_ok=True)
            else:
                shutil.copy(name, target)

    def here(text: str) -> Any:
        return installed(text.replace("/opt/edgeaudit", str(home)).replace("/src", str(source)))

    create, install = re.findall(
        r"^RUN (python3 -m venv .*|/opt/\S*pip .*)$", DOCKERFILE, re.MULTILINE
    )
    subprocess.check_call(here(create), shell=True)
    subprocess.check_call(here(install), shell=True)
    settings = re.findall(r"(EDGEAUDIT_[A-Z_]+)=(\S+)", DOCKERFILE)
    environ = {name: here(value) for name, value in settings}
    entry, command = (
        json.loads(re.findall(rf"^{word} (.*)$", DOCKERFILE, re.MULTILINE)[0])
        for word in ("ENTRYPOINT", "CMD")
    )
    done = subprocess.run(
        [*map(here, entry), *command],
        env={**environ, "EDGEAUDIT_ORG": "acme", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 1
    levels = [json.loads(line)["level"] for line in done.stderr.splitlines()]
    assert levels == ["warning", "info", "info"]
    assert len(smtp.received) == 1
