"""Java's .properties files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.errors import InputError
from edgeaudit.hosts.properties import properties


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a=b", [("a", "b", 1)]),
        ("a:b\n  c   d\ne", [("a", "b", 1), ("c", "d", 2), ("e", "", 3)]),
        ("# a=b\n!c=d\n\n e = f ", [("e", "f ", 4)]),
        ("a=b\\\n   c\\\r\n d\ne=f", [("a", "bcd", 1), ("e", "f", 4)]),
        ("a=b\\\\\nc=d", [("a", "b\\", 1), ("c", "d", 2)]),
        ("a\\=\\:\\ b=c", [("a=: b", "c", 1)]),
        ("a=\\u0041\\t\\q", [("a", "A\tq", 1)]),
        ("a = = b", [("a", "= b", 1)]),
        ("a=b\\\n#c", [("a", "b#c", 1)]),
        ("a=b\\", [("a", "b", 1)]),
        ("\\\n\n# c\na=b", [("a", "b", 4)]),
        ("=b", [("", "b", 1)]),
        ("a=b\ra=c", [("a", "b", 1), ("a", "c", 2)]),
    ],
)
def test_what_is_read(text: str, read) -> None:
    assert [tuple(each) for each in properties(text)] == read


@pytest.mark.parametrize("text", ["a=b\nc=\\u12", "a=\\\\\\uxyzw", "\\u=a"])
def test_a_malformed_escape(text: str) -> None:
    with pytest.raises(InputError, match="malformed"):
        list(properties(text))


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=4))
@settings(max_examples=50)
def test_what_is_written_is_read(values: dict[str, str]) -> None:
    lines = [f"{_escaped(key)}={_escaped(value)}" for key, value in values.items()]
    assert {each.key: each.value for each in properties("\n".join(lines))} == values


def _escaped(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(*[iter(units)] * 2, strict=True))


@given(st.text(alphabet="ab=: \\\n\r\tu0#!é", max_size=40))
@settings(max_examples=50)
def test_any_text(text: str) -> None:
    try:
        found = list(properties(text))
    except InputError:
        return
    assert all(1 <= each.line <= len(text) + 1 for each in found)
