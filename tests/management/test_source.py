"""What every source shares: paths that reach one resource, and bodies read for what they are."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeaudit.errors import BadAnswer, UnsafeName
from edgeaudit.management.source import Answer, parsed_json, path_to

NAMES = st.text(min_size=1).filter(lambda name: name not in {".", ".."})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # the parser joins surrogates that stand apart; alone they never come from UTF-8
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (("organizations", "acme"), "organizations/acme"),
        (("a b", "50%"), "a%20b/50%25"),
        (("a/b", "..."), "a%2Fb/..."),
        (("../x", "%2e%2e"), "..%2Fx/%252e%252e"),
        (("é", "\u202e", "\n"), "%C3%A9/%E2%80%AE/%0A"),
        (("\ud800",), "%ED%A0%80"),
        (("?q#f;p",), "%3Fq%23f%3Bp"),
    ],
)
def test_a_name_is_one_encoded_part_of_the_path(names: tuple[str, ...], path: str) -> None:
    assert path_to(*names) == path


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_reaches_another_resource_is_refused(name: str) -> None:
    with pytest.raises(UnsafeName, match=re.escape(repr(name))):
        path_to("organizations", name)


@given(st.lists(NAMES, min_size=1))
def test_a_path_has_one_part_for_each_name_and_gives_it_back(names: list[str]) -> None:
    path = path_to(*names)
    assert re.fullmatch(r"[A-Za-z0-9_.~%/-]*", path)
    parts = path.split("/")
    assert [unquote(part, errors="surrogatepass") for part in parts] == names
    assert not {"", ".", ".."} & set(parts)


@given(VALUES, st.sampled_from(["", "\ufeff", " \r\n\t"]), st.booleans())
def test_json_is_read_as_it_was_written(value: object, before: str, escaped: bool) -> None:
    text = before + json.dumps(value, ensure_ascii=escaped) + "\n"
    assert parsed_json(text.encode()) == value


@example(b"0\x0b")
@given(st.binary() | st.text(alphabet='[]{}",:01.eE-NaInfty \ufeff').map(str.encode))
def test_any_bytes_are_json_or_a_bad_answer(body: bytes) -> None:
    with suppress(BadAnswer):
        assert parsed_json(body) == json.loads(body.decode("utf-8-sig"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the answer is empty"),
        (b" \r\n", "the answer is empty"),
        (b"\xef\xbb\xbf", "the answer is empty"),
        (b'["caf\xe9"]', "the answer is not UTF-8"),
        ('["a"]'.encode("utf-16"), "the answer is not UTF-8"),
        (b"<!DOCTYPE html><title>Login</title>", "the answer is an HTML page, not JSON"),
        (b"\n<HTML lang=en>", "the answer is an HTML page, not JSON"),
        (b"<?xml version='1.0'?><Organization/>", "the answer is XML, not JSON"),
        (b'{"a": [1, 2', "the answer is not valid JSON"),
        (b'{"a": 1} {"b": 2}', "the answer is not valid JSON"),
        (b"Service Unavailable", "the answer is not valid JSON"),
        (b"[NaN]", "the answer is not valid JSON"),
        (b"[-Infinity]", "the answer is not valid JSON"),
        (b"[1e400]", "the answer is not valid JSON"),
        (b"9" * 100_000, "the answer is not valid JSON"),
        (b'["a\x00b"]', "the answer is not valid JSON"),
        (b"[" * 100_000, "the answer is nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the answer is nested too deeply"),
    ],
)
def test_another_body_is_told_for_what_it_is(body: bytes, sentence: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parsed_json(body)
    assert caught.value.message == sentence


def test_a_page_hints_at_a_wrong_url() -> None:
    with pytest.raises(BadAnswer) as caught:
        parsed_json(b"<html>")
    assert caught.value.hint == (
        "the URL may be that of a UI or a login page, not of a management API"
    )


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"null", None), (b"\xef\xbb\xbf[]", []), (b"1491500000000", 1491500000000), (b'""', "")],
)
def test_what_is_json_is_given_even_if_nobody_wants_it(body: bytes, value: object) -> None:
    assert parsed_json(body) == value


def test_an_answer_is_good_unless_it_has_a_reason() -> None:
    assert Answer(200, b"{}").is_good
    assert not Answer(404, b"{}", "not_found").is_good
