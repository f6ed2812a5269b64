"""`edgeaudit capture`, as a user meets it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from edgeaudit.cli import run
from edgeaudit.x509.certificate import read_bundle

FOLDER = Path("tests/observe/captures")
GOOD, BAD = str(FOLDER / "good-tls1_2.pcap"), str(FOLDER / "expired-openssl-tls1_2.pcap")
SCHEMA = json.loads(Path("docs/capture.schema.json").read_text())


def told(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    return run(["capture", *arguments]), *capsys.readouterr()


def test_a_failure(capsys) -> None:
    status, out, err = told(capsys, BAD)
    assert (status, err) == (1, "")
    assert ": expired_certificate, certain\n" in out
    assert "refused by  the client\n" in out
    assert "1 failed handshake in 1 group, 0 that did not fail" in out.replace("\n", " ")


def test_none(capsys) -> None:
    status, out, _ = told(capsys, GOOD)
    assert status == 0
    assert "everything could be read" in out.replace("\n", " ")


@pytest.mark.parametrize("name", [each.name for each in sorted(FOLDER.glob("*.pcap"))])
def test_json(name: str, capsys) -> None:
    status, out, _ = told(capsys, str(FOLDER / name), "--format", "json")
    (file,) = json.loads(out)["files"]
    jsonschema.validate(json.loads(out), SCHEMA)
    assert status == (1 if file["groups"] else 0)
    assert file["handshakes"]
    assert len(file["groups"]) == len(file["findings"])


def test_several_files_of_which_one_is_none(capsys, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a capture")
    status, out, err = told(capsys, GOOD, str(text), str(tmp_path / "gone.pcap"), BAD)
    assert status == 2
    assert "notes.txt is no capture" in err
    assert "gone.pcap could not be read: No such file or directory" in err
    assert "expired_certificate" in out


def test_standard_input_and_a_file_that_is_cut(capsys, monkeypatch) -> None:
    cut = Path(GOOD).read_bytes()[:-5]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(cut)))
    status, out, _ = told(capsys, "-")
    assert status == 3
    assert "not read: cut off at byte" in out.replace("\n", " ")


def test_with_trust(capsys) -> None:
    incomplete = str(FOLDER / "incomplete-openssl-tls1_2.pcap")
    assert "unknown, possibly incomplete_chain or" in told(capsys, incomplete)[1]
    trust = ("--trust", str(FOLDER / "root.pem"), "--no-public-roots")
    status, out, _ = told(capsys, incomplete, *trust)
    assert ": incomplete_chain, likely" in out
    assert status == 1
    assert told(capsys, incomplete, *trust, "--fail-on", "never")[0] == 0


def test_certificates_are_saved(capsys, tmp_path: Path) -> None:
    status, _, err = told(capsys, GOOD, BAD, "--extract", str(tmp_path / "seen"))
    saved = sorted((tmp_path / "seen").iterdir())
    assert status == 1
    assert err == f"{tmp_path / 'seen'}: 3 certificates\n"
    assert [each.stem for each in saved] == [
        getattr(each, "sha256", None) for file in saved for each in read_bundle(file.read_bytes())
    ]
    file = tmp_path / "file"
    file.touch()
    assert told(capsys, GOOD, "--extract", str(file))[0] == 4
