"""Suppressions: what they cover, until when, and which of them should go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Override, Policy, Suppression
from edgeaudit.audit.scope import Scope
from edgeaudit.inventory import Gap
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=3))
RENEWED = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=2))
SHA256 = EXPIRED.certificate.sha256
WHERE = "acme/prod/keystores/web/server#0"
TODAY = NOW.date()


def _entry(
    where: str = WHERE,
    rule: str = "expired-certificate",
    expires: date | None = TODAY,
    **more: Any,
) -> Suppression:
    installation = more.pop("installation", "*")
    return Suppression(Scope(rule, where, installation), "known", expires, **more)


def _secure(*chain: Any) -> Estate:
    """As `secure`, and without a note: the host names its keystore by a reference."""
    estate = Estate().store("web", server=chain).reference("web", "web")
    return estate.host("web", keystore="ref://web", key_alias="server")


def _report(*entries: Suppression, now: datetime = NOW, chain: Any = EXPIRED) -> Report:
    policy = Policy(suppressions=entries)
    return _secure(chain, ISSUING).report(policy=policy, now=now)


def _stale(report: Report) -> list[tuple[str, str]]:
    return [(each.flaw, each.suppression.scope.where) for each in report.stale_suppressions]


def test_what_is_suppressed_is_seen_and_does_not_count() -> None:
    report = _report(_entry(owner="team"))
    assert report.findings == ()
    (suppressed,) = report.suppressed
    assert suppressed.finding == _secure(EXPIRED, ISSUING).findings()[0]
    assert (suppressed.reason, suppressed.expires, suppressed.owner) == ("known", TODAY, "team")
    assert report.stale_suppressions == ()


@pytest.mark.parametrize(
    ("now", "is_suppressed"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=timezone.utc), True),
        (datetime(2026, 11, 23, 23, 59, 59, tzinfo=timezone.utc), True),
        (datetime(2026, 11, 24, tzinfo=timezone.utc), False),
        # still the 23rd in New York
        (datetime(2026, 11, 23, 20, tzinfo=timezone(timedelta(hours=-5))), False),
    ],
)
def test_it_holds_to_the_end_of_its_day(now: datetime, is_suppressed: bool) -> None:
    report = _report(_entry(expires=date(2026, 11, 23)), now=now)
    assert len(report.suppressed) == is_suppressed
    assert len(report.findings) == (not is_suppressed)
    assert _stale(report) == ([] if is_suppressed else [("expired", WHERE)])


def test_it_may_hold_for_good() -> None:
    report = _report(_entry(expires=None), now=NOW + timedelta(days=50_000))
    assert WHERE in [each.finding.where for each in report.suppressed]


@pytest.mark.parametrize(
    ("certificate", "is_suppressed"), [(EXPIRED, True), (RENEWED, False)], ids=["old", "renewed"]
)
def test_another_certificate_in_the_same_place_is_not_covered(certificate, is_suppressed) -> None:
    report = _report(_entry(certificate=SHA256), chain=certificate)
    assert len(report.suppressed) == is_suppressed
    assert _stale(report) == ([] if is_suppressed else [("unused", WHERE)])


def test_a_certificate_is_covered_wherever_it_lies() -> None:
    estate = _secure(EXPIRED, ISSUING).store("copy", other=[EXPIRED])
    policy = Policy(suppressions=(_entry("*", certificate=SHA256),))
    report = estate.report(policy=policy)
    assert len(report.suppressed) == 2
    # the other finding there has no certificate
    assert [each.rule for each in report.findings] == ["unused-keystore"]


def test_a_finding_without_a_certificate_is_not_that_of_one() -> None:
    estate = _secure(LEAF, ISSUING).reference("lost", "nowhere")
    policy = Policy(suppressions=(_entry("*", "*", certificate=SHA256),))
    assert [each.rule for each in estate.report(policy=policy).findings] == ["dangling-reference"]


def test_the_first_that_holds_gives_the_reason() -> None:
    past = TODAY - timedelta(days=1)
    entries = [
        replace(_entry(expires=past), reason="past"),
        replace(_entry("acme/*"), reason="first"),
        replace(_entry(), reason="second"),
    ]
    report = _report(*entries)
    assert [each.reason for each in report.suppressed] == ["first"]
    assert _stale(report) == [("expired", WHERE)]


def test_metacharacters_in_a_name() -> None:
    estate = _secure(LEAF, ISSUING).store("w[ab]", other=[EXPIRED]).store("wa", other=[EXPIRED])
    glob = Policy(suppressions=(_entry("acme/prod/keystores/w[ab]/*", "expired*"),))
    exact = Policy(suppressions=(_entry("acme/prod/keystores/w[[]ab]/other#0", "expired*"),))
    for policy, name in ((glob, "wa"), (exact, "w[ab]")):
        (suppressed,) = estate.report(policy=policy).suppressed
        assert suppressed.finding.where == f"acme/prod/keystores/{name}/other#0"


def test_a_new_deployment_changes_nothing() -> None:
    where = "acme/prod/proxies/orders/7/targets/default"
    policy = Policy(suppressions=(_entry(where, "missing-truststore"),))
    for revision in (7, 8):
        estate = _secure(LEAF, ISSUING).proxy(
            "orders", revision, url="https://b.example", truststore="none"
        )
        report = estate.report(policy=policy)
        assert "missing-truststore" not in {each.rule for each in report.findings}
        assert "missing-truststore" in {each.finding.rule for each in report.suppressed}
        assert report.stale_suppressions == ()


def test_several_installations() -> None:
    inventories = [_secure(EXPIRED, ISSUING).inventory(name) for name in ("east", "west")]
    entries = (
        _entry(installation="west"),
        _entry(installation="north"),
        _entry("acme/prod/keystores/x", installation="*"),
    )
    report = judge(inventories, TRUST, Policy(suppressions=entries), NOW, NOW)
    assert [each.installation for each in report.findings] == ["east"]
    assert [each.finding.installation for each in report.suppressed] == ["west"]
    # nobody looked at north
    assert _stale(report) == [("unused", "acme/prod/keystores/x")]


@pytest.mark.parametrize("where", ["acme/prod/keystores/x#0", "acme/prod/*", "acme/*", "*", "b/*"])
def test_one_that_matches_nothing(where: str) -> None:
    report = _report(_entry(where, "missing-alias"))
    assert _stale(report) == [("unused", where)]


@pytest.mark.parametrize("where", ["acme/prod/keystores/x#0", "acme/prod/*", "acme/*", "*"])
@pytest.mark.parametrize(
    "gap",
    [
        *("acme/prod/keystores/web", "acme/prod/references", "acme/prod/keystores/web/server#1"),
        *("acme/environments", "acme/prod", "organizations", "edge.example:8080"),
    ],
)
def test_a_gap_may_hide_what_it_matches(where: str, gap: str) -> None:
    estate = _secure(LEAF, ISSUING)
    estate.gaps.append(Gap(gap, "forbidden"))
    policy = Policy(suppressions=(_entry(where),))
    assert _stale(estate.report(policy=policy)) == []


@pytest.mark.parametrize("gap", ["acme/test/references", "acme/production/keystores", "b/prod/x"])
def test_a_gap_elsewhere_hides_nothing(gap: str) -> None:
    estate = _secure(LEAF, ISSUING)
    estate.gaps.append(Gap(gap, "forbidden"))
    policy = Policy(suppressions=(_entry("acme/prod/keystores/x#0"), _entry("acme/*")))
    hides_all_of_acme = gap.startswith("acme/")
    expected = [("unused", "acme/prod/keystores/x#0"), ("unused", "acme/*")]
    assert _stale(estate.report(policy=policy)) == expected[: 1 if hides_all_of_acme else 2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["acme/prod/x", "acme/test/*", "acme/*"]),
        ({"is_narrowed": True}, ["acme/prod/x"]),
        ({"left_out": ("acme/prod/proxies",)}, ["acme/test/*"]),
        ({"left_out": ("acme/portal",)}, ["acme/prod/x", "acme/test/*"]),
    ],
)
def test_what_was_not_asked_for_may_hide_it_too(change, expected) -> None:
    inventory = replace(_secure(LEAF, ISSUING).inventory(), **change)
    entries = tuple(_entry(where) for where in ("acme/prod/x", "acme/test/*", "acme/*"))
    report = judge([inventory], TRUST, Policy(suppressions=entries), NOW, NOW)
    assert [each.suppression.scope.where for each in report.stale_suppressions] == expected


def test_a_gap_in_another_installation_hides_nothing() -> None:
    east, west = (_secure(LEAF, ISSUING).inventory(name) for name in ("east", "west"))
    west = replace(west, gaps=(Gap("west.example:443", "unreachable"),))
    entries = (_entry(installation="east"), _entry(installation="west"), _entry())
    report = judge([east, west], TRUST, Policy(suppressions=entries), NOW, NOW)
    (stale,) = report.stale_suppressions
    assert stale.suppression.scope.installation == "east"


def test_what_is_switched_off_is_not_suppressed() -> None:
    policy = Policy(
        overrides=(Override(Scope("expired-certificate"), None),), suppressions=(_entry(),)
    )
    report = _secure(EXPIRED, ISSUING).report(policy=policy)
    assert (report.findings, report.suppressed) == ((), ())
    assert _stale(report) == [("unused", WHERE)]


def test_a_baseline_of_thousands_costs_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Suppression] = []
    covers = Suppression.covers

    def seen(entry: Suppression, finding: Finding) -> bool:
        looks.append(entry)
        return covers(entry, finding)

    monkeypatch.setattr(Suppression, "covers", seen)
    entries = [_entry(f"acme/prod/keystores/k{number}/a#0") for number in range(1000)]
    report = _report(*entries, _entry())
    assert len(report.suppressed) == len(looks) == 1
    assert len(report.stale_suppressions) == 1000
