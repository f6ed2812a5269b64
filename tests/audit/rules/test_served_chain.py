"""Whether the chain that a service shows when it is asked leads to a root, whoever calls it."""

from __future__ import annotations

import pytest

from edgeaudit.audit.finding import Cause, Severity
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.audit.rules.serving import (
    EXPIRED,
    FOREIGN,
    FOREIGN_CA,
    FOREIGN_ROOT,
    FORGED,
    FUTURE,
    GOOD,
    HOST,
    OLD,
    OTHER,
    found,
    hosts,
    of_host,
)
from tests.audit.services import service
from tests.factories import Made, self_signed


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        (GOOD, None),
        ((LEAF, ISSUING, ROOT), None),
        ((LEAF,), "served-chain-incomplete"),
        ((FOREIGN, FOREIGN_CA), "served-chain-incomplete"),
        ((EXPIRED, ISSUING), "served-certificate-expired"),
        ((FUTURE, ISSUING), "served-certificate-expired"),
        ((OLD, ISSUING), "served-certificate-expiring"),
        ((OTHER, ISSUING), "served-name-mismatch"),
    ],
)
def test_a_service_of_which_nothing_is_known(chain: tuple[Made, ...], rule: str | None) -> None:
    told = found(service(chain))
    assert list(told) == ([rule] if rule else [])
    for each in told.values():
        assert (each.severity, each.direction) == (Severity.ERROR, None)
        assert (each.where, each.certificate) == (f"{HOST}:443", chain[0].certificate)
        assert HOST in each.message


@pytest.mark.parametrize(
    ("chain", "severity", "cause"),
    [
        ((self_signed(HOST),), Severity.WARNING, Cause.UNKNOWN_CERTIFICATE),
        ((FOREIGN, FOREIGN_CA, FOREIGN_ROOT), Severity.WARNING, Cause.UNKNOWN_CERTIFICATE),
        ((FORGED, ISSUING), Severity.ERROR, Cause.INCORRECT_CHAIN),
    ],
    ids=["self-signed", "foreign root", "forged"],
)
def test_a_chain_that_is_whole_and_not_trusted(
    chain: tuple[Made, ...], severity: Severity, cause: Cause
) -> None:
    told = found(service(chain))
    assert [(each.rule, each.severity, each.cause) for each in told.values()] == [
        ("served-chain-untrusted", severity, cause)
    ]


def test_an_incomplete_chain_tells_what_is_missing_and_who_says_so() -> None:
    (finding,) = found(service((LEAF,))).values()
    assert finding.facts["missing_issuer"] == ISSUING.certificate.subject
    assert finding.facts["engine"] == "OpenSSL"


def test_a_chain_that_is_whole_in_edge_and_cut_on_its_way() -> None:
    assert list(of_host(hosts(), service((LEAF,)))) == ["served-chain-incomplete"]
