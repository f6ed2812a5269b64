"""What the Message Processor makes of a backend that was asked, and the backend of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit, pair, place_of
from edgeaudit.audit.rules.served_chain import is_a_matter_of_dates, lacks_intermediate
from edgeaudit.audit.sightings import (
    checked_targets,
    java_offer,
    java_verdict,
    offering_targets,
)
from edgeaudit.tls.agreement import agreement
from edgeaudit.tls.handshake import cipher_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.message_processor import MessageProcessor
    from edgeaudit.audit.observed import Observation
    from edgeaudit.tls.agreement import Agreement
    from edgeaudit.tls.protocols import Version


@rule(over=checked_targets, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.ERROR)
def untrusted_backend(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A backend's chain does not lead to the truststore of a target that calls it.

    The Message Processor's Java ends the handshake with `certificate_unknown` and logs `PKIX path
    building failed`. It takes any certificate of the truststore for an anchor, an intermediate or
    the leaf itself included, and does not look at an anchor's dates. The verdict is Java's on the
    path that the backend sent, by the defaults of its late updates, not a promise about everything
    that the Message Processor does. Where a backend sends its leaf alone, served-chain-incomplete
    speaks; where the dates alone are wrong, served-certificate-expired.

    Remedy: put the certificate of the CA that the backend's chain ends below, or the root above it,
    into the truststore; where the target names the truststore directly, deploy its proxies again or
    restart the Message Processors.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Unknown certificate"; JSSE,
    `sun.security.ssl.X509TrustManagerImpl`.
    """
    target, chain = observation.subject, observation.chain
    store = evidence.impact.truststore(target) if target else None
    where = store.where if store else "the truststore"

    def judge(processor: MessageProcessor) -> Hit | None:
        verdict = java_verdict(observation, evidence, evidence.now, processor)
        if verdict is None or verdict.ok or lacks_intermediate(observation, evidence, processor):
            return None
        if is_a_matter_of_dates(observation, evidence, processor):
            return None
        java, reason = processor.engine, verdict.reason
        return hit(
            observation,
            f"{pair(observation)}: {java} does not trust the backend by {where}: {reason}",
            {
                "engine": java,
                "reason": reason,
                "target": target and target.where,
                "truststore": where,
                "sent": [each.subject for each in chain],
                "issuer": chain[-1].issuer,
            },
            certificate=chain[0],
        )

    yield from hits(evidence.message_processors, judge)


@rule(over=offering_targets, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.ERROR)
def no_common_protocol(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A backend speaks no protocol version that the Message Processor offers it.

    The backend answers with the alert `protocol_version` or `handshake_failure`, or closes the
    connection. What is offered is what Protocols of the target says, and else what this version of
    Edge enables, or the Message Processors' own files.

    Remedy: name a version that the backend speaks in Protocols of the target, or have the backend
    enable one that the Message Processor has; TLSv1.2 is what every Edge since 4.17 speaks.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Protocol mismatch"; "Setting TLS
    protocol for Router and Message Processor".
    """
    spoken = _spoken(observation)

    def judge(processor: MessageProcessor) -> Hit | None:
        offered = java_offer(observation, evidence, processor)
        found = offered and agreement(offered, observation.service)
        if not (offered and found and found.lack == "protocol" and spoken):
            return None
        facts = {"offered": _spelled(offered.versions), "spoken": spoken}
        return _disagreement(observation, processor, found, facts)

    yield from hits(evidence.message_processors, judge)


@rule(over=offering_targets, cause=Cause.CIPHER_MISMATCH, severity=Severity.ERROR)
def no_common_cipher(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A backend has no cipher suite that the Message Processor offers it.

    In the newest protocol version that both speak they share no suite, so the backend answers with
    the alert `handshake_failure`. What is offered is what Ciphers of the target says, and else what
    the Message Processor's Java enables; where its updates differ, and its own files do not tell
    what it disables, the most that it may.

    Remedy: name a suite that the backend has in Ciphers of the target, in Java's spelling, or leave
    Ciphers out; or have the backend enable one of those that are offered.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Cipher mismatch"; JSSE, "Cipher suite
    names".
    """

    def judge(processor: MessageProcessor) -> Hit | None:
        offered = java_offer(observation, evidence, processor)
        found = offered and agreement(offered, observation.service)
        version = found.version if found and found.lack == "cipher" else None
        suites = observation.service.suites.get(version, ()) if version else ()
        if not (offered and found and version and suites):
            return None
        facts = {
            "protocol": version.spelling,
            "offered": [each.java for each in offered.suites],
            "spoken": list(map(cipher_name, suites)),
        }
        return _disagreement(observation, processor, found, facts)

    yield from hits(evidence.message_processors, judge)


def _disagreement(
    observation: Observation, processor: MessageProcessor, found: Agreement, facts: dict[str, Any]
) -> Hit:
    own: dict[str, Any] = {"engine": processor.engine, "target": place_of(observation)}
    if lines := processor.lines_of(observation.subject):
        own["set_at"] = lines
    return hit(observation, f"{pair(observation)}: {found.told}", {**own, **facts})


def _spoken(observation: Observation) -> list[str]:
    versions = observation.service.versions
    return _spelled(sorted(each for each, is_spoken in versions.items() if is_spoken))


def _spelled(versions: Iterable[Version]) -> list[str]:
    return [each.spelling for each in versions]
