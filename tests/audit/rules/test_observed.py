"""What a service does when it is asked, whoever calls it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.finding import Cause
from edgeaudit.audit.policy import Policy, Suppression
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.suppressing import hidden_by
from edgeaudit.inventory import Gap
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.messages import CertificateRequest
from edgeaudit.tls.protocols import Version
from edgeaudit.x509.certificate import Unreadable
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST
from tests.audit.rules.serving import (
    EXPIRED,
    FOREIGN_ROOT,
    GOOD,
    HOST,
    NAMED,
    OTHER,
    backend,
    found,
    hosts,
    of_backend,
)
from tests.audit.services import asking_for, handshake, observed, refused, service
from tests.factories import NOW, Made

if TYPE_CHECKING:
    from edgeaudit.tls.service import Service


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (70, Cause.PROTOCOL_MISMATCH),
        (71, Cause.CIPHER_MISMATCH),
        (112, Cause.UNKNOWN),
        (80, Cause.UNKNOWN),
    ],
)
def test_a_refusal(number: int, cause: Cause) -> None:
    (finding,) = found(service(with_name=refused(number), without_name=None)).values()
    assert (finding.rule, finding.cause) == ("failed-handshake", cause)
    assert finding.facts["alert"] == number
    assert "packet" not in finding.message


@pytest.mark.parametrize(
    "asked",
    [
        service(with_name=handshake(None, Ending.NOT_TLS), phase="handshake", trouble="plain HTTP"),
        service(with_name=handshake(None, Ending.RESET), phase="handshake", trouble="plain HTTP"),
        service(with_name=None, phase="handshake", trouble="plain HTTP"),
    ],
    ids=["not TLS", "reset", "without handshake"],
)
def test_a_failure_in_the_handshake_is_told_with_its_trouble(asked: Service) -> None:
    (finding,) = found(asked).values()
    assert finding.rule == "failed-handshake"
    assert "plain HTTP" in finding.message


@pytest.mark.parametrize(
    "handshake_of_ours",
    [
        handshake(GOOD, Ending.UNFINISHED),
        handshake(GOOD, Ending.ALERT, damage="OpenSSL here gave up: dh key too small"),
    ],
    ids=["in clear only", "given up"],
)
def test_what_our_library_cannot_do_is_not_blamed_on_the_service(handshake_of_ours) -> None:
    assert not found(service(with_name=handshake_of_ours))


def test_a_certificate_that_nobody_can_read_is_a_failure() -> None:
    unreadable = replace(handshake(None), server_chain=(Unreadable(0, "cut off"),))
    asked = service(with_name=unreadable, phase="handshake", trouble="it cannot be read: cut off")
    (finding,) = found(asked).values()
    assert (finding.rule, finding.cause) == ("failed-handshake", Cause.UNKNOWN)
    assert finding.message == f"{HOST}:443: it cannot be read: cut off."


@pytest.mark.parametrize(
    ("codes", "is_told"),
    [
        ((0x00A8, 0xC035), True),  # TLS_PSK_WITH_AES_128_GCM_SHA256, TLS_ECDHE_PSK_WITH_AES_128_...
        ((0x001F,), True),  # TLS_KRB5_WITH_3DES_EDE_CBC_SHA
        ((0x00A8, 0xC02F), False),  # ..., TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        ((0x00A8, 0xFFF0), False),  # ..., one that nobody knows
        ((), False),
    ],
)
def test_a_service_for_those_who_share_its_secret(codes: tuple[int, ...], is_told: bool) -> None:
    halfway = handshake(None, Ending.UNFINISHED)
    asked = service(with_name=halfway, without_name=halfway, suites={Version.TLSV1_2: codes})
    told = found(asked).get("failed-handshake")
    assert (told is not None) == is_told
    if told:
        assert told.cause is Cause.CIPHER_MISMATCH
        assert len(told.facts["suites"]) == len(codes)


@pytest.mark.parametrize("phase", ["resolve", "connect", "proxy"])
def test_what_was_not_reached_has_not_failed(phase: str) -> None:
    assert not found(service(None, with_name=None, phase=phase, trouble="refused"))


def test_a_demanded_client_certificate_that_was_not_given_is_no_failure() -> None:
    asking = replace(refused(40), request=CertificateRequest())
    assert not found(service(with_name=asking, needs_client_certificate=True))
    assert "failed-handshake" in found(service(with_name=asking, needs_client_certificate=False))


@pytest.mark.parametrize(
    ("ending", "is_taken", "is_told"),
    [
        (Ending.ALERT, False, True),
        (Ending.COMPLETED, False, True),  # TLS 1.3, and nginx with HTTP status 400
        (Ending.COMPLETED, True, False),
        (Ending.COMPLETED, None, False),
    ],
)
def test_a_client_certificate_that_was_given(
    ending: Ending, is_taken: bool | None, is_told: bool
) -> None:
    shown = replace(refused(40), ending=ending, client_chain=(OTHER.certificate,))
    asked = service(
        GOOD,
        needs_client_certificate=True,
        with_certificate=shown,
        takes_client_certificate=is_taken,
    )
    told = found(asked)
    assert list(told) == (["failed-handshake"] if is_told else [])
    assert all(each.cause is Cause.UNKNOWN_CLIENT_CERTIFICATE for each in told.values())


@pytest.mark.parametrize(
    ("asks", "why"),
    [(asking_for(FOREIGN_ROOT), "which the server did not name"), (asking_for(), "in its time")],
)
def test_why_a_client_certificate_was_refused_after_the_handshake(
    asks: CertificateRequest, why: str
) -> None:
    shown = handshake(GOOD, request=asks, client_chain=(OTHER.certificate, ISSUING.certificate))
    asked = service(GOOD, with_certificate=shown, takes_client_certificate=False)
    message = found(asked)["failed-handshake"].message
    assert "refused the client's certificate after the complete handshake. " in message
    assert why in message


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ((LEAF,), "incomplete-chain"),
        ((EXPIRED, ISSUING), "expired-certificate"),
        ((OTHER, ISSUING), "uncovered-host-alias"),
    ],
)
def test_what_is_said_of_the_stored_one_is_not_said_again(
    chain: tuple[Made, ...], said: str
) -> None:
    estate = hosts(chain)
    observations = observed(estate, service(chain))
    report = estate.report(observations=observations)
    assert [each.rule for each in report.findings] == [said]
    alone = ["served-chain-incomplete", "served-certificate-expired", "served-name-mismatch"]
    only = judge([estate.inventory()], TRUST, Policy(), NOW, NOW, observations, alone)
    assert [each.where for each in only.findings] == [f"{HOST}:443"]


LATE = ISSUING.leaf("backend.example.com", not_after=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("chain", "store", "rule"),
    [
        ((NAMED, ISSUING), (ROOT,), None),
        ((NAMED,), (ISSUING,), None),
        ((NAMED,), (NAMED,), None),
        ((NAMED,), (ROOT,), ("served-chain-incomplete", "error")),
        ((LATE, ISSUING), (ROOT,), ("served-certificate-expired", "error")),
        ((LATE, ISSUING), (LATE,), ("served-certificate-expired", "warning")),
        ((LEAF, ISSUING), (ROOT,), ("served-name-mismatch", "warning")),
    ],
)
def test_backends(chain: tuple[Made, ...], store: tuple[Made, ...], rule: object) -> None:
    told = of_backend(backend(store=store), service(chain)).values()
    assert [(each.rule, each.severity.value) for each in told] == ([rule] if rule else [])
    for each in told:
        assert each.direction == "southbound"
        assert each.affects == ("acme/prod/proxies/one-proxy", "acme/prod/targetservers/one")


def test_several_targets_with_one_backend_give_one_finding_each_way() -> None:
    estate = backend()
    estate.server("two", truststore="trust")
    told = estate.report(observations=observed(estate, service((NAMED,)))).findings
    (finding,) = (each for each in told if each.rule.startswith("served"))
    assert finding.facts["targets"] == [
        "acme/prod/targetservers/one",
        "acme/prod/targetservers/two",
    ]


def test_no_suppression_is_called_unused_where_nothing_was_asked() -> None:
    policy = Policy(
        suppressions=(
            Suppression(Scope(rule="failed-handshake"), "", None),
            Suppression(Scope(where="gone.example.com:443"), "", None),
        )
    )
    assert not hosts().report(policy=policy).stale_suppressions
    asked = hosts().report(policy=policy, observations=observed(hosts(), service(GOOD)))
    assert [each.flaw for each in asked.stale_suppressions] == ["unused", "unused"]


def test_an_endpoint_that_was_not_reached_hides_nothing_else() -> None:
    gap = Gap("api.example.com:443", "unreachable", is_of_endpoint=True)
    assert hidden_by(gap) == "api.example.com:443"
    assert hidden_by(replace(gap, is_of_endpoint=False)) == ""
