"""The text of nginx's configuration. That nginx reads it so: test_against_nginx.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.hosts.nginx import DEEPEST, LONGEST, MOST, parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b  c;", ["a", "b", "c"]),
        ('"a" \'b c\' d"e;', ["a", "b c", 'd"e']),
        ('a "b\\"c\\n" d\\;e;', ["a", 'b"c\n', "d\\;e"]),
        ("a ${b}c d#e; # f;", ["a", "${b}c", "d#e"]),
        ("a # b;\n c;", ["a", "c"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    (found,), refused = parse(text)
    assert ([found.name, *found.args], refused) == (words, None)


def test_blocks_and_lines() -> None:
    (http,), refused = parse("\nhttp {\n a b;\n server\n{ listen 1;\n}}\n")
    assert refused is None
    assert (http.name, http.line) == ("http", 2)
    first, server = http.block or []
    assert [(each.name, each.line) for each in (first, server)] == [("a", 3), ("server", 4)]
    assert [each.line for each in server.block or []] == [5]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a;\n}", 2, 'unexpected "}"'),
        ("a {\n b }", 2, 'unexpected "}"'),
        ("\n;", 2, 'unexpected ";"'),
        ("{}", 1, 'unexpected "{"'),
        ("a {\n b;\n", 3, 'unexpected end of file, expecting "}"'),
        ("a b", 1, 'unexpected end of file, expecting ";" or "}"'),
        ('a "b\n;', 2, 'unexpected end of file, expecting ";" or "}"'),
        ('a "b"c;', 1, 'unexpected "c"'),
        (f"a {'b' * LONGEST}b;", 1, 'too long parameter "bbbbbbbbbb..." started'),
        (f"a '{'b' * LONGEST}", 1, "too long parameter, probably missing terminating ' character"),
        ("a {" * (DEEPEST + 1), 1, f"blocks lie more than {DEEPEST} deep in one another"),
    ],
)
def test_what_nginx_refuses(text: str, line: int, message: str) -> None:
    _, refused = parse(text)
    assert refused
    assert (refused.line, refused.message) == (line, message)


def test_what_stands_before_is_kept() -> None:
    found, refused = parse("a b; }")
    assert [each.name for each in found] == ["a"]
    assert refused


@given(st.text(alphabet="ab;{}\"'\\$# \n", max_size=40))
@settings(max_examples=60)
def test_any_text(text: str) -> None:
    found, refused = parse(text)
    assert all(1 <= each.line <= text.count("\n") + 1 for each in found)
    assert refused is None or 1 <= refused.line <= text.count("\n") + 1


@pytest.mark.full
@pytest.mark.parametrize("part", ["# x\n", "a ", "a;", "a{", '"', "'a' ", "\\a", "$", "\\", '"\\a'])
def test_megabytes_of_anything(part: str) -> None:
    found, _ = parse(part * (8 * 1024 * 1024 // len(part)))
    assert len(found) <= MOST + 1
