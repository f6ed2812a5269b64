"""The demo's bodies have the shapes of recorded ones.

The demo and its client were written from the same documents; recorded bodies are what keeps them
from sharing a misreading.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from edgeaudit.demo.answers import not_found

from .kinds import KINDS, Kind, recorded
from .kinds_of_proxies import PROXY_KINDS
from .shapes import absences, traits

if TYPE_CHECKING:
    from edgeaudit.demo.answers import Path

    from .conftest import Trees


ALL_KINDS = (*KINDS, *PROXY_KINDS)
Told = dict[str, set[bytes]]


@pytest.fixture(scope="module")
def told(trees: Trees) -> Told:
    """All good bodies of all seeds, by kind."""
    bodies: Told = defaultdict(set)
    for answers in trees:
        for path, answer in answers.items():
            if answer.status == 200:
                bodies[_kind_of(path)].add(answer.body)
    return bodies


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.path)
def test_bodies_have_recorded_shapes_and_the_known_alternatives(kind: Kind, told: Told) -> None:
    known = {trait for body in kind.recorded for trait in traits(body)}
    lacking = {trait for body in kind.recorded for trait in absences(body, known)}
    bodies = [json.loads(text) for text in told[kind.path]]

    seen = {trait for body in bodies for trait in (*traits(body), *absences(body, known))}

    assert seen - known - lacking == set(kind.allowed)


def test_errors_have_the_recorded_shape() -> None:
    body = json.loads(not_found(("organizations", "nowhere"), {}).body)

    assert set(traits(body)) == set(traits(recorded("error-409-cache-exists")))


def test_nothing_deployed_is_an_error_of_the_known_codes(trees: Trees) -> None:
    """apigee-edge-js, test/proxy.js."""
    bodies = [
        json.loads(answer.body)
        for answers in trees
        for answer in answers.values()
        if answer.status == 400
    ]

    assert {body["code"] for body in bodies} == {
        "distribution.ApplicationNotDeployed",
        "distribution.RevisionNotDeployed",
    }


def test_every_path_of_the_tree_is_of_a_kind_or_no_json(told: Told) -> None:
    others = told.keys() - {kind.path for kind in ALL_KINDS}

    assert {path.rpartition("/")[2] for path in others} == {
        "?format=bundle",
        "certificate",
        "export",
    }


def _kind_of(path: Path) -> str:
    """The path without its names: on Edge's paths kinds and names take turns."""
    is_name = (index % 2 and not part.startswith("?") for index, part in enumerate(path))
    return "/".join("*" if each else part for each, part in zip(is_name, path, strict=True))
