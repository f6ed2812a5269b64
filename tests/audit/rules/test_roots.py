"""Where a chain ends, and what in it is one certificate too many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Told
from edgeaudit.x509.trust import Trust
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST, mutual, secure
from tests.factories import CA, NOW, self_signed

OTHER_ROOT = CA.root("Other Root")
OTHER = OTHER_ROOT.intermediate("Other CA")
OTHER_LEAF = OTHER.leaf("api.example.com")
SELF_SIGNED = self_signed("api.example.com")


@pytest.mark.parametrize(
    "chain", [[OTHER_LEAF, OTHER, OTHER_ROOT], [OTHER_ROOT.leaf("api.example.com"), OTHER_ROOT]]
)
def test_a_root_that_nobody_trusts(chain) -> None:
    where = f"keystores/web/server#{len(chain) - 1}"
    assert secure(chain).found() == {("untrusted-root", where, "warning")}


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF, ISSUING, ROOT],
        [OTHER_LEAF, OTHER],  # incomplete-chain
        [LEAF, ISSUING, OTHER_ROOT],  # wrong-issuer
        [SELF_SIGNED],
        [LEAF, OTHER_ROOT.cross_sign(ISSUING), OTHER_ROOT, ISSUING],  # another way leads to trust
    ],
)
def test_a_root_that_is_trusted_or_is_not_the_end(chain) -> None:
    assert secure(chain).findings("untrusted-root") == []


def test_southbound_the_backend_may_trust_another_root() -> None:
    assert mutual([OTHER_LEAF, OTHER, OTHER_ROOT]).found() == set()


def test_a_root_is_trusted_as_soon_as_it_is_configured() -> None:
    trust = Trust([OTHER_ROOT.certificate], public_roots=False)
    found = secure([OTHER_LEAF, OTHER, OTHER_ROOT]).found(trust=trust)
    assert found == {("root-in-chain", "keystores/web/server#2", "note")}


@pytest.mark.parametrize(
    "leaf",
    [
        SELF_SIGNED,
        self_signed("api.example.com", names=()),
        ROOT,
        self_signed("a.example", ca=None),
    ],
)
def test_a_leaf_that_signed_itself_is_only_that(leaf) -> None:
    expected = {("self-signed-certificate", "keystores/web/server#0", "warning")}
    assert secure([leaf]).found() == expected


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF, ISSUING],
        [LEAF, ISSUING, ROOT],
        [LEAF],
        # its name, but not its key
        [self_signed("api.example.com", signed_with=ROOT.private_key)],
    ],
)
def test_a_leaf_that_did_not_sign_itself(chain) -> None:
    assert secure(chain).findings("self-signed-certificate") == []


def test_southbound_the_backend_may_know_a_self_signed_client() -> None:
    assert mutual([SELF_SIGNED]).found() == set()


def test_of_what_is_described_no_signature_is_known() -> None:
    estate = secure([SELF_SIGNED]).describe_alias("web", "server", SELF_SIGNED)
    assert estate.findings("self-signed-certificate") == []


@pytest.mark.parametrize(
    ("source", "platform", "severity"),
    [
        ("https://api.enterprise.apigee.com/v1", None, "error"),
        ("https://API.enterprise.apigee.com:443", None, "error"),
        ("http://edge", "public", "error"),
        ("https://api.enterprise.apigee.com/v1", "private", "warning"),
        ("https://api.enterprise.apigee.com.example.com", None, "warning"),
        ("http://edge/?https://api.enterprise.apigee.com", None, "warning"),
        ("http://edge", None, "warning"),
    ],
)
def test_the_public_cloud_takes_no_self_signed_certificate(source, platform, severity) -> None:
    inventory = secure([SELF_SIGNED]).inventory()
    told = replace(inventory, source=source, told=Told(platform=platform))
    found = judge([told], TRUST, Policy(), NOW, NOW).findings
    assert [e.severity.value for e in found if e.rule == "self-signed-certificate"] == [severity]


def test_a_root_that_need_not_be_sent() -> None:
    expected = {("root-in-chain", "keystores/web/server#2", "note")}
    assert secure([LEAF, ISSUING, ROOT]).found() == expected
    southbound = {("root-in-chain", "keystores/client/me#2", "note")}
    assert mutual([LEAF, ISSUING, ROOT]).found() == southbound


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF, ISSUING],
        [SELF_SIGNED],
        [ROOT],
        [LEAF, ISSUING, OTHER_ROOT.cross_sign(ROOT)],
        [OTHER_LEAF, OTHER, OTHER_ROOT],  # untrusted-root
        [LEAF, ISSUING, OTHER_ROOT],  # wrong-issuer
    ],
)
def test_no_root_or_no_needless_one(chain) -> None:
    assert secure(chain).findings("root-in-chain") == []


@pytest.mark.parametrize(
    ("chain", "positions"),
    [
        ([LEAF, LEAF, ISSUING], [1]),
        ([LEAF, ISSUING, ISSUING], [2]),
        ([LEAF, ISSUING, LEAF, ISSUING], [2, 3]),
        ([SELF_SIGNED, SELF_SIGNED], [1]),
    ],
)
def test_the_later_copy_is_needless(chain, positions) -> None:
    found = secure(chain).findings("duplicate-certificate")
    assert [each.where[-2:] for each in found] == [f"#{position}" for position in positions]
    assert {each.severity.value for each in found} == {"note"}


@pytest.mark.parametrize(
    "chain",
    [
        [LEAF, ISSUING],
        [LEAF, ISSUING, ROOT.cross_sign(ISSUING)],  # the same key, another certificate
        [LEAF, ISSUING, ISSUING.leaf("api.example.com", key=LEAF.private_key)],
        [LEAF, OTHER_ROOT.cross_sign(ISSUING), ISSUING],
    ],
)
def test_what_is_alike_and_no_copy(chain) -> None:
    assert secure(chain).findings("duplicate-certificate") == []


def test_the_same_certificate_in_two_aliases_is_no_copy() -> None:
    estate = secure().store("spare", server=[LEAF, ISSUING])
    assert estate.findings("duplicate-certificate") == []
