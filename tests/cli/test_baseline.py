"""`edgeaudit baseline`: what is found today is let pass, and what is new is told."""

from __future__ import annotations

import json
import os
import stat
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from edgeaudit.audit.rules import RULES
from edgeaudit.cli import run
from edgeaudit.cli.baseline import as_yaml, suppressing
from edgeaudit.config import Config, with_baseline
from tests.audit.estate import ISSUING, Estate
from tests.factories import NOW

if TYPE_CHECKING:
    from pathlib import Path

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=3))


@pytest.fixture
def told(
    recorded: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs a command on the demo's acme/test, at NOW if nothing else is said: what comes of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def running(*arguments: str, at: str = NOW.isoformat()) -> tuple[int, str, str]:
        place = ["--org", "acme", "--env", "test"]
        outcome = run([arguments[0], *recorded, *place, "--at", at, *arguments[1:]])
        return (outcome, *capsys.readouterr())

    return running


def _audited(told: Any, *arguments: str, **more: Any) -> tuple[int, dict[str, Any]]:
    outcome, out, _ = told("audit", "--format", "json", *arguments, **more)
    return outcome, json.loads(out)


def test_a_clean_start(told) -> None:
    before = _audited(told)[1]["findings"]
    outcome, out, err = told("baseline", "base.yaml")
    said = f"base.yaml: {len(before)} suppressions, 0 places that could not be read\n"
    assert (outcome, out, err) == (0, "", said)
    outcome, report = _audited(told, "--baseline", "base.yaml", "--fail-on", "note")
    assert outcome == 0
    assert (report["findings"], report["stale_suppressions"]) == ([], [])
    assert report["summary"]["suppressed"] == len(before) > 5
    by = {"reason": "baseline of 2026-11-23", "expires": "2027-02-21", "owner": ""}
    assert report["suppressed"] == [{**each, "suppression": by} for each in before]
    table = told("audit", "--baseline", "base.yaml")[1]
    assert "  baseline of 2026-11-23 (until 2027-02-21)\n" in table
    assert f"{len(before)} suppressed" in table


def test_only_what_is_new_is_told(told) -> None:
    told("baseline", "base.yaml", "--expires", "never")
    known = {each["id"] for each in _audited(told)[1]["findings"]}
    later = (NOW + timedelta(days=365)).isoformat()
    outcome, report = _audited(told, "--baseline", "base.yaml", at=later)
    assert outcome == 1
    assert report["findings"]
    assert known.isdisjoint(each["id"] for each in report["findings"])
    assert {each["id"] for each in report["suppressed"]} <= known


@pytest.mark.parametrize(("day", "is_over"), [("2027-02-21T23:59Z", False), ("2027-02-22", True)])
def test_it_comes_to_its_end(told, day: str, is_over: bool) -> None:
    told("baseline", "base.yaml")
    report = _audited(told, "--baseline", "base.yaml", at=day)[1]
    assert ("expired" in {each["flaw"] for each in report["stale_suppressions"]}) == is_over
    assert (report["summary"]["suppressed"] == 0) == is_over


@pytest.mark.parametrize(
    ("expires", "last_day"),
    [
        *(("2027-03-31", "2027-03-31"), ("2026-11-23", "2026-11-23"), ("never", "never")),
        *(("30d", "2026-12-23"), ("+30d", "2026-12-23"), ("0d", "2026-11-23")),
    ],
)
def test_until_when(told, tmp_path: Path, expires: str, last_day: str) -> None:
    assert told("baseline", "base.yaml", "--expires", expires)[0] == 0
    assert f"  expires: {last_day}\n" in (tmp_path / "base.yaml").read_text().replace("'", "")


@pytest.mark.parametrize(
    "expires", ["", "soon", "2026-11-22", "2027-02-30", "-3d", "3w", "99999d", "9999999d", "Never"]
)
def test_no_day(told, tmp_path: Path, expires: str) -> None:
    at = "9990-01-01" if expires == "99999d" else NOW.isoformat()
    outcome, _, err = told("baseline", "base.yaml", "--expires", expires, at=at)
    assert outcome == 2
    assert err.startswith(f"edgeaudit: error: --expires {expires}: that is no such day\n")
    assert not (tmp_path / "base.yaml").exists()


def test_it_is_written_whole_and_over_an_older_one(told, tmp_path: Path) -> None:
    path = tmp_path / "base.yaml"
    path.write_text("suppressions: []")
    path.chmod(0o600)
    assert told("baseline", "base.yaml")[0] == 0
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert [each.name for each in tmp_path.iterdir()] == ["base.yaml"]
    assert told("baseline", "none/base.yaml")[0] == 4


def test_what_is_no_baseline_is_not_overwritten(told, tmp_path: Path) -> None:
    path = tmp_path / "edgeaudit.yml"
    path.write_text("url: http://edge.example.com")
    outcome, _, err = told("baseline", "edgeaudit.yml", "--snapshot", "none")
    assert outcome == 2
    assert "edgeaudit.yml:1: url: there is no such key" in err
    assert path.read_text() == "url: http://edge.example.com"


def test_what_was_edited_stays(told, tmp_path: Path) -> None:
    """Reasons, days and globs do; what matches nothing goes; what has run out is renewed."""
    path = tmp_path / "base.yaml"
    told("baseline", "base.yaml")
    (first, second, *rest) = yaml.safe_load(path.read_text())["suppressions"]
    glob = {"rule": "*", "where": rest[0]["where"] + "*", "reason": "all", "expires": "never"}
    edited = [
        first | {"reason": "until the move", "expires": "2026-12-01"},
        second | {"reason": "once more", "owner": "web", "expires": "2026-11-01"},
        {"rule": "*", "where": "acme/test/none", "reason": "gone", "expires": "never"},
        {"rule": "*", "where": "other/test/*", "reason": "not read", "expires": "never"},
        glob,
    ]
    path.write_text(yaml.safe_dump({"suppressions": edited}))
    err = told("baseline", "base.yaml", "--expires", "2027-01-01")[2]
    made = yaml.safe_load(path.read_text())["suppressions"]
    assert made[:3] == [edited[0], edited[3], edited[4]]
    renewed = next(each for each in made if each.get("owner"))
    assert renewed == edited[1] | {"expires": "2027-01-01"}
    assert f": {len(made)} suppressions ({len(made) - 3} new, 2 gone), 0 places" in err
    assert _audited(told, "--baseline", "base.yaml")[1]["findings"] == []


def test_what_was_not_read_is_told(told, tmp_path: Path) -> None:
    outcome, _, err = told("baseline", "base.yaml", "--env", "test", "--env", "nowhere")
    assert outcome == 3
    assert err.endswith(", 1 places that could not be read\n")
    assert "suppressions:" in (tmp_path / "base.yaml").read_text()


def test_one_that_the_configuration_names(told, tmp_path: Path) -> None:
    """It can be made before it is there, made again, and holds no more than it must."""
    (tmp_path / "edgeaudit.yaml").write_text(
        "baseline: base.yaml\n"
        "policy: {suppressions: [{rule: 'dangling-*', where: '*', reason: x, expires: never}]}\n"
    )
    outcome, _, err = told("audit")
    assert outcome == 2
    assert "base.yaml: No such file or directory" in err
    for _ in range(2):
        assert told("baseline", "base.yaml")[0] == 0
        assert "missing-alias" in (tmp_path / "base.yaml").read_text()
    assert "dangling" not in (tmp_path / "base.yaml").read_text()
    assert _audited(told)[1]["findings"] == []


def test_a_wrong_rule_is_told_before_anything_is_read(told, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("suppressions:\n- rule: expired\n")
    outcome, out, err = told("audit", "--baseline", "base.yaml", "--snapshot", "none")
    assert (outcome, out) == (2, "")
    assert "base.yaml:2: suppressions.0.rule: there is no rule expired" in err
    assert "none" not in err


@pytest.mark.parametrize(
    "name", ["w[ab]", "a*", "?", "x y: z", "'", '"', "- a", "é\U0001f4a9", "%0A", "#1", "null", "é"]
)
def test_names_mean_themselves(tmp_path: Path, name: str) -> None:
    estate = Estate().store(name, other=[EXPIRED]).store("wa", other=[EXPIRED])
    report = estate.report()
    mine = [each for each in report.findings if each.where.split("/")[3] == name]
    entries = suppressing(report, date(2027, 3, 31))
    path = tmp_path / "base.yaml"
    path.write_text(as_yaml(entries[: len(entries) // 2]), "utf-8")
    first = with_baseline(Config(baseline=(path,)), RULES).as_policy()
    path.write_text(as_yaml(entries), "utf-8")
    all_of_them = with_baseline(Config(baseline=(path,)), RULES).as_policy()
    assert len(mine) == 2
    assert len(estate.report(policy=first).suppressed) == len(entries) // 2
    assert estate.report(policy=all_of_them).findings == ()


def test_a_certificate_that_is_known_by_description_has_none() -> None:
    estate = Estate().store("web", server=[EXPIRED])
    estate.describe_alias("web", "server", EXPIRED)
    (entry, *_) = suppressing(estate.report(), None)
    assert list(entry) == ["rule", "where", "reason", "expires"]
    assert entry["expires"] == "never"
