"""An entry of the policy that names what is not there is told, and none that may name something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeaudit.audit.policy import Override
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.unmatched import unmatched, without_certificates
from edgeaudit.inventory import Gap
from edgeaudit.shard import Shard
from tests.audit.estate import secure


@pytest.mark.parametrize(
    ("where", "installation", "is_told"),
    [
        ("acme/tset/*", "*", True),
        ("acme/prod/keystores/wbe*", "*", True),
        ("acme/prod/keystores/wbe", "*", True),
        ("acme/prod/*", "europe", True),
        ("acme/prod/*", "*", False),
        ("acme/prod/keystores/w*", "def*", False),
        ("acme/prod/keystores/web", "*", False),
        ("*/keystores/none", "*", False),
        ("*", "*", False),
    ],
)
def test_a_place_that_is_not_there(where: str, installation: str, is_told: bool) -> None:
    override = Override(Scope("common-name-only", where, installation), None)
    assert list(unmatched([override], [secure().inventory()])) == [override] * is_told


@pytest.mark.parametrize(
    ("where", "installation", "is_told"),
    [
        ("acme/prod", "*", True),
        ("acme/prod/keystores/web", "*", True),
        ("acme/prod/virtualhosts/*", "*", True),
        ("*/keystores/wbe/*", "*", True),
        ("*", "europe", True),
        ("acme/prod/*", "*", False),
        ("acme/prod/keystores/w*", "def*", False),
        ("*/keystores/web/*", "*", False),
        ("*", "*", False),
    ],
)
def test_a_place_without_a_certificate(where: str, installation: str, is_told: bool) -> None:
    scope = Scope(where=where, installation=installation)
    assert list(without_certificates([scope], [secure().inventory()])) == [scope] * is_told


def test_what_was_not_read_may_be_meant() -> None:
    override = Override(Scope("*", "acme/prod/keystores/other*"), None)
    estate = secure()
    estate.gaps.append(Gap("acme/prod/keystores/other", "forbidden"))
    assert list(unmatched([override], [estate.inventory()])) == []
    assert list(without_certificates([override.scope], [estate.inventory()])) == []


def test_what_is_in_another_shard_may_be_meant() -> None:
    override = Override(Scope("*", "acme/test/*"), None)
    part = replace(secure().inventory(), shard=Shard(1, 2))
    assert list(unmatched([override], [part])) == []
    assert list(without_certificates([override.scope], [part])) == []
