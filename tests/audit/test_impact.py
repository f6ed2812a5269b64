"""Who depends on what, and what counts as in use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding

EXPIRED = ISSUING.leaf("edge", not_after=NOW - timedelta(days=1))


def _severity(estate: Estate) -> str:
    (finding,) = estate.findings("expired-certificate")
    return finding.severity.value


def _client(*, is_called: bool) -> Estate:
    """A target server whose client certificate has expired."""
    estate = Estate().store("client", me=[EXPIRED, ISSUING])
    return estate.server("backend", is_called=is_called, keystore="client", key_alias="me")


def test_a_target_server_that_no_deployed_proxy_calls_is_not_in_use() -> None:
    assert _severity(_client(is_called=True)) == "error"
    assert _severity(_client(is_called=False)) == "note"


@pytest.mark.parametrize("names", [(), ("proxies/orders/1",)])
def test_where_proxies_could_not_be_read_it_counts_as_in_use(names) -> None:
    assert _severity(_client(is_called=False).cannot_read("revisions", *names)) == "error"


def test_a_load_balancer_with_a_flow_variable_may_call_any() -> None:
    assert _severity(_client(is_called=False).proxy("router", servers=["{server}"])) == "error"


def test_a_target_endpoint_uses_the_stores_it_names() -> None:
    estate = Estate().store("client", me=[EXPIRED, ISSUING])
    estate.proxy("orders", url="https://backend", keystore="client", key_alias="me")
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("expired-certificate", "error")
    assert finding.direction == "southbound"
    assert finding.affects == ("acme/prod/proxies/orders",)


def test_a_service_callout_with_a_broken_name() -> None:
    estate = Estate().proxy("orders", policy="Call-CRM", url="https://crm", truststore="gone")
    (finding,) = estate.findings()
    assert finding.where == "acme/prod/proxies/orders/1/policies/Call-CRM"
    assert (finding.rule, finding.severity.value) == ("missing-truststore", "error")
    assert finding.affects == ("acme/prod/proxies/orders",)


def test_settings_beside_a_load_balancer_are_not_in_force() -> None:
    estate = Estate().proxy("orders", servers=["backend"], truststore="gone")
    assert {rule for rule, _, _ in estate.found()} == {"tls-settings-ignored"}


def test_several_revisions_are_one_finding() -> None:
    estate = Estate()
    for revision in (9, 10):
        estate.proxy("orders", revision, url="https://backend", keystore="ref://gone")
    (finding,) = estate.findings()
    assert finding.where == "acme/prod/proxies/orders/10/targets/default"
    assert finding.facts["revisions"] == ["9", "10"]


def test_a_new_deployment_changes_no_id() -> None:
    def found(revision: int) -> Finding:
        estate = Estate().proxy("orders", revision, url="https://b", keystore="ref://gone")
        return estate.findings()[0]

    assert found(1).where != found(2).where
    assert found(1).id == found(2).id


def test_whom_a_certificate_affects() -> None:
    estate = secure([ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=1)), ISSUING])
    estate.proxy("orders", hosts=["web"], url="http://backend").proxy("other", hosts=["default"])
    (finding,) = estate.findings()
    assert finding.affects == ("acme/prod/proxies/orders", "acme/prod/virtualhosts/web")


def test_whom_a_virtual_host_affects() -> None:
    estate = Estate().host("web").proxy("orders", hosts=["web"], url="http://backend")
    (finding,) = estate.findings("tls-without-keystore")
    assert finding.affects == ("acme/prod/proxies/orders",)


def test_an_alias_named_by_a_flow_variable_may_be_any() -> None:
    estate = Estate().store("client", a=[EXPIRED, ISSUING], b=[EXPIRED, ISSUING])
    estate.proxy("orders", url="https://b", keystore="client", key_alias="{alias}")
    assert {each.severity.value for each in estate.findings("expired-certificate")} == {"error"}
    assert estate.findings("missing-alias") == []
    estate.store("client", a=[LEAF], b=[LEAF])
    assert estate.findings("incomplete-chain") == []


def test_an_unused_keystore() -> None:
    estate = secure().store("former", server=[LEAF, ISSUING])
    assert estate.found() == {("unused-keystore", "keystores/former", "note")}


def test_a_reference_that_nobody_names_is_no_use() -> None:
    estate = secure().store("former", server=[LEAF, ISSUING]).reference("old", "former")
    assert {rule for rule, _, _ in estate.found()} == {"unused-keystore", "unused-reference"}


@pytest.mark.parametrize(
    "user",
    [
        Estate().host("a", keystore="s", key_alias="x"),
        Estate().host("a", keystore="s", enabled=False),
        Estate().host("a", keystore="ref://r", key_alias="x").reference("r", "s"),
        Estate().server("a", truststore="s"),
        Estate().server("a", truststore="s", is_enabled=False),
        Estate().server("a", truststore="s", is_called=False),
        Estate().proxy("p", url="https://b", truststore="s"),
        Estate().proxy("p", policy="Verify", truststore="s", enabled=False),
        Estate().proxy("p", servers=["b"], keystore="s"),
        Estate().proxy("p", url="https://b", truststore="{request.header.store}"),
        Estate().cannot_read("virtual_hosts"),
        Estate().cannot_read("target_servers", "one"),
        Estate().cannot_read("references", "one"),
        Estate().cannot_read("revisions"),
        Estate().cannot_read("revisions", "proxies/p/1"),
    ],
)
def test_a_store_that_is_or_may_be_used_is_not_called_unused(user: Estate) -> None:
    assert user.store("s", x=[LEAF, ISSUING]).findings("unused-keystore") == []


def test_the_vendors_own_store_is_not_called_unused() -> None:
    assert Estate().store("freetrial", x=[LEAF, ISSUING]).found() == set()


def test_without_alias_resources_an_alias_is_what_the_keys_name() -> None:
    estate = Estate().store("web", crt=[LEAF, ISSUING]).keys_of("web", "server")
    estate.host("web", keystore="web", key_alias="server")
    assert estate.found() == set()
    estate.host("web", keystore="web", key_alias="other")
    assert estate.found() == {("missing-alias", "virtualhosts/web", "error")}


def test_a_mixed_store_serves_both_sides() -> None:
    estate = mutual().store("client", me=[LEAF, ISSUING], root=[ROOT])
    estate.server("other", truststore="client")
    assert {rule for rule, _, _ in estate.found()} == {"private-key-in-truststore"}


@pytest.mark.parametrize("section", ["virtual_hosts", "target_servers", "references"])
def test_what_could_not_be_read_does_not_prove_that_nothing_uses_a_store(section) -> None:
    estate = Estate().store("web", server=[EXPIRED, ISSUING])
    assert _severity(estate) == "note"
    assert _severity(estate.cannot_read(section, "one")) == "error"


def test_a_flow_variable_may_name_any_store() -> None:
    estate = Estate().store("web", server=[EXPIRED, ISSUING])
    assert _severity(estate.proxy("p", url="https://b", truststore="{store}")) == "error"


def test_without_alias_resources_any_certificate_of_the_store_may_be_shown() -> None:
    estate = Estate().store("web", old=[EXPIRED], new=[LEAF]).keys_of("web", "server")
    estate.host("web", ["www.example.com"], keystore="web", key_alias="server")
    assert estate.found() == {("expired-certificate", "keystores/web/old#0", "error")}
    (finding,) = estate.findings()
    assert (finding.direction, finding.affects) == ("northbound", ("acme/prod/virtualhosts/web",))
