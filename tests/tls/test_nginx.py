"""Values of nginx directives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.tls.nginx import words


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("TLSv1.2 TLSv1.3", ("TLSv1.2", "TLSv1.3")),
        ("  TLSv1.2\t\nTLSv1.3 ", ("TLSv1.2", "TLSv1.3")),
        ("\"TLSv1.2\" 'TLSv1.3'", ("TLSv1.2", "TLSv1.3")),
        ('"HIGH !aNULL"', ("HIGH !aNULL",)),
        ("HIGH:!aNULL", ("HIGH:!aNULL",)),
        ('"HIGH', ('"HIGH',)),
        ('""', ()),
        ("", ()),
    ],
)
def test_words(value, read) -> None:
    assert words(value) == read


@given(st.text())
def test_any_text_has_words_without_blank_ends(value: str) -> None:
    assert all(words(value))
