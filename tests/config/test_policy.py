"""The policy of a configuration: what is understood, and how each mistake is told."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Override, Policy, Suppression
from edgeaudit.audit.rules import RULES
from edgeaudit.audit.scope import Scope
from edgeaudit.config import Config, example, load, with_baseline
from edgeaudit.errors import ConfigError
from tests.schemas import validate

if TYPE_CHECKING:
    from pathlib import Path

SHA256 = "0f" * 32
ENTRY = "policy:\n  suppressions:\n  - rule: missing-alias\n    "


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    """Loads a configuration file of that text."""

    def load_text(text: str) -> Config:
        path = tmp_path / "edgeaudit.yaml"
        path.write_text(text)
        return load(path, {}, {}, RULES)

    return load_text


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all the examples of a property: each is another file of the same name."""
    return tmp_path_factory.mktemp("policy")


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        *(("off", None), ("'off'", None), ("Off", None), ("no", None), ("false", None)),
        *(("error", Severity.ERROR), ("warning", Severity.WARNING), ("note", Severity.NOTE)),
    ],
)
def test_a_rule_judged_otherwise(loaded, written, severity) -> None:
    text = f"policy:\n  rules:\n  - {{rule: missing-alias, severity: {written}}}\n"
    config = loaded(text)
    assert config.as_policy().overrides == (Override(Scope("missing-alias"), severity),)
    validate(yaml.safe_load(text), "config")


@pytest.mark.parametrize("written", ["2027-03-31", "'2027-03-31'"])
def test_a_suppression(loaded, written) -> None:
    config = loaded(
        "policy: {suppressions: [{rule: missing-*, where: 'acme/*', installation: eu, "
        f"certificate: '{'0F:' * 31}0F', reason: known, expires: {written}, owner: us}}]}}"
    )
    assert config.as_policy().suppressions == (
        Suppression(Scope("missing-*", "acme/*", "eu"), "known", date(2027, 3, 31), "us", SHA256),
    )


def test_what_may_be_left_out(loaded) -> None:
    config = loaded(f"{ENTRY}certificate: {SHA256}\n    reason: known\n    expires: never\n")
    (suppression,) = config.as_policy().suppressions
    assert suppression == Suppression(Scope("missing-alias"), "known", None, "", SHA256)
    assert Config().as_policy() == Policy()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "policy:\n  rules:\n  - severity: off\n    rule: expird-certificate",
            ":4: policy.rules.0.rule: there is no rule expird-certificate; did you mean expired-",
        ),
        (
            "policy:\n  rules: [{rule: zzz-*, severity: off}]",
            ":2: policy.rules.0.rule: there is no rule zzz-*",
        ),
        (
            "policy:\n  rules: [{rule: Missing-Alias, severity: off}]",
            "there is no rule Missing-Alias; did you mean missing-alias?",
        ),
        (
            "policy:\n  rules: [{rule: missing-alias, severity: on}]",
            "severity: found True, expected 'off', ",
        ),
        (
            "policy:\n  rules: [{rule: missing-alias, severity: 0}]",
            "severity: found 0, expected 'off', ",
        ),
        ("policy:\n  rules: [{rule: missing-alias}]", "rules.0.severity: this key is missing"),
        ("policy:\n  rules: {missing-alias: off}", ":2: policy.rules: found {"),
        (
            "policy:\n  rules: [{rule: missing-alias, severty: off}]",
            "rules.0.severty: there is no such key; did you mean severity?",
        ),
        (f"{ENTRY}where: x\n    expires: never", ":3: policy.suppressions.0.reason: this key is"),
        (f"{ENTRY}where: x\n    reason: y", ":3: policy.suppressions.0.expires: this key is"),
        (
            f"{ENTRY}reason: x\n    expires: never",
            ":3: policy.suppressions.0: where, certificate or both are missing",
        ),
        (f"{ENTRY}where: ''", ":4: policy.suppressions.0.where: found '', expected more than"),
        (f"{ENTRY}reason: ' '", ":4: policy.suppressions.0.reason: found ' ', expected more than"),
        (f"{ENTRY}expire: never", ".expire: there is no such key; did you mean expires?"),
        (f"{ENTRY}certificate: {'0f' * 31}", ".certificate: found '0f0f"),
        (f"{ENTRY}certificate: {'0g' * 32}", "expected the SHA-256 of a certificate"),
        (f"{ENTRY}certificate: 12", "found 12, expected the SHA-256 of a certificate"),
        ("policy:\n  suppressions:\n  - rule: no-such", ":3: policy.suppressions.0.rule: there is"),
        (
            "policy:\n  warn_within: 7d\n  error_within: 30d",
            ":1: policy: error_within is longer than warn_within",
        ),
        ("policy:\n  warn_within: 5d", ":1: policy: error_within is longer than warn_within"),
        ("policy: {warn_within: 5%, error_within: 6%}", "error_within is longer than"),
    ],
)
def test_a_mistake(loaded, text, told) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    assert told in caught.value.message


@pytest.mark.parametrize(
    "written",
    [
        *("", "~", "Never", "tomorrow", "3", "2027-02-30", "2027-13-01", "20270331", "2027-W13-3"),
        *("2027-03-31T00:00:00Z", "2027-3-1", "[2027-03-31]", "true", "'2027-03-31 '"),
    ],
)
def test_what_is_no_day(loaded, written) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(f"{ENTRY}where: x\n    reason: y\n    expires: {written}\n")
    told = ":6: policy.suppressions.0.expires: found "
    assert told in caught.value.message
    assert "expected the last day on which it holds (2027-03-31), or never" in caught.value.message


@pytest.mark.parametrize(
    "text", ["warn_within: 7d\n  error_within: 7d", "warn_within: 5%", "error_within: 50%"]
)
def test_thresholds_that_may_stand_together(loaded, text) -> None:
    assert loaded(f"policy:\n  {text}\n").policy


def test_rules_are_not_asked_for_where_they_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "edgeaudit.yaml"
    path.write_text("policy: {rules: [{rule: of-a-later-version, severity: off}]}")
    assert load(path, {}, {}).as_policy().overrides


def test_the_example_names_real_rules_and_is_as_its_schema_says(loaded) -> None:
    assert len(loaded(example()).as_policy().suppressions) == 1
    # as an editor reads YAML: a day is a text there
    written = json.loads(json.dumps(yaml.safe_load(example()), default=str))
    validate(written, "config")
    written["policy"]["suppressions"][0]["expires"] = "soon"
    with pytest.raises(jsonschema.ValidationError, match="'soon' does not match"):
        validate(written, "config")


def test_a_baseline_comes_after_the_own_suppressions(tmp_path: Path) -> None:
    entry = "{rule: missing-alias, where: x, reason: %s, expires: never}"
    (tmp_path / "base.yaml").write_text(f"suppressions: [{entry % 'second'}]")
    path = tmp_path / "edgeaudit.yaml"
    path.write_text(f"baseline: base.yaml\npolicy: {{suppressions: [{entry % 'first'}]}}")
    config = with_baseline(load(path, {}, {}, RULES), RULES)
    assert [each.reason for each in config.as_policy().suppressions] == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("suppressions:\n- rule: no-such-rule", ":2: suppressions.0.rule: there is no rule no-"),
        ("suppressions:\n- reason: 3", ":2: suppressions.0.reason: found 3, expected a text"),
        ("rules: []", ":1: suppressions: this key is missing"),
        ("", ":1: suppressions: this key is missing"),
        ("[]", ":1: found [], expected keys and values"),
    ],
)
def test_a_mistake_in_a_baseline(tmp_path: Path, text, told) -> None:
    path = tmp_path / "base.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        with_baseline(Config(baseline=(path,)), RULES)
    assert f"{path}{told}" in caught.value.message


def test_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"base.yaml: No such file") as caught:
        with_baseline(Config(baseline=(tmp_path / "base.yaml",)))
    assert "edgeaudit baseline" in caught.value.hint


@pytest.mark.parametrize(
    "value",
    ["2027-02-30", "!!int x", "!!bool x", "!!timestamp x", "!!float x", "!!timestamp 2027-02-30"],
)
def test_no_value_is_too_strange(loaded, value) -> None:
    with pytest.raises(ConfigError):
        loaded(f"concurrency: {value}\n")


_STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.lists(st.text()),
)
_PLAUSIBLE: dict[str, st.SearchStrategy[object]] = {
    "rule": st.sampled_from(["missing-alias", "missing-*", "*"]),
    "where": st.text(min_size=1).filter(str.strip),
    "installation": st.sampled_from(["eu", "*"]),
    "certificate": st.just(SHA256),
    "reason": st.text(min_size=1).filter(str.strip),
    "expires": st.dates() | st.just("never"),
    "owner": st.text(),
}


@given(st.fixed_dictionaries({}, optional={k: v | _STRANGE for k, v in _PLAUSIBLE.items()}))
@settings(max_examples=50)
def test_an_entry_is_understood_or_told(scratch: Path, entry: dict[str, object]) -> None:
    path = scratch / "edgeaudit.yaml"
    text = yaml.safe_dump({"policy": {"suppressions": [entry]}}, allow_unicode=True)
    path.write_text(text, "utf-8", "surrogatepass")
    try:
        (found,) = load(path, {}, {}, RULES).as_policy().suppressions
    except ConfigError as error:
        assert str(path) in error.message  # noqa: PT017 - not every entry is an error
    else:
        assert found.reason == entry["reason"]
        assert not isinstance(entry["expires"], datetime)
        assert str(found.expires or "never") == str(entry["expires"])
        assert found.scope.where == (entry.get("where") or "*")
        assert found.certificate == entry.get("certificate")


@given(st.fixed_dictionaries(_PLAUSIBLE))
@settings(max_examples=30)
def test_a_right_entry_is_understood(scratch: Path, entry: dict[str, object]) -> None:
    path = scratch / "edgeaudit.yaml"
    path.write_text(yaml.safe_dump({"policy": {"suppressions": [entry]}}), "utf-8")
    (found,) = load(path, {}, {}, RULES).as_policy().suppressions
    assert (found.scope.where, found.owner) == (entry["where"], entry["owner"])
