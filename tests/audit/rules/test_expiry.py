"""Certificates before and after their time, to the second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from edgeaudit.audit.policy import Policy, Threshold
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure
from tests.factories import CA, NOW

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


OLD_ROOT = CA.root("Partner Root", not_after=NOW - DAY)
SOON = CA.root("Partner Root", key=OLD_ROOT.private_key, not_after=NOW + 5 * DAY)
RENEWED = CA.root("Partner Root", key=OLD_ROOT.private_key)
NAMESAKE = CA.root("Partner Root")


def _trusting(*certificates: CA) -> Estate:
    """A target server is checked against the certificates, each an alias."""
    aliases: dict[str, Any] = {f"a{index}": [each] for index, each in enumerate(certificates)}
    return Estate().store("roots", keys=False, **aliases).server("b", truststore="roots")


@pytest.mark.parametrize("old", [OLD_ROOT, SOON])
def test_superseded_certificate(old) -> None:
    """The older one alone, and nothing else is said of it."""
    assert _trusting(RENEWED, old).found() == {
        ("superseded-certificate", "keystores/roots/a1#0", "note")
    }


def test_a_successor_that_is_about_to_go_is_told_as_well() -> None:
    assert _trusting(OLD_ROOT, SOON).found() == {
        ("superseded-certificate", "keystores/roots/a0#0", "note"),
        ("expiring-certificate", "keystores/roots/a1#0", "warning"),
    }


@pytest.mark.parametrize(
    "other",
    [
        NAMESAKE,
        CA.root("Partner Root", key=OLD_ROOT.private_key, not_after=NOW - 2 * DAY),
        CA.root("Partner Root", key=OLD_ROOT.private_key, not_before=NOW + DAY),
        CA.root("Another Root", key=OLD_ROOT.private_key),
    ],
)
def test_another_key_name_or_time_is_no_successor(other) -> None:
    found = _trusting(OLD_ROOT, other).found()
    assert ("expired-certificate", "keystores/roots/a0#0", "warning") in found
    assert "superseded-certificate" not in {rule for rule, _, _ in found}


def test_of_two_that_end_together_neither_is_the_successor() -> None:
    again = CA.root("Partner Root", key=OLD_ROOT.private_key, not_after=NOW + 5 * DAY)
    assert len(_trusting(SOON, again).findings("expiring-certificate")) == 2


def test_a_successor_in_another_truststore_is_none() -> None:
    estate = _trusting(OLD_ROOT).store("more", keys=False, a=[RENEWED])
    assert len(estate.server("c", truststore="more").findings("expired-certificate")) == 1


def test_two_editions_that_are_good_for_years_are_in_order() -> None:
    assert _trusting(RENEWED, CA.root("Partner Root", key=OLD_ROOT.private_key)).found() == set()


def test_a_certificate_that_is_shown_is_not_superseded() -> None:
    """A renewal with the old key, in one keystore: the client sees the old one all the same."""
    key = LEAF.private_key
    old = ISSUING.leaf("api.example.com", key=key, not_after=NOW - DAY)
    estate = secure().store("web", server=[old, ISSUING], renewed=[LEAF, ISSUING])
    assert estate.found() == {("expired-certificate", "keystores/web/server#0", "error")}


def test_where_keys_are_not_known_nothing_is_said() -> None:
    """A certificate known by description: whether it is superseded cannot be told."""
    estate = _trusting(OLD_ROOT, RENEWED).describe_alias("roots", "a1", RENEWED)
    assert estate.found() == set()


@pytest.mark.parametrize("unknown", ["a0", "a2"])
def test_a_successor_whose_key_is_known_is_enough(unknown) -> None:
    estate = _trusting(RENEWED, OLD_ROOT, RENEWED).describe_alias("roots", unknown, RENEWED)
    assert estate.found() == {("superseded-certificate", "keystores/roots/a1#0", "note")}


def test_what_may_be_a_truststore_is_told_alike() -> None:
    """The virtual hosts could not be read: a certificate without key is there to be trusted."""
    estate = Estate().store("roots", keys=False, a=[OLD_ROOT], b=[RENEWED])
    assert estate.cannot_read("virtual_hosts").found() == {
        ("superseded-certificate", "keystores/roots/a#0", "note")
    }


@pytest.mark.parametrize("order", [(OLD_ROOT, RENEWED), (RENEWED, OLD_ROOT)])
def test_openssl_prefers_the_successor_in_any_order(order) -> None:
    trust = Trust([each.certificate for each in order], public_roots=False)
    assert verify(OLD_ROOT.leaf("partner.example").certificate, [], trust, NOW).ok
