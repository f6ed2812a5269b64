"""What the two sides must prove to one another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure

SHOWN: dict[str, Any] = {"keystore": "web", "key_alias": "server"}


def _store() -> Estate:
    """A keystore `web` and a truststore `roots`."""
    return Estate().store("web", server=[LEAF, ISSUING]).store("roots", keys=False, root=[ROOT])


def test_client_auth_without_truststore() -> None:
    (finding,) = secure().host("web", client_auth=True, **SHOWN).findings()
    assert (finding.rule, finding.severity.value) == ("client-auth-without-truststore", "error")
    assert finding.where == "acme/prod/virtualhosts/web"
    assert finding.cause.value == "unknown_client_certificate"


@pytest.mark.parametrize(
    "tls",
    [
        {"client_auth": False},
        {"client_auth": True, "truststore": "roots"},
        {"client_auth": True, "enabled": False},
        {"client_auth": True, "truststore": "ref://unread"},
    ],
)
def test_a_truststore_is_named_or_not_needed(tls) -> None:
    estate = _store().host("web", **SHOWN, **tls).cannot_read("references", "unread")
    assert estate.findings("client-auth-without-truststore") == []
    assert estate.found() <= {
        ("unused-keystore", f"keystores/{n}", "note") for n in ("web", "roots")
    }


def test_a_missing_truststore_is_said_once() -> None:
    found = secure().host("web", client_auth=True, truststore="gone", **SHOWN).found()
    assert found == {("missing-truststore", "virtualhosts/web", "error")}


@pytest.mark.parametrize(
    ("tls", "unnamed"),
    [
        ({}, ["keystore", "key alias"]),
        ({"keystore": "web"}, ["key alias"]),
        ({"key_alias": "server"}, ["keystore"]),
        ({"keystore": "{variable}"}, ["key alias"]),
    ],
)
def test_client_auth_without_key(tls, unnamed) -> None:
    estate = _store().server("backend", client_auth=True, truststore="roots", **tls)
    (finding,) = estate.findings("client-auth-without-key")
    assert (finding.facts, finding.severity.value) == ({"unnamed": unnamed}, "error")
    assert finding.cause.value == "missing_client_certificate"


@pytest.mark.parametrize(
    "estate",
    [
        _store().server("b", client_auth=True, truststore="roots", **SHOWN),
        _store().server("b", client_auth=True, keystore="web", key_alias="{variable}"),
        _store().server("b", client_auth=True, keystore="web", key_alias="gone"),
        _store().server("b", truststore="roots", keystore="web"),
        _store().server("b", client_auth=True, enabled=False),
        _store().proxy("p", servers=["b"], client_auth=True),
        _store().proxy("p", policy="Validate-SAML", client_auth=True, truststore="roots"),
    ],
)
def test_a_key_is_named_or_not_needed(estate) -> None:
    assert estate.findings("client-auth-without-key") == []


def test_in_a_disabled_target_server_it_is_a_note() -> None:
    (finding,) = Estate().server("b", is_enabled=False, client_auth=True).findings()
    assert (finding.rule, finding.severity.value) == ("client-auth-without-key", "note")


@pytest.mark.parametrize(
    "estate",
    [
        Estate().server("b"),
        Estate().server("b", port=8443),
        Estate().proxy("p", url="https://b.example"),
        Estate().proxy("p", url="HTTPS://{request.header.host}/v1", policy="Call"),
        Estate().proxy("p", url="https://b.example", keystore="{x}", key_alias="a"),
    ],
)
def test_no_truststore(estate) -> None:
    (finding,) = estate.findings("no-truststore")
    assert (finding.severity.value, finding.cause.value) == ("warning", "unknown_certificate")
    assert finding.direction == "southbound"


@pytest.mark.parametrize(
    "estate",
    [
        _store().server("b", truststore="roots"),
        _store().server("b", truststore="{variable}"),
        _store().server("b", truststore="ref://gone"),
        _store().server("b", port=80, enabled=False),
        _store().server("b", port=80, is_plain=True),
        _store().proxy("p", url="http://b.example"),
        _store().proxy("p", url="http://b.example/?next=https://b.example"),
        _store().proxy("p", url="{target.url}"),
        _store().proxy("p", url="https://b.example", enabled=False),
        _store().proxy("p", servers=["elsewhere"], enabled=True),
        _store().proxy("p", servers=["elsewhere"]),
        _store().proxy("p", policy="Sign-SAML", **SHOWN),
        _store().host("web", **SHOWN),
    ],
)
def test_nothing_is_called_over_tls_or_a_truststore_is_named(estate) -> None:
    assert estate.findings("no-truststore") == []


@pytest.mark.parametrize(
    "estate",
    [
        _store().server("b", truststore="roots", ignores_validation_errors=True),
        _store().proxy("p", url="https://b", truststore="roots", ignores_validation_errors=True),
        _store().host(
            "b", client_auth=True, truststore="roots", ignores_validation_errors=True, **SHOWN
        ),
    ],
)
def test_validation_ignored(estate) -> None:
    (finding,) = estate.findings("validation-ignored")
    assert finding.severity.value == "warning"


@pytest.mark.parametrize(
    "estate",
    [
        _store().host("web", truststore="roots", ignores_validation_errors=True, **SHOWN),
        _store().host("web", enabled=False, client_auth=True, ignores_validation_errors=True),
        _store().host("web", trial=True, client_auth=True, ignores_validation_errors=True),
        _store().server("b", enabled=False, ignores_validation_errors=True),
        _store().proxy("p", servers=["b"], ignores_validation_errors=True),
        _store().server("b", truststore="roots"),
    ],
)
def test_nothing_is_validated_or_nothing_ignored(estate) -> None:
    assert estate.findings("validation-ignored") == []


def test_a_target_without_settings_ignores_nothing() -> None:
    report = Estate().proxy("p", url="https://b.example").report()
    assert [each.rule for each in report.findings] == ["no-truststore"]
    assert report.gaps == ()
