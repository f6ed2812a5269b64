"""Settings that have no effect, or another than one might think."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure

SHOWN: dict[str, Any] = {"keystore": "web", "key_alias": "server"}


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b", enabled=False),
        Estate().server("b", is_plain=True),
        Estate().proxy("p", url="https://b.example", enabled=False),
        Estate().proxy("p", url="HTTPS://{host}/v1", enabled=False, policy="Call"),
        Estate().proxy("p", url="http://b.example:443"),
        Estate().proxy("p", url="http://b.example:443/v1?x=y", enabled=False),
    ],
)
def test_tls_disabled_target(estate) -> None:
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("tls-disabled-target", "warning")


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b"),
        Estate().server("b", port=8443, enabled=False),
        Estate().server("b", port=80, is_plain=True),
        Estate().proxy("p", url="https://b.example"),
        Estate().proxy("p", url="http://b.example", enabled=False),
        Estate().proxy("p", url="http://b.example:4430"),
        Estate().proxy("p", url="http://user:443@b.example/"),
        Estate().proxy("p", url="http://b.example/of:443"),
        Estate().proxy("p", url="http://b.example:{port}"),
        Estate().proxy("p", url="{url}", enabled=False),
        Estate().proxy("p", policy="Switched-Off", enabled=False),
        Estate().proxy("p", servers=["b"], enabled=False),
        Estate().host("web", enabled=False),
    ],
)
def test_tls_is_on_or_not_to_be_expected(estate) -> None:
    assert estate.findings("tls-disabled-target") == []


@pytest.mark.parametrize("not_in_use", [{"is_enabled": False}, {"is_called": False}])
def test_a_plain_target_server_that_is_not_in_use_is_a_note(not_in_use) -> None:
    (finding,) = Estate().server("b", is_plain=True, **not_in_use).findings()
    assert (finding.rule, finding.severity.value) == ("tls-disabled-target", "note")


def test_tls_settings_ignored() -> None:
    estate = Estate().server("b").proxy("p", servers=["b"], keystore="gone", key_alias="a")
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("tls-settings-ignored", "warning")
    assert finding.facts["servers"] == ["b"]
    assert finding.affects == ("acme/prod/proxies/p",)


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b").proxy("p", servers=["b"]),
        Estate().server("b").proxy("p", servers=["b"], enabled=False, keystore="gone"),
        Estate().proxy("p", url="https://b.example", truststore="{x}"),
    ],
)
def test_settings_count_or_are_off(estate) -> None:
    assert estate.findings("tls-settings-ignored") == []


@pytest.mark.parametrize(
    ("estate", "names"),
    [
        (secure(), ["web"]),
        (secure().server("b", truststore="web", **SHOWN), ["web"]),
        (Estate().proxy("p", url="https://b", truststore="web"), ["web"]),
        (Estate().server("b", truststore="web", keystore="ref://web"), ["web"]),
    ],
)
def test_direct_store_name(estate, names) -> None:
    found = estate.store("web", server=[LEAF, ISSUING]).findings("direct-store-name")
    assert {each.severity.value for each in found} == {"note"}
    assert [each.facts["names"] for each in found] == [names] * len(found)


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b", truststore="ref://web"),
        Estate().server("b", truststore="{web}"),
        Estate().server("b", truststore="gone"),
        Estate().server("b", truststore="web", enabled=False),
        Estate().server("b", truststore="web").cannot_read("keystores"),
        Estate().proxy("p", servers=["b"], truststore="web"),
        Estate().proxy("p", policy="Check-SAML", truststore="web"),
        Estate().host("web", trial=True, keystore="web"),
    ],
)
def test_a_reference_or_nothing_to_restart(estate) -> None:
    estate.store("web", keys=False, root=[ROOT])
    assert estate.findings("direct-store-name") == []


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b", truststore="{x}"),
        Estate().server("b", truststore="ref://{x}"),
        Estate().proxy("p", url="https://b", keystore="roots-{x}", key_alias="a"),
    ],
)
def test_dynamic_store_name(estate) -> None:
    """Nothing else is said: what the variable names may be there."""
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("dynamic-store-name", "note")
    assert "{x}" in finding.facts["variables"][0]


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b", truststore="{x}", enabled=False),
        Estate().proxy("p", url="https://{host}/"),
        Estate().proxy("p", url="https://b", keystore="ref://r", key_alias="{x}"),
        Estate().proxy("p", servers=["{x}"], truststore="{x}"),
        Estate().host("web", keystore="{x}", key_alias="a"),
    ],
)
def test_other_variables(estate) -> None:
    assert estate.findings("dynamic-store-name") == []


def test_free_trial_certificate() -> None:
    """Nothing else is said of the host: no keystore, no name, no wiring."""
    estate = Estate().host("web", ["acme-prod.apigee.net", "a.example"], trial=True)
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("free-trial-certificate", "note")
    assert finding.facts == {"hosts": ["a.example", "acme-prod.apigee.net"]}


@pytest.mark.parametrize("estate", [secure(), Estate().host("web", trial=True, enabled=False)])
def test_a_certificate_of_ones_own_or_none(estate) -> None:
    assert estate.findings("free-trial-certificate") == []
