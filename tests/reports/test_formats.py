"""Every format on one sample report, held against a golden file that a person has read."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from edgeaudit.location import printable
from edgeaudit.reports import FORMATS, markdown, table
from tests.reports.sample import EMPTY, HOSTILE, REPORT
from tests.schemas import validate

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_report(name: str) -> None:
    assert FORMATS[name](REPORT) == (GOLDEN / f"report.{name}").read_bytes().decode()


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_json_is_as_its_schema_says(report) -> None:
    validate(json.loads(FORMATS["json"](report)), "report")


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hides_what_could_not_be_read(name: str) -> None:
    told = FORMATS[name](REPORT)
    assert "acme/prod/references" in told
    assert ('reason="forbidden"' if name == "prometheus" else "HTTP 403: no permission") in told


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hides_what_was_left_out_or_suppressed(name: str) -> None:
    told = FORMATS[name](REPORT)
    assert "acme/portal" in told
    assert FORMATS[name](replace(REPORT, suppressed=())) != told
    assert FORMATS[name](replace(REPORT, stale_suppressions=())) != told


@pytest.mark.parametrize("name", ["table", "markdown", "html", "junit"])
def test_the_lines_that_bring_a_finding_about(name: str) -> None:
    lines = {"set_at": ["mp-1/own.properties:7"], "disabled_at": ["mp-1/java.security:9"]}
    finding = replace(REPORT.findings[0], facts=lines)
    told = FORMATS[name](replace(REPORT, findings=(finding,)))
    for line in ("mp-1/own.properties:7", "mp-1/java.security:9"):
        assert line in told
    odd = replace(finding, facts={"set_at": 7})
    assert FORMATS[name](replace(REPORT, findings=(odd,)))


def test_csv_is_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](REPORT), newline="")))
    kinds = [row["kind"] for row in rows]
    assert kinds == [*["finding"] * 3, "suppressed", *["stale_suppression"] * 2, "gap", "left_out"]
    found = [each.id for each in REPORT.findings]
    assert [row["id"] for row in rows[:3]] == found
    assert rows[0]["affects"] == "acme/prod/virtualhosts/secure; acme/prod/virtualhosts/secure-eu"
    assert rows[6]["hint"] == "ask for the role Read-only Organization Administrator"
    assert {None} & {key for row in rows for key in row} == set()


@given(st.text(max_size=30) | st.sampled_from(["=1+1", "+1", "-1", "@A1", "\t=1", 'a;b,"c']))
def test_csv_starts_no_formula(text: str) -> None:
    finding = replace(REPORT.findings[0], message=text, where=text, affects=(text,))
    made = FORMATS["csv"](replace(REPORT, findings=(finding,)))
    row = list(csv.reader(io.StringIO(made, newline="")))[1]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert printable(text) in (row[7], row[7][1:])


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_yaml_is_the_data_of_json(report) -> None:
    assert yaml.safe_load(FORMATS["yaml"](report)) == json.loads(FORMATS["json"](report))


@given(st.text(max_size=30) | st.sampled_from(["no", "1e3", "\ud800", "- a: b", "2026-11-23", "~"]))
def test_any_text_survives_yaml(text: str) -> None:
    finding = replace(REPORT.findings[0], message=text, facts={text: [text, True, 1]})
    report = replace(EMPTY, findings=(finding, finding))
    told = FORMATS["yaml"](report)
    assert told.isascii()
    assert yaml.safe_load(told) == json.loads(FORMATS["json"](report))


GITHUB = MarkdownIt("gfm-like", {"linkify": False, "html": True})


def _inline(text: str) -> list[tuple[str, str]]:
    tokens = [token for token in GITHUB.parse(text) if token.type == "inline"]
    return [(each.type, each.content) for token in tokens for each in token.children or ()]


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("left out: acme/portal.", "left out: `acme/portal`."),
        ("it stands at #1, not first", "it stands at `#1`, not first"),
        ("the rest (x_y): z", "the rest (`x_y`): z"),
        ('of f_(1), O="Ex"', 'of `f_(1), O="Ex"`'),
        ("wait ...", "wait `...`"),
        ("in packet 8. CN=x had", "in packet 8. `CN=x` had"),
        ("8. it", "`8`. it"),
        ('of CN=A Ca, O="Ex, Inc.", C=US is bad', 'of `CN=A Ca, O="Ex, Inc.", C=US` is bad'),
        ("only in acme/dr: CN=a, C=US, until x", "only in `acme/dr`: `CN=a, C=US`, until x"),
        ("CN=a, C=US was, and CN=b, C=US is", "`CN=a, C=US` was, and `CN=b, C=US` is"),
    ],
)
def test_punctuation_of_a_sentence_is_no_code(sentence: str, told: str) -> None:
    assert markdown.prose(sentence) == told


def test_markdown_is_read_as_meant() -> None:
    told = FORMATS["markdown"](REPORT)
    tokens = GITHUB.parse(told)
    assert {token.tag for token in tokens} <= {"h1", "h2", "h3", "p", "ul", "li", ""}
    kinds = {kind for kind, _ in _inline(told)}
    assert kinds == {"text", "code_inline", "strong_open", "strong_close"}
    assert HOSTILE.subject
    codes = [content for kind, content in _inline(told) if kind == "code_inline"]
    assert printable(HOSTILE.subject) in codes
    assert {each.where for each in REPORT.findings} <= set(codes)


SIGNS = st.text("`*_[]()<>!|\\#@:/-=+1.&;~$ aé\n", max_size=30)


@given(st.text(max_size=30) | SIGNS)
def test_a_code_span_says_what_it_was_given(text: str) -> None:
    ((kind, content),) = _inline(f"- {markdown.code(text)}")
    assert kind == "code_inline"
    assert content.strip() == printable(text).strip()


@given(st.text(max_size=50) | SIGNS)
def test_nothing_in_a_sentence_means_anything_to_markdown(text: str) -> None:
    told = _inline(f"- x {markdown.prose(text)}")
    assert {kind for kind, _ in told} <= {"text", "code_inline"}
    assert "".join("".join(content for _, content in told).split()) == "x" + "".join(
        printable(text) for text in text.split()
    ).replace(" ", "")
    plain = [content for kind, content in told if kind == "text"]
    assert not re.search(r"[@#<>*_`\[\]|$~&]|://|www[.]", " ".join(plain))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    """A place or fingerprint that does not fit stays whole, so that it can be copied."""
    lines = table.render(REPORT, width=width).splitlines()
    long = [line for line in lines if len(line) > width]
    assert all("/" in line.split()[-1] or len(line.split()) == 1 for line in long)
    assert not long or width < 80


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
