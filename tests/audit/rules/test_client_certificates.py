"""The certificates that backends ask the Message Processor for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.audit.estate import ISSUING, ROOT, Estate
from tests.audit.rules.calling import GOOD, STRANGE_CA, found, rules, target
from tests.audit.services import asking_for, observed, service

if TYPE_CHECKING:
    from edgeaudit.tls.service import Service
    from tests.factories import CA


MUTUAL: dict[str, Any] = {"client_auth": True, "keystore": "client", "key_alias": "me"}


@pytest.mark.parametrize(
    ("issuers", "is_needed", "severity"),
    [
        ((STRANGE_CA,), True, "error"),
        ((STRANGE_CA,), None, "error"),
        ((STRANGE_CA,), False, "warning"),
        ((STRANGE_CA, ISSUING), True, None),
        ((ROOT,), True, None),  # the chain leads there
        ((), True, None),  # any will do
    ],
)
def test_client_certificate_unacceptable(
    issuers: tuple[CA, ...], is_needed: bool | None, severity: str | None
) -> None:
    of = service(GOOD, request=asking_for(*issuers), needs_client_certificate=is_needed)
    findings = found(target(**MUTUAL), of)
    assert [(each.rule, each.severity.value) for each in findings] == (
        [("client-certificate-unacceptable", severity)] if severity else []
    )
    for each in findings:
        assert each.facts["accepted"] == [one.certificate.subject for one in issuers]


@pytest.mark.parametrize(
    ("types", "schemes", "is_told"),
    [
        ((1,), (), True),  # before TLS 1.2
        ((1, 64), (0x0804,), True),  # TLS 1.2: RSA-PSS alone
        ((), (0x0804, 0x0807), True),  # TLS 1.3: RSA and Ed25519
        ((), (0x0804, 0x0403), False),
        ((1, 64), (), False),
        ((), (), False),
        ((99,), (0xFE00,), False),  # nothing that is known
    ],
)
def test_a_key_of_a_kind_that_the_backend_does_not_take(
    types: tuple[int, ...], schemes: tuple[int, ...], is_told: bool
) -> None:
    asking = replace(asking_for(ROOT), types=types, signature_algorithms=schemes)
    findings = found(target(**MUTUAL), service(GOOD, request=asking, needs_client_certificate=True))
    assert [each.rule for each in findings] == ["client-certificate-unacceptable"] * is_told
    for each in findings:
        assert "the backend accepts keys of RSA" in each.message
        assert each.message.endswith("client/me is EC P-256")


def test_neither_issuer_nor_key() -> None:
    asking = replace(asking_for(STRANGE_CA), types=(1,), signature_algorithms=())
    (told,) = found(target(**MUTUAL), service(GOOD, request=asking))
    assert "leads to none of these; it accepts keys of RSA, and that of" in told.message


def test_an_alias_that_is_not_known_whole_is_not_judged() -> None:
    of = service(GOOD, request=asking_for(STRANGE_CA), needs_client_certificate=True)
    cut = target(**MUTUAL).change_alias("client", "me", is_complete=False)
    assert not found(cut, of)


@pytest.mark.parametrize(
    ("tls", "is_needed", "is_told"),
    [
        ({}, True, True),
        ({"keystore": "client", "key_alias": "me"}, True, True),
        ({}, False, False),
        ({}, None, False),
        (MUTUAL, True, False),
        ({"client_auth": True}, True, False),  # client-auth-without-key
    ],
)
def test_client_certificate_unconfigured(
    tls: dict[str, Any], is_needed: bool | None, is_told: bool
) -> None:
    of = service(GOOD, request=asking_for(ISSUING), needs_client_certificate=is_needed)
    told = rules(target(**tls), of)
    assert ("client-certificate-unconfigured" in told) is is_told


def test_what_is_not_asked_for_its_certificate_is_not_examined() -> None:
    estate = target()
    assert estate.report(observations=observed(estate, service(GOOD))).examined == {
        **estate.report().examined,
        "failed-handshake": 1,
        "no-common-cipher": 1,
        "no-common-protocol": 1,
        "served-certificate-expired": 1,
        "served-certificate-expiring": 1,
        "served-chain-incomplete": 1,
        "served-name-mismatch": 1,
        "untrusted-backend": 1,
    }


@pytest.mark.parametrize(
    ("estate", "of", "rule", "lines"),
    [
        (
            target(**MUTUAL),
            service(GOOD, request=asking_for(STRANGE_CA), needs_client_certificate=True),
            "client-certificate-unacceptable",
            ["a certificate for a key of EC or RSA issued by one of these: CN=Strange CA"],
        ),
        (
            target(),
            service(GOOD, needs_client_certificate=True),
            "client-certificate-unconfigured",
            ['"keyStore": "ref://one"', '"clientAuthEnabled": true'],
        ),
        (
            target(keystore="client", key_alias="me"),
            service(GOOD, needs_client_certificate=True),
            "client-certificate-unconfigured",
            ['.sSLInfo += {"clientAuthEnabled": true}'],
        ),
    ],
)
def test_the_steps_that_have_one_shown(
    estate: Estate, of: Service, rule: str, lines: list[str]
) -> None:
    finding = next(each for each in found(estate, of) if each.rule == rule)
    for line in lines:
        assert line in "\n".join(finding.steps)
