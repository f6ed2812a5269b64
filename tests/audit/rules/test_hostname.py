"""Names that a certificate covers, and does not."""

from __future__ import annotations

import pytest
from cryptography import x509

from tests.audit.estate import ISSUING, Estate, mutual, secure
from tests.factories import self_signed


def _host(names: list[str], hosts: list[str]) -> Estate:
    return secure([ISSUING.leaf(names[0], names=names), ISSUING], hosts)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["api.example.com"], "www.example.com"),
        (["api.example.com"], "api.example.com.evil.example"),
        (["*.example.com"], "a.b.example.com"),
        (["*.example.com"], "example.com"),
        (["api.example.com"], "*.example.com"),
        (["*.b.example.com"], "*.example.com"),
        (["api.example.com"], "192.0.2.7"),
        (["192.0.2.8"], "192.0.2.7"),
    ],
)
def test_an_uncovered_name(names, host) -> None:
    (finding,) = _host(names, [names[0], host]).findings()
    assert (finding.rule, finding.where) == ("uncovered-host-alias", "acme/prod/virtualhosts/web")
    assert finding.severity.value == "error"
    assert finding.facts["hosts"] == [host]


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["api.example.com"], "api.example.com"),
        (["api.example.com"], "API.Example.Com:443"),
        (["*.example.com"], "api.example.com:8443"),
        (["*.example.com"], "*.example.com"),
        (["192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7"], "192.0.2.7:443"),
        (["xn--bcher-kva.example"], "bücher.example"),
    ],
)
def test_a_covered_name(names, host) -> None:
    assert _host(names, [host]).found() == set()


def test_several_uncovered_names_are_one_finding() -> None:
    (finding,) = _host(["a.example"], ["c.example", "a.example", "b.example"]).findings()
    assert finding.facts["hosts"] == ["b.example", "c.example"]


def test_a_free_trial_host_is_the_vendors_business() -> None:
    estate = Estate().host("default", ["acme-prod.apigee.net", "other.example"], trial=True)
    assert estate.found() == {("free-trial-certificate", "virtualhosts/default", "note")}


def test_without_a_certificate_another_rule_speaks() -> None:
    estate = Estate().store("web").host("web", ["a.example"], keystore="web", key_alias="server")
    assert {rule for rule, _, _ in estate.found()} == {"missing-alias"}


def test_common_name_only() -> None:
    chain = [ISSUING.leaf("api.example.com", san=False), ISSUING]
    found = secure(chain, ["api.example.com"]).found()
    assert found == {("common-name-only", "keystores/web/server#0", "warning")}


def test_a_common_name_that_does_not_fit_either_is_said_too() -> None:
    chain = [ISSUING.leaf("api.example.com", san=False), ISSUING]
    found = secure(chain, ["www.example.com"]).found()
    assert found == {
        ("common-name-only", "keystores/web/server#0", "warning"),
        ("uncovered-host-alias", "virtualhosts/web", "error"),
    }


def test_a_client_certificate_needs_no_host_name() -> None:
    assert mutual([ISSUING.leaf("edge", san=False), ISSUING]).found() == set()


def test_an_alias_that_nobody_names_is_left_alone() -> None:
    estate = secure().store("spare", server=[ISSUING.leaf("api.example.com", san=False)])
    assert estate.findings("common-name-only") == []


def test_a_self_signed_leaf_has_another_trouble() -> None:
    assert secure([self_signed("api.example.com", san=False)]).findings("common-name-only") == []


def test_a_subject_alternative_name_without_host_names_is_none() -> None:
    mail = x509.SubjectAlternativeName([x509.RFC822Name("ops@example.com")])
    leaf = ISSUING.leaf("api.example.com", san=False, extensions=[(mail, False)])
    assert secure([leaf, ISSUING]).found() == {
        ("common-name-only", "keystores/web/server#0", "warning")
    }


def test_an_issuer_is_not_taken_for_a_leaf_that_could_not_be_read() -> None:
    estate = secure(hosts=["api.example.com"])
    issuer = estate.environment().keystores.items["web"].aliases.items["server"].chain[1]
    estate.change_alias("web", "server", chain=(issuer,), is_complete=False)
    assert estate.found() == set()


def test_nor_is_one_that_stands_before_it() -> None:
    """Not in order, and the leaf could not be read."""
    estate = secure([ISSUING, ISSUING.leaf("api.example.com")], ["api.example.com"])
    issuer = estate.environment().keystores.items["web"].aliases.items["server"].chain[0]
    estate.change_alias("web", "server", chain=(issuer,), is_complete=False)
    assert estate.found() == set()
