"""The demo's bodies have the shapes of recorded ones.

The demo and its client were written from the same documents; recorded bodies are what keeps them
from sharing a misreading.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edgeaudit.demo.answers import not_found

from .kinds import KINDS, Kind, recorded
from .shapes import absences, traits

if TYPE_CHECKING:
    from edgeaudit.demo.answers import Path

    from .conftest import Trees


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
def test_bodies_have_recorded_shapes_and_the_known_alternatives(kind: Kind, trees: Trees) -> None:
    known = {trait for body in kind.recorded for trait in traits(body)}
    lacking = {trait for body in kind.recorded for trait in absences(body, known)}
    bodies = [json.loads(text) for text in _served(kind, trees)]

    seen = {trait for body in bodies for trait in (*traits(body), *absences(body, known))}

    assert seen - known - lacking == set(kind.allowed)


def test_errors_have_the_recorded_shape() -> None:
    body = json.loads(not_found(("organizations", "nowhere"), {}).body)

    assert set(traits(body)) == set(traits(recorded("error-409-cache-exists")))


def test_every_path_of_the_tree_is_of_a_kind_or_answers_with_text_or_nothing_deployed(
    trees: Trees,
) -> None:
    others = {
        path[-1]
        for path, answer in trees[0].items()
        if answer.status == 200 and not any(_is_of(kind, path) for kind in KINDS)
    }

    assert others == {"apis", "certificate", "deployments", "export", "sharedflows"}


def _served(kind: Kind, trees: Trees) -> set[str]:
    return {
        answer.body
        for answers in trees
        for path, answer in answers.items()
        if answer.status == 200 and _is_of(kind, path)
    }


def _is_of(kind: Kind, path: Path) -> bool:
    pattern = kind.path.split("/")
    return len(pattern) == len(path) and all(
        part in ("*", name) for part, name in zip(pattern, path, strict=True)
    )
