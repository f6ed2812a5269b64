"""Keystores that hold nothing, or what lies elsewhere too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Environment, Section
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.inventory import Keystore, StoredCertificate


@pytest.mark.parametrize(
    "estate",
    [
        Estate().store("new"),
        Estate().store("new").server("b", keystore="new"),
        Estate().store("new").server("b", enabled=False, truststore="new"),
        Estate().store("new").keys_of("new"),
    ],
)
def test_empty_keystore(estate) -> None:
    (finding,) = estate.findings("empty-keystore")
    assert (finding.where, finding.severity.value) == ("acme/prod/keystores/new", "note")


@pytest.mark.parametrize(
    "estate",
    [
        Estate().store("new", a=[LEAF]),
        Estate().store("new", unread=["a"]),
        Estate().store("new").keys_of("new", "a"),
        Estate().store("new").server("b", truststore="new"),
        Estate().store("new").server("b", keystore="new", key_alias="a"),
        Estate().store("new").host("web", keystore="new"),
        Estate().store("new").cannot_read("target_servers"),
        Estate().store("new").proxy("p", url="https://b", truststore="{x}"),
        Estate().cannot_read("keystores", "new"),
    ],
)
def test_what_is_not_empty_or_told_elsewhere(estate) -> None:
    assert estate.findings("empty-keystore") == []


def _in_two_environments(prod: Estate, test: Estate) -> list[Finding]:
    """What `shared-certificate` finds where `test` stands for acme/test."""
    inventory = prod.inventory()
    stores = {each.name: _moved(each) for each in test.environment().keystores}
    moved = Environment("acme/test", "acme", "test", keystores=Section(stores))
    both = replace(inventory, environments=(*inventory.environments, moved))
    report = judge([both], TRUST, Policy(), NOW, NOW)
    return [each for each in report.findings if each.rule == "shared-certificate"]


def _moved(store: Keystore) -> Keystore:
    where = f"acme/test/keystores/{store.name}"
    aliases = {
        each.name: replace(
            each,
            where=f"{where}/{each.name}",
            keystore=where,
            chain=tuple(_moved_certificate(stored) for stored in each.chain),
        )
        for each in store.aliases
    }
    return replace(store, where=where, environment="acme/test", aliases=Section(aliases))


def _moved_certificate(stored: StoredCertificate) -> StoredCertificate:
    places = {name: getattr(stored, name).replace("prod", "test") for name in ("where", "alias")}
    return replace(stored, **places)


def test_shared_certificate() -> None:
    first, second = _in_two_environments(secure(), secure())
    assert first.where == "acme/prod/keystores/web/server#0"
    assert second.where == "acme/test/keystores/web/server#0"
    assert (first.facts, first.severity.value) == ({"environments": ["acme/test"]}, "note")
    assert first.also_at == (second.where,)


@pytest.mark.parametrize(
    "other",
    [
        secure([ISSUING.leaf("api.example.com"), ISSUING]),
        secure().change_alias("web", "server", has_key=False),
        secure().change_alias("web", "server", has_key=None),
        Estate().store("freetrial", server=[LEAF, ISSUING]),
        Estate().store("web", keys=False, server=[LEAF]),
    ],
)
def test_another_certificate_or_no_key(other) -> None:
    assert _in_two_environments(secure(), other) == []


def test_twice_in_one_environment_is_not_shared() -> None:
    assert secure().store("copy", server=[LEAF, ISSUING]).findings("shared-certificate") == []
