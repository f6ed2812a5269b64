"""What services did when they were asked, beside what is configured: scopes of rules, and facts."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.audit import message_processor
from edgeaudit.errors import InputError
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509 import jsse

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.message_processor import MessageProcessor
    from edgeaudit.audit.observed import Observation
    from edgeaudit.inventory import Endpoint, StoredCertificate
    from edgeaudit.tls.java import JavaOffer
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release
    from edgeaudit.x509.jsse import JavaVerdict

    Observations = tuple[Observation, ...]

MOMENT = timedelta(seconds=1)  # to Java the second of notAfter is not too late


def services(evidence: Evidence) -> Observations:
    """The services that were asked and had their say."""
    return tuple(each for each in evidence.observations if each.is_reached)


def services_for_clients(evidence: Evidence) -> Observations:
    """Those of them that are no backends."""
    return tuple(each for each in services(evidence) if each.asked.direction != "southbound")


def served_chains(evidence: Evidence) -> Observations:
    """Those of them that showed a chain, all of which could be read."""
    return tuple(each for each in services(evidence) if each.chain)


def chains_for_clients(evidence: Evidence) -> Observations:
    """Those that are no backends: clients of today verify them, as OpenSSL does."""
    return tuple(each for each in served_chains(evidence) if each.asked.direction != "southbound")


def served_hosts(evidence: Evidence) -> Observations:
    """Those that are virtual hosts of which it is known what they should show."""
    own = (one for each in served_chains(evidence) for one in each.each())
    return tuple(each for each in own if stored_leaf(each, evidence))


def targets(evidence: Evidence) -> Observations:
    """The backends among the services, as those of each target that calls them."""
    backends = (each for each in services(evidence) if each.asked.direction == "southbound")
    return tuple(one for each in backends for one in each.each())


def checked_targets(evidence: Evidence) -> Observations:
    """Those whose chain is checked by a Java that is known, against a store that is."""
    processors = evidence.message_processors
    return tuple(
        each
        for each in targets(evidence)
        if any(java_verdict(each, evidence, evidence.now, processor) for processor in processors)
    )


def offering_targets(evidence: Evidence) -> Observations:
    """Those of which it is known what a Message Processor offers them."""
    processors = evidence.message_processors
    return tuple(
        each
        for each in targets(evidence)
        if any(java_offer(each, evidence, processor) for processor in processors)
    )


def unnamed_targets(evidence: Evidence) -> Observations:
    """Those that a Message Processor, for certain, sends no server name."""
    is_one = any(each.sni is False for each in evidence.message_processors)
    return targets(evidence) if is_one else ()


def asking_targets(evidence: Evidence) -> Observations:
    """Those that ask for a client certificate."""
    return tuple(
        each
        for each in targets(evidence)
        if each.service.request or each.service.needs_client_certificate
    )


def stored_leaf(observation: Observation, evidence: Evidence) -> StoredCertificate | None:
    """The certificate that a virtual host should show, where that is known."""
    host = observation.subject
    if not isinstance(host, VirtualHost) or host.uses_free_trial_certificate:
        return None
    alias = evidence.impact.key_alias(host)
    return evidence.leaf(alias) if alias else None


def java_offer(
    observation: Observation, evidence: Evidence, processor: MessageProcessor
) -> JavaOffer | None:
    """What the Message Processor offers a backend, where that is known."""
    target = observation.subject
    if target is None:
        return None
    return message_processor.java_offer(processor.offer(target), evidence.told.edge_version)


def java_verdict(
    observation: Observation, evidence: Evidence, at: datetime, processor: MessageProcessor
) -> JavaVerdict | None:
    """What the Message Processor's Java says of a backend's chain at the time `at`.

    None where the chain is not checked, and where it is not known by which Java, against what, or
    what that makes of a malformed certificate. Nor against an empty truststore.
    """
    java, anchors = processor.release, _anchors(observation, evidence)
    if java is None or not observation.chain or not anchors:
        return None
    return _verdict(observation.chain, anchors, at, java)


@lru_cache(maxsize=1024)  # Message Processors are alike, as a rule, and several rules ask
def _verdict(
    chain: tuple[Certificate, ...], anchors: tuple[Certificate, ...], at: datetime, java: Release
) -> JavaVerdict | None:
    try:
        return jsse.verify(chain, anchors, at, java=java, role="server")
    except InputError:
        return None


def is_refused(observation: Observation, at: datetime, evidence: Evidence) -> bool:
    """Whether clients refuse the chain for its dates; of a backend, whether Java is known to."""
    if observation.asked.direction != "southbound":
        return True
    verdicts = (
        java_verdict(each, evidence, at, processor)
        for each in observation.each()
        for processor in evidence.message_processors
    )
    return any(verdict is not None and not verdict.ok for verdict in verdicts)


def is_accepted(observation: Observation, at: datetime, evidence: Evidence) -> bool:
    """Whether all Message Processors are known to take a backend's chain at the time `at`.

    They are told to check nothing, or find nothing wrong. What they do without a truststore is not
    known.
    """
    subject = observation.subject
    if subject and subject.tls and subject.tls.ignores_validation_errors:
        return True
    processors = evidence.message_processors
    verdicts = [java_verdict(observation, evidence, at, each) for each in processors]
    return all(verdict is not None and verdict.ok for verdict in verdicts)


def _anchors(observation: Observation, evidence: Evidence) -> tuple[Certificate, ...]:
    target: Endpoint | None = observation.subject
    if target is None or not target.tls or target.tls.ignores_validation_errors:
        return ()
    store = evidence.impact.truststore(target)
    if store is None or not store.aliases.is_complete:
        return ()
    aliases = tuple(store.aliases)
    is_known = all(each.can_be_verified for each in aliases)
    return tuple(one for each in aliases for one in each.certificates) if is_known else ()
