"""Every form in which Edge's generations write a value."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.errors import BadAnswer
from edgeaudit.management.values import (
    as_bool,
    as_int,
    as_names,
    as_object,
    as_text,
    as_time,
    texts,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("value", [True, "true", "TRUE", " true "])
def test_true(value: object) -> None:
    assert as_bool(value)


@pytest.mark.parametrize("value", [False, "false", "", None])
def test_not_true(value: object) -> None:
    assert not as_bool(value)


@pytest.mark.parametrize("value", [1, 0, "yes", "perhaps", [], {}])
def test_what_switches_something_is_not_guessed(value: object) -> None:
    with pytest.raises(BadAnswer, match="where true or false belongs"):
        as_bool(value)


def test_texts() -> None:
    assert texts(None) == ()
    assert texts(["a", "", None, "b"]) == ("a", "b")


@pytest.mark.parametrize("value", ["a", {"a": 1}, ["a", 5], [["a"]]])
def test_no_texts(value: object) -> None:
    with pytest.raises(BadAnswer, match="list of strings"):
        texts(value)


@pytest.mark.parametrize(("value", "expected"), [(443, 443), ("443", 443), (" 443 ", 443)])
def test_number(value: object, expected: int) -> None:
    assert as_int(value) == expected


@pytest.mark.parametrize("value", [None, "", "x", True, 4.5, [443], "9" * 5000, "٣²"])
def test_no_number(value: object) -> None:
    assert as_int(value) is None


@pytest.mark.parametrize("value", [1470268707000, "1470268707000"])
def test_time(value: object) -> None:
    assert as_time(value) == datetime(2016, 8, 3, 23, 58, 27, tzinfo=timezone.utc)


@pytest.mark.parametrize("value", [None, "", 10**18, -(10**18), "soon"])
def test_no_time(value: object) -> None:
    assert as_time(value) is None


def test_names() -> None:
    assert as_names(["b", "", "a", "b", None, 7]) == ("b", "a", "7")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "null, not a list of names"),
        ({"a": 1}, "an object, not a list of names"),
        ("text", "a string, not a list of names"),
        ([["a"]], "holds a list, not names only"),
        ([{"name": "a"}], "holds an object, not names only"),
    ],
)
def test_no_names(value: object, told: str) -> None:
    with pytest.raises(BadAnswer, match=told):
        as_names(value)


def test_no_object() -> None:
    with pytest.raises(BadAnswer, match="the answer is a list, not an object"):
        as_object([])


@given(JSON)
def test_no_value_is_too_strange(value: object) -> None:
    for read in (as_int, as_text, as_time):
        read(value)
    for strict in (as_bool, as_names, as_object, texts):
        with suppress(BadAnswer):
            strict(value)
