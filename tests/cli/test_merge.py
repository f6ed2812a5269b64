"""`edgeaudit audit --shard` and `edgeaudit merge`, as a user meets them."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import run
from edgeaudit.shard import Shard

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def parts(recorded: list[str], tmp_path_factory: Any) -> list[Path]:
    """The reports of the demo's wellkept in two parts, and that of the whole."""
    folder = tmp_path_factory.mktemp("parts")
    for name, more in {"1": ["--shard", "1/2"], "2": ["--shard", "2/2"], "all": []}.items():
        output = ["--output", f"json={folder / name}"]
        assert run(["audit", *recorded, "--org", "wellkept", "--quiet", *output, *more]) == 0
    return [folder / name for name in ("1", "2", "all")]


def _environments(path: Path) -> set[str]:
    return {
        "/".join(where.split("/")[:2])
        for each in json.loads(path.read_text())["certificates"]
        for where in each["found_at"]
    }


def test_an_audit_in_parts(parts: list[Path], capsys: Any) -> None:
    first, second, whole = parts
    assert _environments(first) == {each for each in _environments(whole) if Shard(1, 2).has(each)}
    assert _environments(second) == _environments(whole) - _environments(first)
    capsys.readouterr()
    assert run(["merge", str(first), str(second)]) == 0
    joined, expected = json.loads(capsys.readouterr().out), json.loads(whole.read_text())
    assert {**joined, "made_at": ""} == {**expected, "made_at": ""}


def test_a_part_is_missing(parts: list[Path], capsys: Any) -> None:
    assert run(["merge", str(parts[0]), "--format", "nagios"]) == 3
    assert run(["merge", str(parts[0]), "--format", "table"]) == 3
    assert "shard 2/2" in capsys.readouterr().out


def test_from_standard_input(parts: list[Path], monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(parts[2].read_bytes())))
    assert run(["merge", "-", "--format", "csv"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_report_that_a_shell_has_encoded(
    parts: list[Path], encoding: str, tmp_path: Path, capsys: Any
) -> None:
    """PowerShell's `>` writes UTF-16, its `Out-File -Encoding utf8` a byte order mark."""
    copy = tmp_path / "report.json"
    copy.write_text(parts[2].read_text("utf-8"), encoding)
    assert run(["merge", str(copy), "--format", "csv"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_what_cannot_be_read(name: str, capsys: Any) -> None:
    assert run(["merge", name]) == 2
    assert "cannot be read: " in capsys.readouterr().err


@pytest.mark.parametrize("shard", ["0/3", "x"])
def test_what_is_no_part(shard: str, capsys: Any) -> None:
    assert run(["audit", "--url", "http://127.0.0.1:1", "--shard", shard]) == 2
    assert "I/N" in capsys.readouterr().err
