"""Chains that do not lead from the certificate to a root."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeaudit.x509.trust import Trust
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure
from tests.factories import CA, NOW, self_signed

LOWER = ISSUING.intermediate("Acme Lower CA")
OTHER_ROOT = CA.root("Other Root")
OTHER = OTHER_ROOT.intermediate("Other CA")
LOWER_LEAF = LOWER.leaf("api.example.com")
SHORT = ROOT.intermediate("Short CA", path_length=0)
WITHOUT_USAGE = ROOT.intermediate("Plain CA", key_usage=None)


@pytest.mark.parametrize(
    ("chain", "last"),
    [
        ([LEAF], 0),
        ([LOWER.leaf("api.example.com"), LOWER], 1),
        ([OTHER.leaf("api.example.com"), OTHER], 1),
    ],
)
def test_a_missing_issuer(chain, last) -> None:
    (finding,) = secure(chain).findings()
    assert finding.rule == "incomplete-chain"
    assert finding.where == f"acme/prod/keystores/web/server#{last}"
    assert finding.severity.value == "error"
    assert finding.facts["missing_issuer"] == chain[last].certificate.issuer


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF, ISSUING],
        [LEAF, ISSUING, ROOT],
        [ROOT.leaf("api.example.com")],
        [LOWER.leaf("api.example.com"), LOWER, ISSUING],
        [LOWER.leaf("api.example.com"), ISSUING, LOWER],  # misordered, and still complete
        [ISSUING, LEAF],
        [self_signed("api.example.com")],
        [OTHER.leaf("api.example.com"), OTHER, OTHER_ROOT],  # complete, to a root not trusted
    ],
)
def test_a_chain_in_which_no_issuer_is_missing(chain) -> None:
    found = {rule for rule, _, _ in secure(chain).found()}
    assert not found & {"incomplete-chain", "wrong-issuer", "invalid-signature", "issuer-not-ca"}


def test_of_the_missing_issuer_is_told_what_the_certificate_says() -> None:
    key_id = (ISSUING.certificate.subject_key_id or b"").hex()
    (finding,) = secure([LEAF]).findings()
    openssl = {"missing_issuer": "CN=Acme Issuing CA", "engine": "OpenSSL"}
    assert finding.facts == openssl | {"missing_key_id": key_id}
    bare = ISSUING.leaf("api.example.com", key_ids=False)
    (finding,) = secure([bare]).findings()
    assert finding.facts == openssl


def test_a_cross_signed_pair() -> None:
    """Two certificates of one CA, by an old root and a trusted one: neither is a stranger."""
    old = OTHER_ROOT.cross_sign(ISSUING)
    for chain in ([LEAF, old, ISSUING], [LEAF, ISSUING, old]):
        assert secure(chain).found() == set()


def test_the_missing_issuer_may_itself_be_trusted() -> None:
    trust = Trust([ROOT.certificate, ISSUING.certificate], public_roots=False)
    assert secure([LEAF]).found(trust=trust) == set()


def test_southbound_the_backend_may_hold_the_rest() -> None:
    assert mutual([LEAF]).found() == {("incomplete-chain", "keystores/client/me#0", "warning")}
    assert mutual([LEAF], is_enabled=False).found() == {
        ("incomplete-chain", "keystores/client/me#0", "note")
    }


def test_an_expired_issuer_is_there_all_the_same() -> None:
    issuing = ROOT.intermediate("Acme Old CA", not_after=NOW - timedelta(days=1))
    found = secure([issuing.leaf("api.example.com"), issuing]).found()
    assert {rule for rule, _, _ in found} == {"expired-certificate"}


def test_only_the_alias_that_is_named_is_judged() -> None:
    assert secure().store("web", server=[LEAF, ISSUING], spare=[LEAF]).found() == set()


def test_a_truststore_is_no_chain() -> None:
    estate = Estate().store("cas", keys=False, issuing=[ISSUING]).server("b", truststore="cas")
    assert estate.found() == set()


def test_what_could_not_be_read_may_be_the_issuer() -> None:
    estate = secure([LEAF]).change_alias("web", "server", is_complete=False)
    assert estate.found() == set()


def test_a_description_cannot_be_verified() -> None:
    assert secure([LEAF]).describe_alias("web", "server", LEAF).found() == set()


def test_a_stranger_in_place_of_the_issuer() -> None:
    (finding,) = secure([LEAF, OTHER]).findings()
    assert (finding.rule, finding.severity.value) == ("wrong-issuer", "error")
    assert finding.where == "acme/prod/keystores/web/server#1"
    assert finding.facts["missing_issuer"] == LEAF.certificate.issuer


def test_a_root_in_place_of_the_intermediate() -> None:
    (finding,) = secure([LEAF, ROOT.root("Acme Top Root")]).findings()
    assert (finding.rule, finding.where[-2:]) == ("wrong-issuer", "#1")


def test_southbound_a_stranger_is_a_warning() -> None:
    assert mutual([LEAF, OTHER]).found() == {("wrong-issuer", "keystores/client/me#1", "warning")}


@pytest.mark.parametrize("chain", [[LEAF, ISSUING, OTHER], [LEAF, OTHER, ISSUING]])
def test_a_stranger_beside_a_complete_path_is_a_warning(chain) -> None:
    (finding,) = secure(chain).findings()
    assert (finding.rule, finding.severity.value) == ("wrong-issuer", "warning")
    assert finding.facts == {}


def test_the_former_leaf_is_a_stranger_too() -> None:
    former = ISSUING.leaf("api.example.com")
    found = secure([LEAF, ISSUING, former]).found()
    assert found == {("wrong-issuer", "keystores/web/server#2", "warning")}


def test_a_duplicate_is_no_stranger() -> None:
    assert secure([LEAF, LEAF, ISSUING]).findings("wrong-issuer") == []


@pytest.mark.parametrize("key_ids", [True, False])
def test_right_name_wrong_key(key_ids) -> None:
    """Whatever the key identifiers say."""
    issuing = ROOT.intermediate("Acme Issuing CA", key_ids=key_ids)
    leaf = ISSUING.leaf("api.example.com", key_ids=key_ids)
    (finding,) = secure([leaf, issuing]).findings()
    assert (finding.rule, finding.severity.value) == ("invalid-signature", "error")
    assert finding.where == "acme/prod/keystores/web/server#0"
    assert finding.facts == {"issuers": ["acme/prod/keystores/web/server#1"], "engine": "OpenSSL"}


def test_a_namesake_beside_the_right_issuer() -> None:
    namesake = ROOT.intermediate("Acme Issuing CA")
    assert secure([LEAF, ISSUING, namesake]).findings("invalid-signature") == []


def test_a_namesake_that_stands_before_the_right_issuer() -> None:
    """Without key identifiers OpenSSL takes the first of the name, and fails: error 7."""
    root = CA.root("Plain Root", key_ids=False)
    right, wrong = (root.intermediate("Plain CA", key_ids=False) for _ in range(2))
    leaf = right.leaf("api.example.com", key_ids=False)
    trust = Trust([root.certificate], public_roots=False)
    (finding,) = secure([leaf, wrong, right]).findings(trust=trust)
    assert (finding.rule, finding.where[-2:]) == ("invalid-signature", "#0")
    assert finding.facts == {"issuers": ["acme/prod/keystores/web/server#1"], "engine": "OpenSSL"}
    assert secure([leaf, right, wrong]).findings("invalid-signature", trust=trust) == []


@pytest.mark.parametrize(
    ("chain", "severity", "order"),
    [
        ([LOWER_LEAF, ISSUING, LOWER], "warning", [0, 2, 1]),
        ([ISSUING, LEAF], "error", [1, 0]),
        ([ISSUING, LOWER, LOWER_LEAF], "error", [2, 1, 0]),
        ([OTHER, LEAF, ISSUING], "error", [1, 2]),
    ],
)
def test_certificates_out_of_order(chain, severity, order) -> None:
    (finding,) = secure(chain).findings("misordered-chain")
    assert finding.where == "acme/prod/keystores/web/server"
    assert (finding.severity.value, finding.facts["order"]) == (severity, order)
    assert finding.certificate == chain[order[0]].certificate


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF],
        [LEAF, ISSUING, ROOT],
        [LEAF, OTHER, ISSUING],  # wrong-issuer
        [LEAF, LEAF, ISSUING],  # duplicate-certificate
        [LEAF, ROOT],
        [LEAF, OTHER_ROOT.cross_sign(ISSUING), ISSUING],
        [self_signed("api.example.com"), OTHER],
        [ISSUING, ROOT],
    ],
)
def test_certificates_in_order(chain) -> None:
    assert secure(chain).findings("misordered-chain") == []


def test_southbound_the_order_is_a_warning() -> None:
    assert mutual([ISSUING, LEAF]).found() == {
        ("misordered-chain", "keystores/client/me", "warning")
    }


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"ca": False}, "it is no CA"),
        ({"ca": None, "key_usage": None}, "it is no CA"),
        ({"key_usage": ["crl_sign"]}, "its key usage forbids that"),
    ],
)
def test_an_issuer_that_must_not_be_one(overrides, message) -> None:
    unfit = ISSUING.intermediate("Acme Workshop", **overrides)
    chain = [unfit.leaf("api.example.com"), unfit, ISSUING]
    assert secure(chain).found() == {("issuer-not-ca", "keystores/web/server#1", "error")}
    assert message in secure(chain).findings("issuer-not-ca")[0].message
    assert mutual(chain).found() == {("issuer-not-ca", "keystores/client/me#1", "warning")}


def test_more_issuers_than_the_path_length_allows() -> None:
    short = ROOT.intermediate("Short CA", path_length=0)
    below = short.intermediate("Below CA")
    chain = [below.leaf("api.example.com"), below, short]
    assert secure(chain).found() == {("issuer-not-ca", "keystores/web/server#2", "error")}


@pytest.mark.parametrize(
    "chain",
    [
        [SHORT.leaf("api.example.com"), SHORT],
        [WITHOUT_USAGE.leaf("api.example.com"), WITHOUT_USAGE],
        [self_signed("api.example.com")],  # no issuer but of itself
        [self_signed("api.example.com", ca=True, key_usage=["digital_signature"])],
        [LEAF, ISSUING, ROOT.intermediate("Acme Workshop", ca=False)],  # a stranger
        [LEAF],
    ],
)
def test_an_issuer_that_may_be_one(chain) -> None:
    assert secure(chain).findings("issuer-not-ca") == []
