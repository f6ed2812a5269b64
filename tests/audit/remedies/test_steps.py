"""How the steps turn on the wiring of a store, and on the installation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.remedies import REMEDIES
from edgeaudit.audit.rules import RULES
from edgeaudit.inventory import Told
from tests.audit.estate import ISSUING, LEAF, PROD, TRUST, Estate
from tests.factories import NOW

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW)
CLOUD = "https://api.enterprise.apigee.com/v1"


def steps(estate: Estate, rule: str, **changes: Any) -> list[str]:
    """The steps of the rule's only finding; `changes` are those to the inventory."""
    inventory = replace(estate.inventory(), **{"source": "http://edge.example:8080/v1", **changes})
    found = judge([inventory], TRUST, Policy(), NOW, NOW).findings
    (finding,) = (each for each in found if each.rule == rule)
    assert finding.remedy == RULES[rule].remedy
    return list(finding.steps)


def comments(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line.startswith("# "))


def referred() -> Estate:
    """A virtual host whose keystore, named by a reference, has an expired certificate."""
    estate = Estate().store("web", server=[EXPIRED, ISSUING]).reference("web-ref", "web")
    return estate.host("web", ["api.example.com"], keystore="ref://web-ref", key_alias="server")


def direct() -> Estate:
    """The same, named directly."""
    estate = Estate().store("web", server=[EXPIRED, ISSUING])
    return estate.host("web", ["api.example.com"], keystore="web", key_alias="server")


def test_every_rule_that_finds_errors_has_steps() -> None:
    # what stands in the files of hosts is out of the API's reach
    from_api = {slug: rule for slug, rule in RULES.items() if rule.over is not Evidence.hosts}
    errors = {slug for slug, rule in from_api.items() if rule.severity is Severity.ERROR}
    assert set(REMEDIES) <= set(RULES)
    assert errors <= set(REMEDIES)


def test_by_reference_a_new_store_is_made_and_the_reference_moved() -> None:
    lines = steps(referred(), "expired-certificate")
    calls = [line for line in lines if "curl -" in line]
    env = '"$EDGE/organizations/acme/environments/prod'
    assert lines[0] == "EDGE=http://edge.example:8080/v1"
    assert calls[0].endswith(f"""-d '{{"name": "web-20261123"}}' {env}/keystores\"""")
    assert calls[1].endswith(
        f'{env}/keystores/web-20261123/aliases?alias=server&format=keycertfile"'
    )
    assert calls[2].endswith(f'{env}/keystores/web-20261123/aliases" | jq length)" -ge 1 ]')
    assert '"refers": "web-20261123"' in calls[3]
    assert calls[3].endswith(f'{env}/references/web-ref"')
    assert len(calls) == 4
    assert 'the reference web-ref refers to "web" now' in comments(lines)
    assert (lines[2], lines[-1]) == ("(set -eo pipefail", ")"), "nothing goes on after a failure"
    assert "No Router and no Message Processor needs a restart" in comments(lines)
    assert "-verify_hostname 'api.example.com'" in "\n".join(lines)


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    estate = referred().store("web-20261123", server=[LEAF])
    assert "web-20261123-2" in "\n".join(steps(estate, "expired-certificate"))


@pytest.mark.parametrize(
    ("source", "restart"),
    [
        ("http://edge.example:8080/v1", "apigee-service edge-router restart"),
        (CLOUD, "ask Apigee Support to restart the Routers"),
    ],
)
def test_direct_names_are_made_references_and_routers_restart(source: str, restart: str) -> None:
    lines = steps(direct(), "expired-certificate", source=source)
    told = "\n".join(lines)
    assert restart in comments(lines)
    assert ("paid accounts" in comments(lines)) is (source == CLOUD)
    assert '"name": "web", "refers": "web-20261123", "resourceType": "KeyStore"' in told
    assert """jq '.sSLInfo += {"keyStore": "ref://web"}' virtualhost.json""" in told
    assert told.index("/references") < told.index("/virtualhosts/web")


def test_of_a_target_the_proxies_are_deployed_again() -> None:
    estate = Estate().store("client", me=[EXPIRED, ISSUING])
    estate = estate.server("backend", client_auth=True, keystore="client", key_alias="me")
    lines = steps(estate, "expired-certificate")
    assert f"deploy again what calls it: {PROD}/proxies/backend-proxy/1" in comments(lines)
    assert any("-connect backend.example.com:443" in line for line in lines)


def test_a_target_endpoint_is_changed_by_its_owner() -> None:
    estate = Estate().store("client", me=[EXPIRED, ISSUING])
    estate = estate.proxy(
        "orders", 7, url="https://b.example.com/", keystore="client", key_alias="me"
    )
    lines = steps(estate, "expired-certificate")
    assert "set in SSLInfo: KeyStore ref://client. The proxy's owner" in comments(lines)
    assert any('/apis/orders/revisions/7?format=bundle"' in line for line in lines)
    assert any("action=import&name=orders" in line for line in lines)


def test_a_flow_variable_is_asked_after() -> None:
    estate = referred().proxy("orders", url="https://b.example.com/", keystore="{store}")
    lines = steps(estate, "expired-certificate")
    assert f"ask the owners of {PROD}/proxies/orders/1/targets/default" in comments(lines)


def test_other_aliases_in_use_go_along() -> None:
    estate = referred().store("web", server=[EXPIRED, ISSUING], other=[LEAF, ISSUING])
    estate = estate.host("b", ["api.example.com"], keystore="ref://web-ref", key_alias="other")
    lines = steps(estate, "expired-certificate")
    assert 'The alias "other" is in use too: new-chain-2.pem and new-key-2.pem' in comments(lines)
    assert any("keyFile=@new-key-2.pem" in line and "alias=other" in line for line in lines)


def test_what_nothing_uses_has_the_manual_only() -> None:
    estate = Estate().store("web", server=[EXPIRED]).reference("web", "web")
    assert steps(estate, "expired-certificate") == []


def test_references_that_could_not_be_read_are_told_of() -> None:
    estate = direct().cannot_read("references", "other")
    assert "Not all references could be read" in comments(steps(estate, "expired-certificate"))


def test_a_truststore_that_is_named_directly_is_filled_where_it_stands() -> None:
    estate = Estate().store("cas", keys=False, old=[EXPIRED]).store("web", server=[LEAF, ISSUING])
    estate = estate.host(
        "web", keystore="web", key_alias="server", client_auth=True, truststore="cas"
    )
    lines = steps(estate, "expired-certificate")
    calls = [line for line in lines if "curl -" in line]
    assert calls[0].endswith('/keystores/cas/aliases?alias=ca-20261123&format=keycertfile"')
    assert "-X DELETE" in calls[1]
    assert calls[1].endswith('/keystores/cas/aliases/old"')
    assert len(calls) == 2
    assert "edge-router restart" in comments(lines)


def test_new_edges_take_private_keys_as_pkcs12_only() -> None:
    lines = steps(referred(), "expired-certificate", told=Told(edge_version="4.53.01"))
    assert any("openssl pkcs12 -export" in line for line in lines)
    assert any("format=pkcs12" in line and 'printf %s "$P12_PASSWORD"' in line for line in lines)
    assert "keycertfile" not in "\n".join(lines)


def test_old_edges_take_jar_files() -> None:
    estate = referred().keys_of("web", "server")
    lines = steps(estate, "expired-certificate")
    assert any(line.endswith('/keystores/web-20261123/keys?alias=server"') for line in lines)
    assert "/aliases" not in "\n".join(lines)


@pytest.mark.parametrize(
    "source", ["/var/lib/edge.snapshot", "https://me:secret@edge.example/v1", "http://e/$(id)", ""]
)
def test_what_is_no_plain_url_is_left_to_the_user(source: str) -> None:
    first, *rest = steps(referred(), "expired-certificate", source=source)
    assert first.startswith("# EDGE is the base URL")
    assert "secret" not in "\n".join(rest)


def test_thousands_of_users_make_no_endless_text() -> None:
    estate = referred()
    for number in range(120):
        hosts = [f"h{number}.example.com"]
        estate = estate.host(f"h{number}", hosts, keystore="ref://web-ref", key_alias="server")
    lines = steps(estate, "expired-certificate")
    assert len(lines) < 50
    assert max(map(len, lines)) < 1000
