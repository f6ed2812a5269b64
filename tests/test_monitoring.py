"""What is given along for monitoring fits the metrics that the audit gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgeaudit.reports import prometheus
from tests.reports.sample import REPORT

DASHBOARD = json.loads(Path("contrib/grafana-dashboard.json").read_text("utf-8"))
ALERTS = yaml.safe_load(Path("contrib/prometheus-alerts.yaml").read_text("utf-8"))
METRICS = set(re.findall(r"^# TYPE (\w+)", prometheus.render(REPORT, duration=1), re.MULTILINE))
PROMTOOL = shutil.which("promtool")

judged = pytest.mark.skipif(
    PROMTOOL is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="promtool is not installed",
)


def _promtool(*arguments: str) -> None:
    told = subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def _queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def _alerts() -> list[Any]:
    return [rule for group in ALERTS["groups"] for rule in group["rules"]]


def test_only_metrics_that_there_are() -> None:
    for expression in [*_queries(), *(rule["expr"] for rule in _alerts())]:
        named = set(re.findall(r"\bedgeaudit_\w+", expression))
        assert named
        assert named <= METRICS


def test_every_metric_is_described() -> None:
    document = Path("docs/monitoring.md").read_text("utf-8")
    assert set(re.findall(r"`(edgeaudit_\w+)", document)) == METRICS


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    cells = [
        (each["gridPos"]["x"] + x, each["gridPos"]["y"] + y)
        for each in DASHBOARD["panels"]
        for x in range(each["gridPos"]["w"])
        for y in range(each["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert {x for x, _ in cells} == set(range(24))
    assert len({each["id"] for each in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_alert_says_what_to_do() -> None:
    for rule in _alerts():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


@judged
@pytest.mark.full
def test_the_alerts_come_when_they_should(tmp_path) -> None:
    _promtool("check", "rules", "contrib/prometheus-alerts.yaml")
    _promtool("test", "rules", "contrib/prometheus-alerts.test.yaml")
    tested = yaml.safe_load(Path("contrib/prometheus-alerts.test.yaml").read_text("utf-8"))
    fired = {
        case["alertname"]
        for test in tested["tests"]
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in _alerts()}


@judged
@pytest.mark.full
def test_prometheus_understands_the_dashboard(tmp_path) -> None:
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(_queries())]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    _promtool("check", "rules", str(file))
