"""Whether the chain that a service shows when it is asked leads to a root, whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.causes.certificates import path
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit
from edgeaudit.audit.rules.served import named
from edgeaudit.audit.sightings import chains_for_clients, java_verdict, served_chains
from edgeaudit.x509.bundle import best_verdict, lacks_issuer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.message_processor import MessageProcessor
    from edgeaudit.audit.observed import Observation

_DATES = {"cert_has_expired", "cert_not_yet_valid"}
_ROOTS = {"depth_zero_self_signed_cert", "self_signed_cert_in_chain"}


@rule(over=served_chains, cause=Cause.INCOMPLETE_CHAIN, severity=Severity.ERROR)
def served_chain_incomplete(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint sends its certificate without an issuer that clients need.

    A client that does not happen to know the missing issuer finds no path to a root and ends the
    handshake (OpenSSL error 20, Java `unable to find valid certification path`). Browsers often
    hide the defect. A root need not be sent, but must be known here to be told from an intermediate
    (--trust). Northbound this is OpenSSL's verdict, under the public roots and those that
    are configured. Southbound it is said where a backend sends its leaf alone, and Java finds no
    way from that to a truststore.

    Remedy: have the endpoint send the issuers of its certificate, leaf first; of a virtual host,
    upload the whole chain to a new keystore and point the reference at it. `edgeaudit verify
    --fetch-issuers` tells where the issuer can be had. Southbound, that issuer in the truststore
    mends it too.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 8446, 4.4.2.
    """
    chain = observation.chain
    found = path(chain)
    if observation.asked.direction == "southbound":
        processors = evidence.message_processors
        refusing = [
            each
            for each in observation.each()
            if any(lacks_intermediate(each, evidence, processor) for processor in processors)
        ]
        if not refusing:
            return
        facts: dict[str, Any] = {
            "engine": evidence.engine("southbound"),
            "targets": sorted(map(_place, refusing)),
        }
    elif _is_stored(observation, evidence) and evidence.judges("incomplete-chain"):
        return
    elif lacks_issuer(best_verdict(chain, evidence.trust, evidence.now)):
        facts = {"engine": "OpenSSL"}
    else:
        return
    missing = found[-1].issuer
    told = f"{observation.asked.told} does not send {missing}, the issuer of {named(found[-1])}"
    if len(found) > 1:
        told += "; if that is a root, which need not be sent, name it with --trust"
    facts |= {"missing_issuer": missing, "sent": [each.subject for each in chain]}
    yield hit(observation, told, facts, certificate=chain[0])


@rule(over=chains_for_clients, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.WARNING)
def served_chain_untrusted(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint shows a chain that OpenSSL does not verify, although no issuer is missing.

    It ends in a root that is neither public nor configured, or the certificate signed itself: those
    who do not know it end the handshake. Where a signature, a purpose or a path length is wrong,
    everybody does, and it is an error. Of a chain that is stored in Edge the rules for that speak,
    of a backend untrusted-backend.

    Remedy: name the root with --trust if your clients have it; else have the certificate issued by
    a CA that they trust, and send the issuers that it names.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Unknown certificate"; OpenSSL,
    `X509_STORE_CTX_get_error`.
    """
    if _is_stored(observation, evidence) and evidence.judges("untrusted-root"):
        return
    verdict = best_verdict(observation.chain, evidence.trust, evidence.now)
    errors = [each for each in verdict.errors if each.code not in _DATES]
    if not errors or lacks_issuer(verdict):
        return  # served-certificate-expired and served-chain-incomplete say so
    is_of_root = all(each.code in _ROOTS for each in errors)
    told = "; ".join(f"{each.message} (error {each.number})" for each in errors)
    yield hit(
        observation,
        f"{observation.asked.told} shows a chain that OpenSSL does not verify: {told}",
        {"engine": "OpenSSL", "errors": [each.code for each in errors]},
        Severity.WARNING if is_of_root else Severity.ERROR,
        None if is_of_root else Cause.INCORRECT_CHAIN,
        observation.chain[0],
    )


def lacks_intermediate(
    observation: Observation, evidence: Evidence, processor: MessageProcessor
) -> bool:
    """Whether a backend sends its leaf alone, and Java finds no way from there to the truststore.

    Where trust or another store would do, the issuer is known to be a root, and not amiss.
    """
    found = path(observation.chain)
    verdict = java_verdict(observation, evidence, evidence.now, processor)
    if verdict is None or verdict.ok or len(found) > 1 or found[0].is_self_issued:
        return False
    return lacks_issuer(best_verdict(observation.chain, evidence.trust, evidence.now))


def is_a_matter_of_dates(
    observation: Observation, evidence: Evidence, processor: MessageProcessor
) -> bool:
    """Whether Java would take a backend's chain at a time at which all of it was valid."""
    latest = max(each.not_before for each in observation.chain)
    verdict = java_verdict(observation, evidence, latest, processor)
    return verdict is not None and verdict.ok


def _is_stored(observation: Observation, evidence: Evidence) -> bool:
    """Whether the chain is that of the virtual host's key alias."""
    aliases = (evidence.impact.key_alias(each) for each in observation.asked.subjects)
    return any(alias and alias.certificates == observation.chain for alias in aliases)


def _place(observation: Observation) -> str:
    return observation.subject.where if observation.subject else observation.where
