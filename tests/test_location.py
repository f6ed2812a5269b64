"""Places: readable, and never mistaken for structure."""

from __future__ import annotations

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.location import place, printable, split_host_port

HOSTILE = st.text(st.characters(categories=["L", "N", "P", "Z", "C", "S"]))


def test_ordinary_names_stay_readable() -> None:
    assert place("acme", "prod", "keystores", "my store", "bücher.example") == (
        "acme/prod/keystores/my store/bücher.example"
    )


def test_what_could_be_structure_is_encoded() -> None:
    assert place("a/b#1", "50%", "x\ny\u202e") == "a%2Fb%231/50%25/x%0Ay%E2%80%AE"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_place_can_be_taken_apart_again(name: str) -> None:
    assert unquote(place(name)) == name


@given(st.lists(HOSTILE, min_size=1))
def test_names_never_add_structure(names: list[str]) -> None:
    where = place(*names)
    assert where.count("/") == len(names) - 1
    assert "#" not in where
    assert where == printable(where)


@given(HOSTILE)
def test_printable_text_moves_no_cursor(text: str) -> None:
    shown = printable(text)
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u202e\u2066" for char in shown
    )
    shown.encode()


def test_printable_shows_what_was_there() -> None:
    assert printable("a\x1b[31mb\nc") == r"a\x1b[31mb\nc"


@given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), st.integers(1, 65535))
def test_a_host_and_its_port_are_told_apart(host: str, port: int) -> None:
    assert split_host_port(f"{host}:{port}") == (host, port)


@given(st.ip_addresses(v=6), st.integers(1, 65535))
def test_an_address_stands_in_brackets(address: object, port: int) -> None:
    assert split_host_port(f"[{address}]:{port}") == (str(address), port)
    assert split_host_port(f"{address}:{port}") is None


@given(HOSTILE)
def test_what_is_no_host_with_a_port_is_none(text: str) -> None:
    found = split_host_port(text)
    assert found is None or (found[0] and 0 < found[1] < 65536)
