"""JSON that is laid out in parts is what `json.dumps` makes of the whole."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.reports.layout import array, laid_out, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.lists(VALUES, max_size=4))
def test_it_is_the_same_text(values: list[Any]) -> None:
    lines = "".join(array((members({"it": laid_out(each, 3)}, 2) for each in values), 1))
    whole = {"all": [{"it": each} for each in values]}
    assert members({"all": lines}, 0) == json.dumps(whole, indent=2)
