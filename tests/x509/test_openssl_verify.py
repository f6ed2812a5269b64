"""Our verdict against that of the machine's `openssl verify`, on PKIs drawn at random.

EDGEAUDIT_SEED sets the seed, which a failure names.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from edgeaudit.x509.path import Trust, Verdict, verify
from tests.x509.openssl import Answer, needs_openssl, openssl_verify
from tests.x509.pkis import Case, draw_case

if TYPE_CHECKING:
    from pathlib import Path

SEED = int(os.environ.get("EDGEAUDIT_SEED", "20261123"))


def judge(case: Case) -> Verdict:
    return verify(
        case.leaf.certificate,
        [made.certificate for made in case.untrusted],
        Trust([made.certificate for made in case.anchors], public_roots=False),
        case.at,
        **case.options,
    )


def answer(case: Case) -> Answer:
    verdict = judge(case)
    return verdict.ok, [(error.number, error.depth) for error in verdict.errors]


@needs_openssl
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.full)])
def test_verdict_and_errors_are_those_of_the_command(count: int, tmp_path: Path) -> None:
    """Both answers are plenty: always saying no would be right most of the time."""
    draw, seen = random.Random(SEED), Counter[object]()
    for number in range(count):
        case = draw_case(draw)
        ours = answer(case)
        assert ours == openssl_verify(case, tmp_path), (SEED, number, case.options)
        seen[ours[0]] += 1
        seen.update({error for error, _ in ours[1]})
    assert min(seen[True], seen[False]) > count / 4, seen
    # Expired, not yet valid, self-signed, missing issuers, bad signature, path length, purpose,
    # unknown critical extension, name constraints, host, address, no CA: all came up.
    assert seen.keys() >= {10, 9, 18, 19, 20, 21, 25, 26, 34, 47, 62, 64, 79}, seen


def test_eight_threads_give_the_same_answers() -> None:
    draw = random.Random(SEED)
    cases = [draw_case(draw) for _ in range(100)]
    alone = [answer(case) for case in cases]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(answer, cases * 8))
    assert together == alone * 8
