"""`edgeaudit capture --live`, with a tcpdump that plays a file, and with the real one."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeaudit.cli import run, terminal
from edgeaudit.observe import live
from tests.observe.recording import HOST, _free_port, _running, certificates
from tests.observe.wrapping import heard

BAD = Path("tests/observe/captures/expired-openssl-tls1_2.pcap").absolute()


@pytest.fixture
def tcpdump(tmp_path: Path, monkeypatch: Any) -> Any:
    """Makes a tcpdump of some lines of shell, and runs the command with it."""

    def told(script: str, *arguments: str) -> int:
        program = tmp_path / "tcpdump"
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/arguments\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr(live, "_IDLE", 0.02)
        return run(["capture", "--live", "host 192.0.2.7", *arguments])

    return told


def test_failures_are_told_as_they_come_until_a_signal(tcpdump, tmp_path, monkeypatch, capsys):
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        if len(notes) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(terminal, "note", note)
    small = tmp_path / "small.pcap"
    before = signal.getsignal(signal.SIGTERM)
    assert tcpdump(f"cat {BAD}; exec sleep 60", "--interface", "-x", "--write", str(small)) == 1
    assert signal.getsignal(signal.SIGTERM) == before
    assert notes[0] == "listening; Ctrl-C ends it"
    assert ": expired_certificate, certain. The client sent" in notes[1]
    out, err = capsys.readouterr()
    assert "tcpdump: 1 failed handshake in 1 group" in out
    assert err == ""
    asked = (tmp_path / "arguments").read_text().split("\n")
    assert asked[:2] == ["-i", "-x"]
    assert asked[-3:] == ["--", "host 192.0.2.7", ""]
    assert len(heard(small.read_bytes())) == 1


@pytest.mark.parametrize(
    ("said", "told", "hint"),
    [
        ("tcpdump: lo: You don't have permission", "You don't have permission", "cap_net_raw"),
        ("tcpdump: x: No such device exists", "No such device exists", "tcpdump -D"),
        ("tcpdump: syntax error", "syntax error", "pcap-filter(7)"),
        ("Segmentation fault", "it ended", "pcap-filter(7)"),
    ],
    ids=["permission", "device", "filter", "crash"],
)
def test_what_tcpdump_complains_of(tcpdump, capsys, said: str, told: str, hint: str) -> None:
    assert tcpdump(f'echo "{said}" >&2; exit 1') == 2
    error, hinted = capsys.readouterr().err.splitlines()
    assert error.startswith("edgeaudit: error: tcpdump does not capture: ")
    assert told in error
    assert hint in hinted


def test_a_tcpdump_that_ends_early_left_something_unread(tcpdump, capsys) -> None:
    assert tcpdump(f"cat {BAD}; echo 'tcpdump: it is down' >&2", "--fail-on", "never") == 3
    out = capsys.readouterr().out.replace("\n", " ")
    assert "not read: tcpdump does not capture: it is down" in out


def test_no_tcpdump(monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(["capture", "--live", "tcp"]) == 2
    assert "tcpdump could not be run: No such file" in capsys.readouterr().err
    assert run(["capture", "--live", "tcp", str(BAD)]) == 2
    assert run(["capture"]) == 2
    assert "give FILE..., or --live FILTER" in capsys.readouterr().err


@pytest.mark.full
@pytest.mark.skipif(not shutil.which("tcpdump") or os.geteuid() != 0, reason="no tcpdump, or root")
def test_the_real_one(tmp_path: Path) -> None:
    certificates(tmp_path)
    port = _free_port()
    server = f"openssl s_server -accept 127.0.0.1:{port} -cert expired.pem -key expired.key -www"
    client = f"openssl s_client -connect 127.0.0.1:{port} -servername {HOST} -tls1_2"
    command = [
        str(Path(sys.executable).with_name("edgeaudit")),
        "capture",
        "--live",
        f"tcp port {port}",
    ]
    with (
        _running(server, tmp_path, port, ""),
        subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process,
    ):
        assert process.stderr
        assert process.stderr.readline() == "listening; Ctrl-C ends it\n"
        trusting = [*client.split(), "-CAfile", "root.pem", "-verify_return_error"]
        for _ in range(5):  # a busy kernel may drop packets, and the one handshake with them
            subprocess.run(trusting, cwd=tmp_path, stdin=-3, stdout=-3, stderr=-3, check=False)
            if is_told := bool(select.select([process.stderr], [], [], 20)[0]):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert is_told, out
    assert "expired_certificate" in err
    assert process.returncode == 1
    assert " in 1 group" in out
