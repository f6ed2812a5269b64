"""A run that has to end before all is read: by its deadline, by Ctrl-C, by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import run
from edgeaudit.cli.signals import obeyed_by
from edgeaudit.demo import DemoEdge
from edgeaudit.management.stop import Stop
from tests.factories import NOW
from tests.management.faulty import Broken, Faulty
from tests.management.server import HangUp, serving
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.management.faulty import Good
    from tests.management.server import Request, Server

PROGRAM = [sys.executable, "-c", "from edgeaudit.cli import main; main()"]
GUARD = 30  # seconds; what is stuck is stuck for longer
FEW = ("--env", "test", "--env", "stage*")


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[tuple[Server, threading.Event, list[str]]]:
    """The demo Edge, silent for ever at one path; a sign that it was asked; what reaches it."""
    is_stuck, is_over = threading.Event(), threading.Event()

    def silent(_: Good) -> Iterator[bytes]:
        is_stuck.set()
        is_over.wait(4 * GUARD)
        raise HangUp
        yield

    with DemoEdge(NOW) as edge:
        faulty = Faulty(edge)
        faulty.broken = (Broken(".*/robot/aliases/client/certificate", silent),)
        (tmp_path / "root.pem").write_text(edge.ca_pem)
        with serving(faulty) as server:
            yield (
                server,
                is_stuck,
                [
                    *("--url", server.url, "--username", edge.username, "--org", "wellkept"),
                    *("--trust", str(tmp_path / "root.pem"), "--at", NOW.isoformat()),
                ],
            )
            is_over.set()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command in this process: status, stdout, stderr."""
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", DemoEdge.password)

    def running(*arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        return (status, *capsys.readouterr())

    return running


def _started(*arguments: str) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "EDGEAUDIT_PASSWORD": DemoEdge.password,
        "EDGEAUDIT_TOKEN_CACHE": "off",
    }
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*PROGRAM, *arguments], env=environ, stdout=pipe, stderr=pipe, text=True
    )


def _wait_for_the_others(server: Server, is_stuck: threading.Event) -> None:
    """Until one request is stuck, and there has been none for a while."""
    assert is_stuck.wait(GUARD)
    asked = 0
    while asked < len(server.requests):
        asked = len(server.requests)
        time.sleep(0.5)


def _assert_ended_early(report: Any, detail: str) -> None:
    validate(report, "report")
    assert (report["complete"], report["findings"]) == (False, [])
    assert ("wellkept/test/keystores", "timeout", detail) in {
        (gap["where"], gap["reason"], gap["detail"]) for gap in report["gaps"]
    }
    assert {gap["detail"] for gap in report["gaps"]} == {detail}
    assert all(gap["where"].count("/") == 2 for gap in report["gaps"])
    assert report["examined"]["uncovered-host-alias"], "what was read is judged"


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.full), signal.SIGTERM]
)
def test_a_signal_ends_the_run_with_what_it_has(stuck, tmp_path: Path, number) -> None:
    server, is_stuck, access = stuck
    file = tmp_path / "report.json"
    program = _started("audit", *access, *FEW, "--format", "json", "--output", f"json={file}")
    _wait_for_the_others(server, is_stuck)
    program.send_signal(number)
    start = time.monotonic()
    out, err = program.communicate(timeout=GUARD)
    assert time.monotonic() - start < GUARD / 2
    assert (program.returncode, err) == (3, "")
    _assert_ended_early(json.loads(out), "the run was stopped")
    assert json.loads(file.read_text()) == json.loads(out)
    assert len(server.targets) == len(set(server.targets))


def test_the_deadline_ends_the_run_with_what_it_has(stuck, told) -> None:
    status, out, err = told("audit", *stuck[2], *FEW, "--format", "json", "--deadline", "2s")
    assert (status, err) == (3, "")
    _assert_ended_early(json.loads(out), "the deadline of 2s had passed")


def test_a_login_that_hangs_is_within_the_deadline(stuck, told) -> None:
    """Nothing has answered: one gap, of the management server."""
    server, _, access = stuck

    def silent(_: Request) -> list[bytes]:
        login.stopped.wait(4 * GUARD)
        return []

    with serving(silent) as login:
        status, out, err = told(
            *("audit", *access, "--format", "json", "--deadline", "1s"),
            *("--auth", "oauth", "--login-url", login.url),
        )
    (gap,) = json.loads(out)["gaps"]
    passed = "the deadline of 1s had passed"
    assert (status, gap["where"], gap["detail"]) == (3, server.endpoint, passed)
    assert err == f"edgeaudit: error: {passed}\n"


@pytest.mark.full
def test_what_was_found_beats_that_it_was_stopped(stuck) -> None:
    server, is_stuck, access = stuck
    program = _started("audit", *access, "--fail-on", "note", "--at", "2090-01-01")
    _wait_for_the_others(server, is_stuck)
    program.send_signal(signal.SIGINT)
    out, _ = program.communicate(timeout=GUARD)
    assert program.returncode == 1
    assert "the run was stopped" in out


@pytest.mark.full
def test_a_listing_too(stuck) -> None:
    server, is_stuck, access = stuck
    program = _started("list", "certs", *access)
    _wait_for_the_others(server, is_stuck)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=GUARD)
    assert program.returncode == 3
    assert out.startswith("where")
    assert "wellkept/test/keystores could not be read: the run was stopped" in err


@pytest.mark.full
def test_a_snapshot_of_what_was_read_so_far(stuck, tmp_path: Path) -> None:
    server, is_stuck, access = stuck
    file, report = tmp_path / "edge.snapshot", tmp_path / "report.json"
    reading = access[: access.index("--trust")]
    program = _started("snapshot", str(file), *reading)
    _wait_for_the_others(server, is_stuck)
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=GUARD)
    assert program.returncode == 3
    judging = [*access[access.index("--trust") :], "--output", f"json={report}"]
    assert run(["audit", "--snapshot", str(file), *judging]) == 3
    replayed = json.loads(report.read_text())
    assert (replayed["complete"], replayed["findings"]) == (False, [])
    told = "the snapshot holds no answer to this"
    assert all(gap["detail"].endswith(told) for gap in replayed["gaps"])
    assert {gap["reason"] for gap in replayed["gaps"]} == {"unreachable"}
    assert "wellkept/prod/proxies" in {gap["where"] for gap in replayed["gaps"]}


def test_the_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    """The first one is heard, the second one comes while the report waits for its reader."""
    script = tmp_path / "twice.py"
    script.write_text(
        "import os, signal, time\n"
        "from edgeaudit.cli import access, run\n"
        "from edgeaudit.management.stop import Stop\n"
        "from edgeaudit.cli.signals import obeyed_by\n"
        "def read(*_, **__):\n"
        "    with obeyed_by(Stop().now):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(60)\n"
        "access.read = read\n"
        "raise SystemExit(run(['list', 'orgs', '--url', 'http://edge']))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=GUARD, check=False
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "edgeaudit: error: stopped before it was done"


def test_what_is_ignored_stays_so() -> None:
    """nohup and a script's `&` ignore a signal; it then does not end the run."""
    stop = Stop()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with obeyed_by(stop.now):
            os.kill(os.getpid(), signal.SIGINT)
        assert not stop.is_over
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with obeyed_by(Stop().now):
        os.kill(os.getpid(), signal.SIGTERM)
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
