"""JUnit's XML, read back with junitparser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.location import printable
from edgeaudit.reports import FORMATS
from tests.reports.sample import EMPTY, REPORT

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report


def _read(report: Report) -> junitparser.JUnitXml:
    read = junitparser.JUnitXml.fromstring(FORMATS["junit"](report).encode())
    assert isinstance(read, junitparser.JUnitXml)
    return read


def _outcomes(report: Report) -> list[tuple[str, str, str]]:
    return [
        (suite.name, case.name, type(case.result[0]).__name__ if case.result else "Passed")
        for suite in _read(report)
        for case in suite
    ]


def test_every_finding_is_a_case() -> None:
    assert _outcomes(REPORT) == [
        ("expired-certificate", "acme/prod/keystores/web/2025#0", "Failure"),
        ("expired-certificate", "acme/prod/keystores/old/server#0", "Skipped"),
        ("expiring-certificate", "acme/prod/keystores/=cmd%0A/x#0", "Failure"),
        ("missing-keystore", "acme/prod/targetservers/backend", "Failure"),
        ("suppressions that should go", "common-name-only  acme/test/*", "Skipped"),
        ("suppressions that should go", f"*  def*: {'cd' * 32}", "Skipped"),
        ("left out", "acme/portal", "Skipped"),
        ("not read", "acme/prod/references", "Error"),
    ]


def test_a_rule_that_found_nothing_passed() -> None:
    assert _outcomes(EMPTY) == [("expired-certificate", "examined 2, found nothing", "Passed")]


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_the_counts_are_right(report) -> None:
    read = _read(report)
    told = (read.tests, read.failures, read.errors, read.skipped)
    read.update_statistics()  # type: ignore[no-untyped-call]
    assert told == (read.tests, read.failures, read.errors, read.skipped)


@given(st.text(max_size=30) | st.sampled_from(["]]>", "<!--", "\uffff", "\ud800", "&#0;"]))
def test_any_text_survives_xml(text: str) -> None:
    finding = replace(REPORT.findings[0], message=text, where=text)
    read = _read(replace(REPORT, findings=(finding,), suppressed=(), stale_suppressions=()))
    case = next(case for suite in read for case in suite if case.result)
    escaped = {"\ufffe": "\\ufffe", "\uffff": "\\uffff"}
    told = "".join(escaped.get(char, char) for char in printable(text))
    assert case.name == case.result[0].message == told
