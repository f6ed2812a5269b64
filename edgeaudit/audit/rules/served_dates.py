"""The dates of the certificates that a service shows when it is asked, whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes.certificates import path
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit
from edgeaudit.audit.rules.served import is_same, named
from edgeaudit.audit.sightings import MOMENT, is_refused, served_chains, stored_leaf
from edgeaudit.audit.time_left import (
    days_left,
    has_expired,
    is_not_yet_valid,
    time_left,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation
    from edgeaudit.x509.certificate import Certificate


@rule(over=served_chains, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.ERROR)
def served_certificate_expired(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint shows a certificate that has expired, or is not valid yet.

    Whoever verifies it ends the handshake (RFC 5280, 6.1.3). Of a virtual host whose certificate is
    stored in Edge, expired-certificate speaks, or served-certificate-differs. Southbound it is a
    warning, unless the Java of the Message Processor refuses it under the truststore of a target.

    Remedy: have the certificate renewed by whoever runs the endpoint.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Expired certificate sent by the server
    or client"; RFC 5280, 4.1.2.5.
    """
    now = evidence.now
    bad = [each for each in path(observation.chain) if _is_out_of_date(each, evidence)]
    if not bad or _is_said(observation, bad[0], "expired-certificate", evidence):
        return
    worst = bad[0]
    is_over = has_expired(worst, now)
    told = time_left(worst, now) if is_over else f"becomes valid in {until(worst.not_before, now)}"
    yield hit(
        observation,
        f"{observation.asked.told} shows {named(worst)}, which {told}",
        {"position": observation.chain.index(worst), "leaf": observation.chain[0].subject},
        Severity.ERROR if is_refused(observation, now, evidence) else Severity.WARNING,
        None if is_over else Cause.NOT_YET_VALID_CERTIFICATE,
        worst,
    )


@rule(over=served_chains, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.WARNING)
def served_certificate_expiring(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint shows a certificate that will expire before long.

    From its notAfter on, whoever verifies it ends the handshake (see served-certificate-expired).
    It is a warning within `warn_within` and an error within `error_within` of the policy, as for
    expiring-certificate, which speaks of what is stored in Edge; served-certificate-differs does
    where something else is stored. Southbound it is an error only where the Java of the Message
    Processor will refuse it under the truststore of a target.

    Remedy: have the certificate renewed by whoever runs the endpoint; southbound see that the
    truststore will hold the new one's issuer, and a new client certificate reaches the backend.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Expired certificate sent by the server
    or client"; RFC 5280, 4.1.2.5.
    """
    now, policy = evidence.now, evidence.policy
    first = min(path(observation.chain), key=lambda each: each.not_after)
    is_near = policy.error_within.is_reached(first, now)
    if has_expired(first, now) or not (is_near or policy.warn_within.is_reached(first, now)):
        return  # served-certificate-expired says so
    if _is_said(observation, first, "expiring-certificate", evidence):
        return
    will_be_refused = is_refused(observation, first.not_after + MOMENT, evidence)
    yield hit(
        observation,
        f"{observation.asked.told} shows {named(first)}, which {time_left(first, now)}",
        {
            "days_left": days_left(first, now),
            "position": observation.chain.index(first),
            "leaf": observation.chain[0].subject,
        },
        Severity.ERROR if is_near and will_be_refused else Severity.WARNING,
        certificate=first,
    )


def _is_said(
    observation: Observation, worst: Certificate, stored_rule: str, evidence: Evidence
) -> bool:
    """Whether the rule for what is stored, or served-certificate-differs, says so already."""
    for each in observation.each():
        stored = stored_leaf(each, evidence)
        chain = evidence.impact.aliases[stored.alias].certificates if stored else ()
        if any(is_same(one, worst) for one in chain):
            return evidence.judges(stored_rule)
        is_leaf = worst == observation.chain[0] and not is_not_yet_valid(worst, evidence.now)
        if chain and is_leaf:
            return evidence.judges("served-certificate-differs")
    return False


def _is_out_of_date(certificate: Certificate, evidence: Evidence) -> bool:
    now = evidence.now
    return has_expired(certificate, now) or is_not_yet_valid(certificate, now)
