"""Certificates before and after their time, to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeaudit.audit.policy import Policy, Threshold
from tests.audit.estate import ISSUING, ROOT, Estate, mutual, secure
from tests.factories import NOW

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("not_after", "expected"),
    [
        (NOW - DAY, ("expired-certificate", "error")),
        (NOW, ("expired-certificate", "error")),  # OpenSSL: the second of notAfter is too late
        (NOW + SECOND, ("expiring-certificate", "error")),
        (NOW + 7 * DAY, ("expiring-certificate", "error")),
        (NOW + 7 * DAY + SECOND, ("expiring-certificate", "warning")),
        (NOW + 30 * DAY, ("expiring-certificate", "warning")),
        (NOW + 30 * DAY + SECOND, None),
    ],
)
def test_the_end(not_after, expected) -> None:
    estate = secure([ISSUING.leaf("api.example.com", not_after=not_after), ISSUING])
    where = "keystores/web/server#0"
    assert estate.found() == ({(expected[0], where, expected[1])} if expected else set())


@pytest.mark.parametrize(("not_before", "is_early"), [(NOW, False), (NOW + SECOND, True)])
def test_the_beginning(not_before, is_early) -> None:
    estate = secure([ISSUING.leaf("api.example.com", not_before=not_before), ISSUING])
    early = {("not-yet-valid-certificate", "keystores/web/server#0", "error")}
    assert estate.found() == (early if is_early else set())


def test_every_certificate_of_a_chain_counts() -> None:
    issuing = ROOT.intermediate("Acme Issuing CA 2", not_after=NOW - DAY)
    found = secure([issuing.leaf("api.example.com"), issuing]).found()
    assert found == {("expired-certificate", "keystores/web/server#1", "error")}


def test_thresholds_as_a_share_of_the_life() -> None:
    leaf = ISSUING.leaf(
        "api.example.com", not_before=NOW - 80 * DAY, not_after=NOW + 20 * DAY
    )  # a fifth is left
    estate = secure([leaf, ISSUING])
    for text, is_found in [("20%", True), ("19%", False)]:
        policy = Policy(warn_within=Threshold.parse(text))
        assert bool(estate.found(policy=policy)) is is_found


def test_an_old_alias_beside_the_one_in_use_is_a_note() -> None:
    estate = secure()
    old = [ISSUING.leaf("api.example.com", not_after=NOW - DAY), ISSUING]
    current = [ISSUING.leaf("api.example.com"), ISSUING]
    estate.store("web", server=current, former=old)
    assert estate.found() == {("expired-certificate", "keystores/web/former#0", "note")}


def test_a_client_certificate_is_as_bad_as_a_server_certificate() -> None:
    chain = [ISSUING.leaf("edge", not_after=NOW - DAY), ISSUING]
    assert mutual(chain).found() == {("expired-certificate", "keystores/client/me#0", "error")}


def test_what_only_a_disabled_target_server_uses_is_a_note() -> None:
    chain = [ISSUING.leaf("edge", not_after=NOW - DAY), ISSUING]
    found = mutual(chain, is_enabled=False).found()
    assert found == {("expired-certificate", "keystores/client/me#0", "note")}


EXPIRED_ROOT = ROOT.root("Old Root", not_after=NOW - DAY)


def test_java_does_not_look_at_the_dates_of_an_anchor() -> None:
    estate = Estate().store("roots", keys=False, old=[EXPIRED_ROOT])
    estate.server("backend", truststore="roots")
    assert estate.found() == {("expired-certificate", "keystores/roots/old#0", "warning")}


def test_the_router_does() -> None:
    estate = Estate().store("roots", keys=False, old=[EXPIRED_ROOT]).store("web", server=[])
    estate.host("web", client_auth=True, truststore="roots", keystore="ref://gone")
    found = estate.found()
    assert ("expired-certificate", "keystores/roots/old#0", "error") in found


def test_a_truststore_of_both_sides_is_judged_by_the_stricter() -> None:
    estate = secure().store("roots", keys=False, old=[EXPIRED_ROOT])
    estate.host("mutual", client_auth=True, truststore="roots", keystore="web", key_alias="server")
    estate.server("backend", truststore="roots")
    assert estate.found() == {("expired-certificate", "keystores/roots/old#0", "error")}


def test_all_anchors_of_a_store_in_use_count_and_none_of_another() -> None:
    estate = Estate().store("roots", keys=False, a=[EXPIRED_ROOT], b=[ROOT])
    estate.store("other", keys=False, a=[EXPIRED_ROOT])
    estate.server("backend", truststore="roots")
    assert estate.found() == {
        ("expired-certificate", "keystores/roots/a#0", "warning"),
        ("expired-certificate", "keystores/other/a#0", "note"),
        ("unused-keystore", "keystores/other", "note"),
    }


def test_what_is_known_by_description_is_judged_by_its_dates() -> None:
    leaf = ISSUING.leaf("api.example.com", not_after=NOW - DAY)
    estate = secure().describe_alias("web", "server", leaf, ISSUING)
    found = estate.findings()
    assert [each.rule for each in found] == ["expired-certificate"]
    assert found[0].certificate is not None
    assert found[0].certificate.sha256 is None


def test_what_is_told() -> None:
    leaf = ISSUING.leaf("api.example.com", not_after=NOW - 3 * DAY)
    (finding,) = secure([leaf, ISSUING]).findings()
    assert finding.message == "expired 3 days ago, at 2026-11-20 12:00:00 UTC"
    assert finding.facts == {"days_left": -3}
    assert finding.affects == ("acme/prod/virtualhosts/web",)
    assert finding.direction == "northbound"
