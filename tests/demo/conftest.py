from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from edgeaudit.demo import DemoEdge
from edgeaudit.demo.edge import installation
from edgeaudit.demo.forms import Forms
from edgeaudit.demo.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.demo.answers import Answer, Path
    from edgeaudit.demo.installation import Installation

    Trees = list[dict[Path, Answer]]

NOW = datetime(2030, 1, 15, 12, tzinfo=timezone.utc)
SEEDS = range(16)
ENOUGH = 8  # of the seeds show every form of every body; all are tried with --full


@pytest.fixture(scope="session")
def truth() -> Installation:
    return installation(NOW)


@pytest.fixture(scope="session")
def trees(truth: Installation, pytestconfig: pytest.Config) -> Trees:
    """All answers, for each of the seeds."""
    seeds = SEEDS if pytestconfig.getoption("--full") else SEEDS[:ENOUGH]
    return [Tree(truth, NOW, Forms.drawn(seed)).answers for seed in seeds]


@pytest.fixture
def edge() -> Iterator[DemoEdge]:
    with DemoEdge(NOW) as edge:
        yield edge
