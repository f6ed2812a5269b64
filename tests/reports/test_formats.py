"""Every format on one sample report, held against a golden file that a person has read."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edgeaudit.reports import FORMATS, table
from tests.reports.sample import EMPTY, REPORT

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads(Path("docs/report.schema.json").read_text())


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_report(name: str) -> None:
    assert FORMATS[name](REPORT) == (GOLDEN / f"report.{name}").read_text("utf-8")


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_json_is_as_its_schema_says(report) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(FORMATS["json"](report)), SCHEMA)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hides_what_could_not_be_read(name: str) -> None:
    told = FORMATS[name](REPORT)
    assert "acme/prod/references" in told
    assert "HTTP 403: no permission" in told


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    lines = table.render(REPORT, width=width).splitlines()
    assert max(map(len, lines)) <= width


def test_the_table_is_coloured_only_where_it_may_be() -> None:
    assert "\x1b" not in table.render(REPORT)
    assert "\x1b[31;1mERROR\x1b[0m" in table.render(REPORT, colour=True)


def test_hostile_names_do_nothing_to_a_terminal() -> None:
    told = table.render(REPORT)
    assert "\u202e" not in told
    assert r"\x1b[31m" in told


def test_a_table_of_nothing() -> None:
    assert table.render(EMPTY) == (
        "0 errors, 0 warnings, 0 notes in 0 certificates, as of 2026-11-23 12:00 UTC; "
        "everything could be\nread.\n"
    )
