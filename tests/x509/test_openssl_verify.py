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

from tests.x509.openssl import needs_openssl, openssl_verify
from tests.x509.pkis import answer, draw_case

if TYPE_CHECKING:
    from pathlib import Path

SEED = int(os.environ.get("EDGEAUDIT_SEED", "20261123"))
# Not yet valid, expired, no issuer, purpose, no CA, host, address.
COMMON = {9, 10, 20, 26, 79, 62, 64}
# No issuer of an issuer, bad signature, self-signed leaf and root, path length, unknown critical
# extension, name constraints, and some of -x509_strict.
RARE = {2, 7, 18, 19, 25, 34, 47, 86, 89, 92}


@needs_openssl
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.full)])
def test_verdict_and_errors_are_those_of_the_command(count: int, tmp_path: Path) -> None:
    """Both answers are plenty: always saying no would be right most of the time."""
    draw, seen = random.Random(SEED), Counter[object]()
    for number in range(count):
        case = draw_case(draw)
        ours = answer(case)
        assert ours == openssl_verify(case, tmp_path), (SEED, number, case.options)
        seen["ok" if ours[0] else "not ok"] += 1
        seen.update({error for error, _ in ours[1]})
    assert min(seen["ok"], seen["not ok"]) > count / 4, seen
    assert seen.keys() >= (COMMON if count < 1000 else COMMON | RARE), seen


def test_eight_threads_give_the_same_answers() -> None:
    draw = random.Random(SEED)
    cases = [draw_case(draw) for _ in range(100)]
    alone = [answer(case) for case in cases]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(answer, cases * 8))
    assert together == alone * 8
