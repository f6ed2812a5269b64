"""Names that lead nowhere."""

from __future__ import annotations

import pytest

from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure


def test_tls_without_keystore() -> None:
    assert Estate().host("web").found() == {("tls-without-keystore", "virtualhosts/web", "error")}


@pytest.mark.parametrize(
    "estate",
    [
        Estate().host("web", enabled=False),
        Estate().server("backend"),
        secure(),
    ],
)
def test_no_keystore_needed_or_one_named(estate) -> None:
    assert estate.found() == set()


def test_missing_keystore() -> None:
    estate = Estate().host("web", keystore="gone", key_alias="a")
    estate.server("backend", keystore="gone", key_alias="a", client_auth=True)
    assert estate.found() == {
        ("missing-keystore", "virtualhosts/web", "error"),
        ("missing-keystore", "targetservers/backend", "error"),
    }


def test_missing_truststore() -> None:
    estate = secure().host("web", keystore="web", key_alias="server", truststore="gone")
    estate.server("backend", truststore="gone")
    assert estate.found() == {
        ("missing-truststore", "virtualhosts/web", "error"),
        ("missing-truststore", "targetservers/backend", "error"),
    }


def test_what_tls_does_not_use_is_not_missed() -> None:
    estate = Estate().host("web", enabled=False, keystore="gone")
    estate.server("b", port=80, enabled=False, truststore="gone")
    assert estate.found() == set()


def test_a_disabled_target_server_is_a_note() -> None:
    estate = Estate().server("backend", is_enabled=False, truststore="gone")
    assert estate.found() == {("missing-truststore", "targetservers/backend", "note")}


def test_a_flow_variable_cannot_be_checked() -> None:
    estate = Estate().server("backend", truststore="{request.header.x}")
    assert estate.found() == {("dynamic-store-name", "targetservers/backend", "note")}


@pytest.mark.parametrize("names", [(), ("gone",)])
def test_what_could_not_be_read_is_not_missing(names) -> None:
    """Neither the list of keystores nor the keystore itself: silence, for the gap says so."""
    estate = Estate().host("web", keystore="gone", key_alias="a").reference("r", "gone")
    estate.server("backend", keystore="ref://r").cannot_read("keystores", *names)
    assert estate.found() == set()


def test_missing_reference() -> None:
    estate = Estate().host("web", keystore="ref://gone", key_alias="a", truststore="ref://too")
    (finding,) = estate.findings()
    assert (finding.rule, finding.facts) == ("missing-reference", {"references": ["gone", "too"]})


def test_a_missing_reference_is_said_once() -> None:
    """What merely follows from it, a keystore and an alias that nobody finds, is not said."""
    estate = Estate().server("backend", truststore="ref://gone", keystore="ref://gone")
    assert estate.found() == {("missing-reference", "targetservers/backend", "error")}


@pytest.mark.parametrize("names", [(), ("web",)])
def test_an_unread_reference_is_not_missing(names) -> None:
    estate = Estate().host("web", keystore="ref://web", key_alias="a")
    assert estate.cannot_read("references", *names).found() == set()


def test_dangling_reference() -> None:
    estate = Estate().reference("web", "gone").host("web", keystore="ref://web", key_alias="a")
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("dangling-reference", "error")
    assert finding.affects == ("acme/prod/virtualhosts/web",)
    assert finding.direction == "northbound"


def test_a_dangling_reference_that_nobody_names_is_a_note() -> None:
    assert Estate().reference("web", "gone").found() == {
        ("dangling-reference", "references/web", "note"),
    }


def test_a_reference_leads_to_its_store() -> None:
    estate = Estate().store("web-2026", server=[LEAF, ISSUING]).reference("web", "web-2026")
    estate.host("web", keystore="ref://web", key_alias="server")
    assert estate.found() == set()


def test_missing_alias() -> None:
    estate = secure().host("web", keystore="web", key_alias="other")
    (finding,) = estate.findings()
    assert (finding.rule, finding.where) == ("missing-alias", "acme/prod/virtualhosts/web")
    assert finding.facts["aliases"] == ["server"]


def test_a_virtual_host_must_name_an_alias() -> None:
    estate = secure().host("web", keystore="web")
    assert estate.found() == {("missing-alias", "virtualhosts/web", "error")}


def test_a_target_server_need_not() -> None:
    assert mutual().server("backend", keystore="client").found() == set()


def test_an_unread_alias_is_not_missing() -> None:
    estate = Estate().store("web", unread=["server"])
    assert estate.host("web", keystore="web", key_alias="server").found() == set()


def test_alias_without_key() -> None:
    estate = secure().store("web", keys=False, server=[LEAF, ISSUING])
    assert estate.found() == {("alias-without-key", "virtualhosts/web", "error")}
    assert [each.certificate for each in estate.findings()] == [LEAF.certificate]


def test_where_edge_does_not_tell_of_a_key_nothing_is_said() -> None:
    assert secure().change_alias("web", "server", has_key=None).found() == set()


def test_a_truststore_needs_no_key() -> None:
    estate = Estate().store("roots", keys=False, root=[ROOT]).server("b", truststore="roots")
    assert estate.found() == set()


def test_unused_reference() -> None:
    estate = secure().reference("spare", "web")
    assert estate.found() == {("unused-reference", "references/spare", "note")}


@pytest.mark.parametrize(
    "user",
    [
        Estate().host("a", keystore="ref://r", key_alias="server"),
        Estate().server("a", truststore="ref://r"),
        Estate().server("a", truststore="ref://r", is_enabled=False),
        Estate().server("a", truststore="ref://r", enabled=False),
        Estate().cannot_read("virtual_hosts"),
        Estate().cannot_read("target_servers", "one of many"),
        Estate().cannot_read("keystores"),
    ],
)
def test_a_reference_that_is_or_may_be_used(user) -> None:
    """Calling it unused invites to delete it: where in doubt, silence."""
    estate = user.store("web", server=[LEAF, ISSUING]).reference("r", "web")
    assert estate.findings("unused-reference") == []


def test_a_virtual_host_knows_no_flow_variables() -> None:
    (finding,) = Estate().host("web", keystore="{x.y}", key_alias="a").findings()
    assert (finding.rule, finding.severity.value) == ("missing-keystore", "error")
    assert "no flow variables" in finding.message


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        ({"truststore": "ref://keys"}, ["keys"]),
        ({"keystore": "ref://trust", "key_alias": "a"}, ["trust"]),
        ({"keystore": "ref://trust", "key_alias": "a", "truststore": "ref://keys"}, None),
    ],
)
def test_wrong_reference_type(names, wrong) -> None:
    estate = _references().server("b", **names)
    (finding,) = estate.findings("wrong-reference-type")
    assert finding.severity.value == "warning"
    assert finding.facts == {"references": wrong or ["trust", "keys"]}


@pytest.mark.parametrize(
    "names",
    [
        {"keystore": "ref://keys", "key_alias": "a", "truststore": "ref://trust"},
        {"keystore": "ref://untold", "key_alias": "a", "truststore": "ref://untold"},
        {"truststore": "ref://gone"},
        {"truststore": "{keys}"},
        {"truststore": "keys"},
        {"truststore": "ref://keys", "enabled": False},
    ],
)
def test_the_right_type_or_none_that_is_known(names) -> None:
    assert _references().server("b", **names).findings("wrong-reference-type") == []


def _references() -> Estate:
    estate = Estate().store("keys", a=[LEAF, ISSUING]).reference("keys", "keys")
    return estate.reference("trust", "keys", "truststore").reference("untold", "keys", "")


def test_of_two_names_the_missing_reference_is_told() -> None:
    estate = Estate().store("roots", keys=False, root=[ROOT]).reference("r", "roots", "TrustStore")
    estate.server("one", truststore="ref://gone").server("two", keystore="ref://gone")
    estate.server("both", keystore="ref://gone", truststore="ref://r")
    found = estate.findings("missing-reference")
    assert [each.facts["references"] for each in found] == [["gone"]] * 3
    assert estate.report().gaps == ()
