"""What the engine stamps on a hit, and what a bug in a rule costs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit import rules
from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.remedies import REMEDIES
from edgeaudit.errors import MissingLibrary
from edgeaudit.inventory import Gap
from edgeaudit.x509 import verifier
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=3))


def _expired() -> Estate:
    """An installation with exactly one finding."""
    estate = secure([EXPIRED, ISSUING]).reference("web", "web")
    return estate.host("web", keystore="ref://web", key_alias="server")


def test_a_gap_makes_the_report_incomplete_and_keeps_the_findings() -> None:
    estate = _expired()
    estate.gaps.append(Gap("acme/prod/references", "forbidden", "HTTP 403"))
    report = estate.report()
    assert not report.is_complete
    assert not report.installations[0].is_complete
    assert len(report.findings) == 1
    assert [each.gap.where for each in report.gaps] == ["acme/prod/references"]


def test_without_any_openssl_there_is_one_error_and_no_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise MissingLibrary("the OpenSSL of this Python cannot be called")

    monkeypatch.setattr(verifier, "libcrypto", missing)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingLibrary, match="cannot be verified without OpenSSL") as caught:
        _expired().report()
    assert "install the openssl command" in caught.value.hint


def test_a_bug_in_a_rule_costs_nothing_but_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(subject: Any, evidence: Any) -> Iterator[Any]:
        raise KeyError("secret")

    rule = replace(rules.RULES["missing-alias"], check=broken)
    monkeypatch.setitem(rules.RULES, "missing-alias", rule)
    report = _expired().report()
    assert [each.rule for each in report.findings] == ["expired-certificate"]
    (gap,) = report.gaps
    assert (gap.gap.where, gap.gap.reason) == ("acme/prod/virtualhosts/web", "internal_error")
    assert gap.gap.detail == "missing-alias failed on this: KeyError"
    assert not report.is_complete


def test_steps_that_cannot_be_told_cost_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REMEDIES, "expired-certificate", lambda case: iter([case.nothing]))
    report = _expired().report()
    assert [each.rule for each in report.findings] == ["expired-certificate"]
    assert report.findings[0].steps == ()
    assert [each.gap.reason for each in report.gaps] == ["internal_error"]


def test_examined_tells_nothing_there_from_nothing_wrong() -> None:
    report = secure().report()
    assert report.examined["uncovered-host-alias"] == 1
    assert report.examined["dangling-reference"] == 0
    assert set(report.examined) == set(rules.RULES)


def test_where_else_the_certificate_lies() -> None:
    estate = secure([EXPIRED, ISSUING]).store("copy", other=[EXPIRED])
    first, second = estate.findings("expired-certificate")
    assert (first.also_at, second.also_at) == ((second.where,), (first.where,))


def test_several_installations_are_told_apart() -> None:
    inventories = [_expired().inventory(name) for name in ("east", "west")]
    report = judge(inventories, TRUST, Policy(), NOW, NOW)
    assert [each.installation for each in report.findings] == ["east", "west"]
    assert len({each.id for each in report.findings}) == 2
    assert report.findings[0].also_at == ("west:acme/prod/keystores/web/server#0",)
    assert report.certificates[0].found_at == (
        "east:acme/prod/keystores/web/server#0",
        "west:acme/prod/keystores/web/server#0",
    )
    assert report.examined["expired-certificate"] == 4


def test_an_id_stays_while_the_defect_does() -> None:
    first = secure([EXPIRED, ISSUING]).findings()[0]
    later = secure([EXPIRED, ISSUING]).findings(now=NOW + timedelta(days=1))[0]
    other = secure([ISSUING.leaf("api.example.com", not_after=EXPIRED.certificate.not_after)])
    assert first.message != later.message
    assert first.id == later.id
    assert first.id != other.findings("expired-certificate")[0].id


def test_an_unrelated_environment_changes_nothing() -> None:
    inventory = _expired().inventory()
    (env,) = inventory.environments
    beside = replace(
        env, where="acme/test", name="test", virtual_hosts=Estate().environment().virtual_hosts
    )
    alone = judge([inventory], TRUST, Policy(), NOW, NOW).findings
    both = judge([replace(inventory, environments=(beside, env))], TRUST, Policy(), NOW, NOW)
    assert [each.id for each in alone if each.where.startswith("acme/prod")] == [
        each.id for each in both.findings if each.severity.value == "error"
    ]


@pytest.mark.parametrize("slug", sorted(rules.RULES))
def test_every_rule_has_a_whole_manual(slug: str) -> None:
    rule = rules.RULES[slug]
    assert rule.title.endswith(".")
    assert len(rule.remedy[0]) > 20
    assert "\nSource: " in rule.manual
    assert "  " not in rule.remedy[0]


def test_certificates_are_told_once_with_their_roles() -> None:
    report = secure().store("other", server=[LEAF, ISSUING]).report()
    assert [(each.role, len(each.found_at)) for each in report.certificates] == [
        ("leaf", 2),
        ("intermediate", 2),
    ]
