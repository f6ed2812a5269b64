"""What is written down is what the program says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edgeaudit.audit.rules import RULES
from edgeaudit.config import Config, example
from edgeaudit.reports import FORMATS, manual

README = Path("README.md").read_text("utf-8")
SHOWN = re.findall(r"^\$ edgeaudit ([^\n]*--help)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_manual_of_the_rules() -> None:
    assert Path("docs/rules.md").read_text("utf-8") == manual.FORMATS["markdown"]()


def test_the_schema_of_the_configuration() -> None:
    assert json.loads(Path("docs/config.schema.json").read_text()) == Config.model_json_schema()


def test_the_example() -> None:
    assert Path("config.example.yaml").read_text("utf-8") == example()


@pytest.mark.parametrize(("arguments", "shown"), SHOWN)
def test_help_in_the_readme(arguments: str, shown: str) -> None:
    program = [sys.executable, "-c", "from edgeaudit.cli import main; main()"]
    environ = {**os.environ, "COLUMNS": "80"}
    said = subprocess.check_output([*program, *arguments.split()], env=environ, text=True)
    assert [line.rstrip() for line in shown.splitlines()] == [
        line.rstrip() for line in said.splitlines()
    ]


def test_the_readme_shows_help() -> None:
    assert [arguments for arguments, _ in SHOWN] == [
        "--help",
        "audit --help",
        "impact --help",
        "verify --help",
        "timeline --help",
    ]


def test_the_picture_in_the_readme_names_real_rules() -> None:
    picture = README.split("## What it looks like")[1].split("```")[1]
    named = re.findall(r"^  ([a-z]+(?:-[a-z]+)+)  ", picture, re.MULTILINE)
    assert named
    assert set(named) <= set(RULES)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_named_where_formats_are_chosen(name: str) -> None:
    described = str(Config.model_fields["format"].description)
    assert re.search(rf"\b{name}\b", described)
    assert re.search(rf"\b{name}\b", example().partition("# Format on standard output:")[2])
    assert f"| `{name}` |" in Path("docs/formats.md").read_text("utf-8")
