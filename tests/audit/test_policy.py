"""Thresholds, and rules that are judged otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Override, Policy, Threshold, forbidden_suites
from edgeaudit.audit.rules import RULES
from edgeaudit.audit.scope import Scope
from edgeaudit.tls.ciphers import suite
from tests.audit.estate import ISSUING, TRUST, Estate, secure
from tests.factories import NOW

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=3))
SLUG = "expired-certificate"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", Threshold(days=30)),
        ("30d", Threshold(days=30)),
        (" 0.5 d ", Threshold(days=0.5)),
        ("20%", Threshold(share=0.2)),
        ("0", Threshold()),
    ],
)
def test_what_is_understood(text: str, expected: Threshold) -> None:
    assert Threshold.parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-3d", "3h", "101%", "d", "1e3d", "999999d", "٣d"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"days \(30d\) or a share of the life time \(20%\)"):
        Threshold.parse(text)


def _estate() -> Estate:
    """An expired certificate that is in use, and one that is not."""
    return secure([EXPIRED, ISSUING]).store("old", other=[EXPIRED])


def _severities(*overrides: Override) -> dict[str, str]:
    """The severities of expired certificates, by keystore."""
    found = _estate().findings(SLUG, policy=Policy(overrides=overrides))
    return {each.where.split("/")[3]: each.severity.value for each in found}


def _override(severity: Severity | None, where: str = "*", rule: str = SLUG) -> Override:
    return Override(Scope(rule, where), severity)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], {"web": "error", "old": "note"}),
        ([_override(Severity.WARNING, "*/web/*")], {"web": "warning", "old": "note"}),
        # what is not in use is a note, unless the user says otherwise
        ([_override(Severity.ERROR)], {"web": "error", "old": "error"}),
        ([_override(None, "*/old/*")], {"web": "error"}),
        ([_override(None)], {}),
        ([_override(None, "**")], {}),
        ([_override(None, rule="expired-*")], {}),
        ([_override(None, rule="expiring-*")], {"web": "error", "old": "note"}),
        ([_override(None, "other/*")], {"web": "error", "old": "note"}),
        # the last one holds
        ([_override(None), _override(Severity.WARNING, "*/web/*")], {"web": "warning"}),
        ([_override(Severity.WARNING, "*/web/*"), _override(None)], {}),
        ([_override(None), _override(Severity.NOTE)], {"web": "note", "old": "note"}),
    ],
)
def test_overrides(overrides, expected) -> None:
    assert _severities(*overrides) == expected


@pytest.mark.parametrize(
    ("overrides", "is_examined"),
    [
        ([_override(None)], False),
        ([_override(None, "acme/*")], True),
        ([_override(None), _override(Severity.NOTE, "acme/*")], True),
        ([_override(Severity.NOTE), _override(None)], False),
    ],
)
def test_what_is_off_everywhere_is_not_examined(overrides, is_examined) -> None:
    examined = _estate().report(policy=Policy(overrides=overrides)).examined
    assert (SLUG in examined) == is_examined
    assert set(examined) | {SLUG} == set(RULES)


def test_off_in_one_installation() -> None:
    inventories = [_estate().inventory(name) for name in ("east", "west")]
    policy = Policy(overrides=(Override(Scope(SLUG, "*", "east"), None),))
    report = judge(inventories, TRUST, policy, NOW, NOW)
    assert {each.installation for each in report.findings if each.rule == SLUG} == {"west"}
    assert report.examined[SLUG] * 2 == report.examined["expiring-certificate"]


def test_another_severity_is_no_other_finding() -> None:
    policy = Policy(overrides=(_override(Severity.NOTE),))
    assert {each.id for each in _estate().findings(policy=policy)} == {
        each.id for each in _estate().findings()
    }


@pytest.mark.parametrize(
    ("forbidden", "name", "told"),
    [
        ((), "TLS_RSA_WITH_AES_128_CBC_SHA", ()),
        (("CBC",), "TLS_RSA_WITH_AES_128_CBC_SHA", ("forbidden",)),
        (("CBC",), "TLS_RSA_WITH_AES_128_GCM_SHA256", ()),
        (("kRSA+AESGCM", "ARIA"), "TLS_RSA_WITH_AES_128_GCM_SHA256", ("forbidden",)),
        (("CBC",), "SSL_RSA_WITH_3DES_EDE_CBC_SHA", ("3DES", "forbidden")),
        ((), "SSL_RSA_WITH_RC4_128_MD5", ("RC4", "MD5")),
        (("SSL_RSA_WITH_DES_CBC_SHA",), "TLS_RSA_WITH_DES_CBC_SHA", ("DES", "forbidden")),
    ],
)
def test_weaknesses(forbidden, name, told) -> None:
    found = suite(name, "java")
    assert found is not None
    assert Policy(forbidden_ciphers=forbidden).weaknesses(found) == told


@pytest.mark.parametrize("word", ["", "cbc", "AES+FOO", "!AES", "HIGH:AES"])
def test_what_names_no_suites(word) -> None:
    with pytest.raises(ValueError, match="OpenSSL knows no"):
        forbidden_suites(word)
