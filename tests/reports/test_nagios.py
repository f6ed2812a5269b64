"""One line for Nagios, and its exit status."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.reports import FORMATS, nagios
from tests.reports.sample import EMPTY, REPORT

WARNED = replace(REPORT, findings=REPORT.findings[2:])
UNREAD = replace(REPORT, findings=())
FIGURE = re.compile(r"[a-z_]+=-?[0-9]+;[0-9]*;[0-9]*;0")


@pytest.mark.parametrize(
    ("report", "state", "word"),
    [(EMPTY, 0, "OK"), (WARNED, 1, "WARNING"), (REPORT, 2, "CRITICAL"), (UNREAD, 3, "UNKNOWN")],
)
def test_the_state(report, state, word) -> None:
    assert nagios.state(report) == state
    assert nagios.render(report).startswith(f"EDGEAUDIT {word} - ")


def test_the_figures() -> None:
    told, _, figures = nagios.render(REPORT).partition(" | ")
    assert "expired-certificate acme/prod/keystores/web/2025#0: expired 3 days ago" in told
    named = dict(each.split("=") for each in figures.split())
    assert named["errors"] == "2;;0;0"
    assert named["warnings"] == "1;0;;0"
    assert named["gaps"] == "1;;;0"
    assert named["days_to_next_expiry"] == "10;;;0"


@pytest.mark.parametrize("gravest", [0, 1, 2])
def test_the_gravest_is_named(gravest: int) -> None:
    """Of the errors one on a certificate that has expired in use, then the one that hits most."""
    expired, wiring, warned = REPORT.findings
    shared = replace(wiring, rule="dangling-reference", affects=("a", "b"))
    by_weight = [expired, shared, wiring][gravest:]
    told = nagios.render(replace(REPORT, findings=(warned, *reversed(by_weight))))
    assert f"; {by_weight[0].rule} acme/prod/" in told


@given(st.text(max_size=3000) | st.sampled_from(["a|b=1", "\n| x=1", "x" * 20_000]))
def test_always_one_short_line_with_one_bar(text: str) -> None:
    finding = replace(REPORT.findings[0], message=text, where=text)
    told = FORMATS["nagios"](replace(REPORT, findings=(finding,), left_out=(text,)))
    assert told.count("\n") == told.count("|") == 1
    assert len(told) < 10 * 1024
    assert all(FIGURE.fullmatch(each) for each in told.partition(" | ")[2].split())
