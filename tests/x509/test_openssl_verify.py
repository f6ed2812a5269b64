"""Our verdict against that of the machine's `openssl verify`, on PKIs drawn at random.

EDGEAUDIT_SEED sets the seed, which a failure names.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.x509.flaws import FLAWS
from tests.x509.openssl import needs_openssl, openssl_answers
from tests.x509.pkis import CHANGES, LENGTHS, PKIS, SEED, SIGNATURES, STRINGS, answers, draw_case

if TYPE_CHECKING:
    from pathlib import Path
COMMON = {
    "cert_not_yet_valid",
    "cert_has_expired",
    "unable_to_get_issuer_cert_locally",
    "invalid_purpose",
    "invalid_ca",
    "hostname_mismatch",
    "ip_address_mismatch",
}
RARE = {
    "unable_to_get_issuer_cert",
    "cert_signature_failure",
    "depth_zero_self_signed_cert",
    "self_signed_cert_in_chain",
    "cert_chain_too_long",
    "path_length_exceeded",
    "keyusage_no_certsign",
    "unhandled_critical_extension",
    "permitted_violation",
    "excluded_violation",
    # of -x509_strict
    "missing_authority_key_identifier",
    "ca_bcons_not_critical",
    "ca_cert_missing_key_usage",
    "subject_name_empty",
}
KINDS = {f"{name} at {level}" for name in FLAWS for level in range(3)}
KINDS |= {f"{length} issuers" for length in LENGTHS} | {string.name for string in STRINGS}
KINDS |= {change.__name__ for change in CHANGES} | set(SIGNATURES)
KINDS |= {"empty name", "-1 s", "+0 s", "+1 s"}


@needs_openssl
@pytest.mark.parametrize("count", [120, pytest.param(8_000, marks=pytest.mark.full)])
def test_verdict_and_errors_are_those_of_the_command(count: int, tmp_path: Path) -> None:
    """Both answers are plenty: always saying no would be right most of the time."""
    draw, seen = random.Random(SEED), Counter[object]()
    for number in range(count // PKIS):
        case = draw_case(draw, PKIS)
        expected = openssl_answers(case, tmp_path)
        assert answers(case) == expected, (SEED, number, case.options, case.kinds)
        seen.update(ok for ok, _ in expected)
        seen.update({code for _, errors in expected for code, _ in errors})
        seen.update(case.kinds)
    assert min(seen[True], seen[False]) > count / 4, seen
    assert seen.keys() >= (COMMON if count < 1000 else COMMON | RARE | KINDS), seen


@pytest.mark.parametrize("count", [6, pytest.param(250, marks=pytest.mark.full)])
def test_eight_threads_give_the_same_answers(count: int) -> None:
    draw = random.Random(SEED)
    cases = [draw_case(draw, PKIS) for _ in range(count)]
    alone = list(map(answers, cases))
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(answers, cases * 8))
    assert together == alone * 8
