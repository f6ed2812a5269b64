"""The manual of the rules."""

from __future__ import annotations

import json

import pytest

from edgeaudit.audit.rules import RULES
from edgeaudit.errors import InputError
from edgeaudit.reports import manual


def test_every_rule_is_listed() -> None:
    listed = {each["rule"] for each in json.loads(manual.FORMATS["json"]())}
    assert listed == set(RULES)
    assert all(slug in manual.FORMATS["table"]() for slug in RULES)


@pytest.mark.parametrize("width", [70, 100])
def test_the_list_fits_the_terminal(width: int) -> None:
    assert max(map(len, manual.table(width).splitlines())) <= width
    assert " ".join(RULES["missing-alias"].title.split()[:2]) in manual.table(width)


def test_a_rule_is_explained() -> None:
    told = manual.explain("missing-alias")
    assert told.startswith("missing-alias (error, wiring)\n\nThe key alias that is named")
    assert "\nRemedy: " in told


@pytest.mark.parametrize(
    ("slug", "hint"),
    [("missing-aliass", "did you mean missing-alias?"), ("xyz", "`edgeaudit rules` lists them")],
)
def test_an_unknown_rule(slug: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"there is no rule {slug}") as caught:
        manual.explain(slug)
    assert caught.value.hint == hint
