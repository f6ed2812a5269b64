"""Edge's bodies, in all the forms that have been seen or described, to the model."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import StoreName, TlsSettings
from edgeaudit.management import resources
from tests.management.test_values import JSON

RECORDED = Path(__file__).parents[1] / "recorded"
ENV = "acme/prod"


def _recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text("utf-8"))


def test_a_recorded_keystore() -> None:
    body = _recorded("keystore-get-alias-objects")
    assert resources.keystore(body).aliases == ("myTestAlias",)
    assert resources.keystore(_recorded("keystore-get-empty")).aliases == ()


def test_a_keystore_of_a_generation_that_lists_no_aliases() -> None:
    assert resources.keystore({"certs": ["a-cert"], "keys": [""], "name": "x"}).aliases is None
    assert resources.keystore({"aliases": None}).aliases is None


def test_a_recorded_reference() -> None:
    found = resources.reference(_recorded("reference-get-keystore"), ENV, "MyReference")
    assert (found.where, found.refers, found.resource_type) == (
        "acme/prod/references/MyReference",
        "MyKeystore",
        "KeyStore",
    )


def test_a_recorded_virtual_host_with_tls() -> None:
    body = _recorded("virtualhost-create-two-way-refs")
    found = resources.virtual_host(body, ENV, "secure-mtls")
    assert (found.port, found.host_aliases) == (443, ("mtls.example.com",))
    assert found.tls == TlsSettings(
        enabled=True,
        client_auth=True,
        keystore=StoreName("ref://CDS-KeystoreRef"),
        key_alias="CDS-DataHolderCertificate",
        truststore=StoreName("ref://CDS-TruststoreRef"),
    )


def test_a_recorded_virtual_host_without_tls() -> None:
    found = resources.virtual_host(_recorded("virtualhost-get-default-no-tls"), ENV, "default")
    assert (found.tls, found.uses_free_trial_certificate) == (None, False)


def test_recorded_target_servers() -> None:
    one_way = resources.target_server(_recorded("targetserver-one-way"), ENV, "a")
    assert (one_way.host, one_way.port, one_way.is_enabled) == ("client.badssl.com", 443, True)
    two_way = resources.target_server(_recorded("targetserver-two-way-direct-keystore"), ENV, "b")
    assert two_way.tls is not None
    assert two_way.tls.keystore == StoreName("badSSLKeyStore")


@pytest.mark.parametrize("flag", [True, "true"])
@pytest.mark.parametrize("key", ["useBuiltInFreeTrialCert", "useBuiltInFreeTrailCert"])
def test_both_spellings_of_the_free_trial(key: str, flag: object) -> None:
    assert resources.virtual_host({key: flag}, ENV, "v").uses_free_trial_certificate


@pytest.mark.parametrize(
    "properties",
    [
        {"property": [{"name": "ssl_protocols", "value": "TLSv1.2"}]},
        {"Property": [{"_name": "ssl_protocols", "__text": "TLSv1.2"}]},
        {"property": {"name": "ssl_protocols", "value": "TLSv1.2"}},
    ],
)
def test_both_forms_of_properties(properties: object) -> None:
    found = resources.virtual_host({"properties": properties}, ENV, "v")
    assert found.properties == {"ssl_protocols": "TLSv1.2"}


@pytest.mark.parametrize("unset", [{}, {"keyStore": None}, {"keyStore": ""}])
def test_what_is_not_set(unset: dict[str, object]) -> None:
    found = resources.target_server({"sSLInfo": {"enabled": "true", **unset}}, ENV, "t")
    assert found.tls == TlsSettings(enabled=True)


def test_a_common_name() -> None:
    info = {"commonName": {"value": "*.example.com", "wildcardMatch": True}}
    found = resources.target_server({"sSLInfo": info}, ENV, "t")
    assert found.tls is not None
    assert found.tls.common_name == "*.example.com"


@pytest.mark.parametrize("body", [{"name": "t"}, {"isEnabled": True}, {"isEnabled": "true"}])
def test_a_target_server_is_enabled_unless_it_says_otherwise(body: dict[str, object]) -> None:
    assert resources.target_server(body, ENV, "t").is_enabled


@pytest.mark.parametrize("flag", [False, "false"])
def test_a_disabled_target_server(flag: object) -> None:
    assert not resources.target_server({"isEnabled": flag}, ENV, "t").is_enabled


@pytest.mark.parametrize(
    ("body", "has_key"),
    [
        ({"keyName": "a"}, True),
        ({"keyName": ""}, False),
        ({"keyName": None}, False),
        ({"alias": "a"}, False),
    ],
)
def test_a_private_key_is_there_where_key_name_is(body: object, has_key: bool) -> None:
    assert resources.alias(body).has_key is has_key


def test_a_recorded_description() -> None:
    body = {"certsInfo": _recorded("cert-get-single-expired")}
    (found,) = resources.alias(body).described
    assert found.known_by == "description"
    assert found.serial == "9285f7e53bc53026"
    assert found.not_after.isoformat() == "2016-08-03T23:58:27+00:00"
    assert found.is_self_issued


def test_a_description_without_dates_describes_nothing() -> None:
    body = {"certsInfo": {"certInfo": [{"subject": "CN=a"}, "x", {"expiryDate": "soon"}]}}
    assert resources.alias(body).described == ()


@given(JSON)
def test_no_body_is_too_strange(body: object) -> None:
    """A model or BadAnswer, whatever the body and whatever stands for its parts."""
    bodies = [body, dict.fromkeys(("aliases", "certsInfo", "properties", "sSLInfo"), body)]
    for each in (*bodies, {"certsInfo": {"certInfo": [body]}}, {"sSLInfo": {"keyStore": body}}):
        for read in (resources.keystore, resources.alias):
            _tolerated(read, each)
        for parse in (resources.reference, resources.virtual_host, resources.target_server):
            _tolerated(parse, each, ENV, "name")


def _tolerated(read: Any, *arguments: Any) -> None:
    with suppress(BadAnswer):
        read(*arguments)
