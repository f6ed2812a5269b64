"""Metrics, read back with the client's own parser and judged by promtool."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.inventory import Gap
from edgeaudit.reports import prometheus
from tests.reports.sample import AT, EMPTY, EXPIRED, REPORT

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

    from edgeaudit.audit.report import Report

ALL_READ = replace(REPORT, gaps=())
WEB = ("default", "acme/prod/keystores/web/2025#0")


def _samples(text: str) -> list[Sample]:
    return [each for family in text_string_to_metric_families(text) for each in family.samples]


def _value(text: str, name: str, **labels: str) -> float:
    (value,) = (
        each.value
        for each in _samples(text)
        if each.name == name and labels.items() <= each.labels.items()
    )
    return value


def _ends(text: str) -> dict[tuple[str, str], float]:
    return {
        (each.labels["installation"], each.labels["where"]): each.value
        for each in _samples(text)
        if each.name == prometheus.NOT_AFTER
    }


def _unread(*places: str) -> Report:
    gaps = tuple(InstalledGap("default", Gap(where, "timeout")) for where in places)
    return replace(EMPTY, gaps=gaps)


def test_an_expired_certificate_is_told_at_each_of_its_places() -> None:
    ends = _ends(prometheus.render(REPORT))
    assert ends[WEB] == EXPIRED.not_after.timestamp() < AT.timestamp()
    assert set(ends) == {
        ("default", where) for each in REPORT.certificates for where in each.found_at
    }


def test_the_figures() -> None:
    told = prometheus.render(REPORT, duration=2.5)
    rule = {"rule": "expired-certificate"}
    assert _value(told, "edgeaudit_findings", severity="error", **rule) == 1
    assert _value(told, "edgeaudit_findings", severity="warning", **rule) == 0
    assert _value(told, "edgeaudit_gaps", installation="default") == 1
    assert _value(told, "edgeaudit_gap", where="acme/prod/references", reason="forbidden") == 1
    assert _value(told, "edgeaudit_duration_seconds") == 2.5
    assert _value(told, "edgeaudit_last_run_timestamp_seconds") == AT.timestamp()
    assert "edgeaudit_duration_seconds" not in prometheus.render(REPORT)


def test_the_last_success_is_remembered() -> None:
    first = prometheus.render(ALL_READ)
    assert _value(first, prometheus.LAST_SUCCESS) == AT.timestamp()
    assert _value(prometheus.render(REPORT), prometheus.LAST_SUCCESS) == 0
    assert _value(prometheus.render(REPORT, first), prometheus.LAST_SUCCESS) == AT.timestamp()


@pytest.mark.parametrize(
    ("gaps", "is_kept"),
    [
        (["acme/prod/keystores/web"], True),
        (["acme/prod/keystores"], True),
        (["acme"], True),
        (["acme/prod/keystores/web/2025"], True),
        (["acme/prod/keystores/web/2025#0"], True),
        (["acme/prod/keystores/web/2025#1"], False),
        (["acme/prod/keystores/we"], False),
        (["acme/prod/references"], False),
        ([], False),
    ],
)
def test_what_could_not_be_read_keeps_its_value(gaps, is_kept) -> None:
    seen = replace(_unread(*gaps), certificates=REPORT.certificates[1:])
    previous = prometheus.render(ALL_READ)
    told = prometheus.render(seen, previous)
    assert (WEB in _ends(told)) == is_kept
    assert (WEB in _ends(prometheus.render(seen, told))) == is_kept


def test_where_nothing_could_be_read_everything_keeps_its_value() -> None:
    previous = prometheus.render(ALL_READ)
    assert _ends(prometheus.render(_unread("edge.example:8080"), previous)) == _ends(previous)


def test_places_of_several_installations_are_told_apart() -> None:
    both = (Installation("a", "x", is_complete=True), Installation("a:b", "y", is_complete=True))
    found = replace(REPORT.certificates[0], found_at=("a:acme/x#0", "a:b:acme/x#0"))
    report = replace(EMPTY, installations=both, certificates=(found,))
    assert set(_ends(prometheus.render(report))) == {("a", "acme/x#0"), ("a:b", "acme/x#0")}


@pytest.mark.parametrize("previous", ["nonsense", "\0", 'x{y="', f"{prometheus.NOT_AFTER} 1\n"])
def test_a_file_of_somebody_else_is_no_harm(previous: str) -> None:
    assert prometheus.render(REPORT, previous) == prometheus.render(REPORT)


@given(st.text(max_size=300) | st.sampled_from(['a"} 1\nb 2', "\\", "\ud800", "n" * 10_000]))
def test_any_name_is_a_label(text: str) -> None:
    found = (replace(REPORT.certificates[0], found_at=(text, f"{text}x")),)
    told = prometheus.render(replace(REPORT, certificates=found, left_out=(text,)))
    assert len(_ends(told)) == 2
    names = {each.name for each in _samples(told)}
    assert names == {each.name for each in _samples(prometheus.render(REPORT))}
    assert max(len(value) for each in _samples(told) for value in each.labels.values()) <= 200
    assert prometheus.render(_unread("x"), told).count(prometheus.NOT_AFTER) == 4


@pytest.mark.full
def test_promtool_has_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1":
        pytest.skip("promtool is not installed")
    for told in (prometheus.render(REPORT, duration=1.5), prometheus.render(EMPTY)):
        judged = subprocess.run(
            [str(promtool), "check", "metrics"], input=told, text=True, capture_output=True
        )
        assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")
