"""Each of the doubtful forms occurs for some seed."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from edgeaudit.demo import forms
from edgeaudit.demo.forms import Forms, with_optional

from .conftest import SEEDS

CHOICES = [each.name for each in fields(Forms) if each.name != "seed"]


@pytest.mark.parametrize("name", CHOICES)
def test_every_form_is_drawn_for_some_seed(name: str) -> None:
    hint = get_type_hints(Forms, vars(forms))[name]
    possible = set(get_args(hint)) if get_origin(hint) is Literal else {False, True}

    assert {getattr(Forms.drawn(seed), name) for seed in SEEDS} == possible


def test_a_seed_always_draws_the_same() -> None:
    assert Forms.drawn(7) == Forms.drawn(7)
    assert Forms.drawn(7).shuffled("abcdefgh", "here") == Forms.drawn(7).shuffled(
        "abcdefgh", "here"
    )


def test_lists_are_not_sorted() -> None:
    orders = {tuple(Forms.drawn(seed).shuffled("abc", "here")) for seed in SEEDS}

    assert len(orders) == 6


@pytest.mark.parametrize(
    ("form", "expected"), [("absent", {}), ("null", {"key": None}), ("empty", {"key": ""})]
)
def test_what_is_not_set_has_three_forms(form: forms.NotSet, expected: dict[str, object]) -> None:
    assert with_optional("key", None, form) == expected
    assert with_optional("key", "value", form) == {"key": "value"}
