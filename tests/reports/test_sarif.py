"""SARIF, held to the published schema (of the MIT-licensed npm package @microsoft/jest-sarif)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.rules import RULES
from edgeaudit.location import printable
from edgeaudit.reports import FORMATS
from tests.reports.sample import EMPTY, REPORT

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def _run(report: Report) -> dict[str, Any]:
    log = json.loads(FORMATS["sarif"](report))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_it_is_as_the_schema_says(report) -> None:
    run = _run(report)
    assert run["invocations"][0]["executionSuccessful"] == report.is_complete


def test_every_finding_is_a_result_with_its_rule_and_identity() -> None:
    run = _run(REPORT)
    rules = run["tool"]["driver"]["rules"]
    found = [*REPORT.findings, REPORT.suppressed[0].finding]
    for result, finding in zip(run["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["partialFingerprints"] == {"edgeaudit/v1": finding.id}
        assert result["level"] == finding.severity.value
        (place,) = result["locations"][0]["logicalLocations"]
        assert place["fullyQualifiedName"] == finding.where
    assert [len(each.get("suppressions", ())) for each in run["results"]] == [0, 0, 0, 1]


def test_the_rules_bring_their_manual() -> None:
    told = _run(replace(REPORT, examined=dict.fromkeys(RULES, 1)))["tool"]["driver"]["rules"]
    assert [each["id"] for each in told] == sorted(RULES)
    for each in told:
        assert "Remedy:" in each["help"]["markdown"]
        assert each["shortDescription"]["text"] == RULES[each["id"]].title


def test_what_could_not_be_read_is_a_notification() -> None:
    (invocation,) = _run(REPORT)["invocations"]
    (unread,) = invocation["toolExecutionNotifications"]
    assert unread["descriptor"] == {"id": "forbidden"}
    assert "HTTP 403: no permission" in unread["message"]["text"]
    assert len(invocation["toolConfigurationNotifications"]) == 2


@given(st.text(max_size=30) | st.sampled_from(["{0}", "[x](http://evil)", "\ud800", "{{a}"]))
def test_no_message_has_placeholders_or_links(text: str) -> None:
    finding = replace(REPORT.findings[0], message=text, where=text, affects=(text,))
    (result,) = _run(replace(REPORT, findings=(finding,), suppressed=()))["results"]
    told = result["message"]["text"]
    plain = told.replace("{{", "{").replace("}}", "}").replace("\\[", "[").replace("\\]", "]")
    assert plain == printable(text).replace("\\[", "[").replace("\\]", "]") or "\\" in text
    assert told.count("[") == told.count("\\[")
    assert "{" not in told.replace("{{", "")
