"""An entry of the policy that names what is not there is told, and none that may name something."""

from __future__ import annotations

import pytest

from edgeaudit.audit.policy import Override
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.unmatched import unmatched
from edgeaudit.inventory import Gap
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


def test_what_was_not_read_may_be_meant() -> None:
    override = Override(Scope("*", "acme/prod/keystores/other*"), None)
    estate = secure()
    estate.gaps.append(Gap("acme/prod/keystores/other", "forbidden"))
    assert list(unmatched([override], [estate.inventory()])) == []
