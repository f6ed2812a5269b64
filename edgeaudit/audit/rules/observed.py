"""What a service does when it is asked, whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.diagnosis import client_refused_afterwards, diagnose, facts_of, without_packets
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.sightings import services
from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation
    from edgeaudit.tls.handshake import Handshake
    from edgeaudit.tls.service import Service
    from edgeaudit.x509.certificate import Certificate


@rule(over=services, cause=Cause.UNKNOWN, severity=Severity.ERROR)
def failed_handshake(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A handshake with an endpoint fails.

    The endpoint was asked as a client of today asks, with its name, and whatever it is offered it
    speaks no TLS, breaks the connection off, answers with an alert, or wants a secret that only
    those have with whom it was agreed; or a capture holds handshakes that one side refused. The
    finding tells what was seen, the cause that follows from it, in the terms of Apigee's playbook,
    and what to do next. A handshake of a capture that was completed, and only may have been refused
    then, is a warning. That an endpoint which was asked demands a client certificate, and none was
    given, is no failure; that one was given and refused is.

    Remedy: do what the finding says; edgeaudit probe tells all that the endpoint speaks. Where
    something between you and the endpoint may be at fault, ask or capture again at a Router or
    Message Processor.

    Source: Apigee Edge, "TLS/SSL handshake failures"; RFC 8446, 6.2; RFC 5246, 7.2.2.
    """
    service = observation.service
    handshake = service.with_name
    if handshake is None:
        if service.phase:
            facts: dict[str, Any] = {"phase": service.phase}
            yield _failure(observation, Cause.UNKNOWN, f"{service.trouble}.", facts)
        return
    if names := _of_shared_secrets(service):
        wants = f"it speaks only suites for which both sides need a shared secret, as {names[0]}."
        yield _failure(observation, Cause.CIPHER_MISMATCH, wants, {"suites": names})
        return
    if service.takes_client_certificate is False and service.with_certificate:
        handshake, cause = service.with_certificate, Cause.UNKNOWN_CLIENT_CERTIFICATE
        why = client_refused_afterwards if handshake.ending is Ending.COMPLETED else diagnose
    elif _is_no_failure(observation, handshake):
        return
    else:
        cause, why = Cause.UNKNOWN, diagnose
    told = why(without_packets(handshake), evidence.trust)
    facts = {
        **facts_of(handshake, told),
        "phase": service.phase,
        "count": 1,
    }
    is_plain = handshake.ending in (Ending.NOT_TLS, Ending.COMPLETED) or not handshake.client_hello
    said = [] if is_plain and service.trouble else [told.explanation, told.advice]
    trouble = f"{service.trouble}." if service.trouble else ""
    yield _failure(
        observation, told.cause or cause, " ".join(filter(None, [trouble, *said])), facts
    )


def _of_shared_secrets(service: Service) -> list[str]:
    """Its suites, if a certificate alone does for none of them (RFC 4279, RFC 2712)."""
    codes = dict.fromkeys(code for each in service.suites.values() for code in each)
    suites = [on_the_wire(code) for code in codes]
    if all(each and each.kx.endswith(("PSK", "KRB5")) for each in suites):
        return [each.name for each in suites if each]
    return []


def _is_no_failure(observation: Observation, handshake: Handshake) -> bool:
    """That of our own side, that for want of a certificate which was not given, or none at all."""
    service = observation.service
    if observation.is_beyond_us or service.needs_client_certificate is True:
        return True
    return handshake.ending is Ending.COMPLETED and not service.phase


def _failure(observation: Observation, cause: Cause, told: str, facts: dict[str, Any]) -> Hit:
    known = {key: fact for key, fact in facts.items() if fact not in (None, [])}
    return hit(observation, f"{observation.asked.told}: {told}", known, cause=cause)


def hit(
    observation: Observation,
    message: str,
    facts: dict[str, Any],
    severity: Severity | None = None,
    cause: Cause | None = None,
    certificate: Certificate | None = None,
) -> Hit:
    """What a rule saw there; facts that nothing is known of are left out."""
    known = {key: fact for key, fact in facts.items() if fact is not None}
    return Hit(message, known, severity, None, certificate, cause, observation.group)


def place_of(observation: Observation) -> str | None:
    """Where the endpoint is on whose behalf a service was asked, if that is known."""
    return observation.subject.where if observation.subject else None


def pair(observation: Observation) -> str:
    """Who calls whom."""
    return f"{place_of(observation)} calls {observation.where}"
