"""Parts of an installation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.shard import Shard


@given(st.lists(st.text(max_size=9), max_size=5), st.integers(1, 5))
def test_each_environment_is_in_one_part(places: list[str], of: int) -> None:
    parts = [Shard(number, of) for number in range(1, of + 1)]
    assert all(sum(part.has(where) for part in parts) == 1 for where in places)


def test_it_stays_there() -> None:
    """On another machine, with another Python, and beside other environments."""
    names = [f"acme/env-{number}" for number in range(12)]
    assert [name for name in names if Shard(2, 3).has(name)] == [
        "acme/env-0",
        "acme/env-2",
        "acme/env-5",
        "acme/env-6",
        "acme/env-9",
    ]


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/3/5", "-1/3", "1/99999"])
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(ValueError, match="I/N"):
        Shard.parse(text)


def test_written_as_read() -> None:
    assert str(Shard.parse(" 02/3 ")) == "2/3"
