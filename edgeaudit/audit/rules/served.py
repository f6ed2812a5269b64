"""The certificates that a service shows when it is asked, whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.causes.certificates import path
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit
from edgeaudit.audit.sightings import (
    chains_for_clients,
    java_verdict,
    served_chains,
    served_hosts,
    stored_leaf,
)
from edgeaudit.audit.time_left import has_expired, time_left
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.bundle import best_verdict, lacks_issuer
from edgeaudit.x509.hostname import covers, is_address
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_hosts import java_covers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.message_processor import MessageProcessor
    from edgeaudit.audit.observed import Observation
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release

_OPENSSL = {"engine": "OpenSSL"}
_DATES = {"cert_has_expired", "cert_not_yet_valid"}
_ROOTS = {"depth_zero_self_signed_cert", "self_signed_cert_in_chain"}


@rule(over=served_hosts, cause=Cause.WIRING, severity=Severity.WARNING)
def served_certificate_differs(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host shows another certificate than the one that is stored for it.

    A renewal that was uploaded is not yet what clients get: a reference that was moved takes a few
    minutes, and a keystore that is named directly, or whose alias was replaced, is read again only
    when the Routers restart. The old certificate then expires although the new one lies in Edge. Or
    something before the Routers (a load balancer, a CDN) ends TLS with a certificate of its own.

    Remedy: where a reference names the keystore, wait a few minutes and probe again; where it is
    named directly, or the certificate was replaced under the same alias, restart the Routers one
    after another (Public Cloud: ask Apigee Support). Where a load balancer shows it, renew it
    there.

    Source: Apigee Edge, "Update a TLS certificate", "Working with references".
    """
    stored, served = stored_leaf(observation, evidence), observation.chain[0]
    if stored is None or is_same(stored.certificate, served):
        return
    host = observation.subject
    name = host.tls.keystore if host and host.tls else None
    is_referred = name is not None and name.reference is not None
    if is_referred:
        due = "it is named by a reference, so wait a few minutes, else restart the Routers"
    else:
        due = "its keystore is named directly, so the Routers must restart"
    told = (
        f"{observation.asked.told} shows {named(served)} ({_time(served, evidence)}), and not"
        f" {named(stored.certificate)} ({_time(stored.certificate, evidence)}), which"
        f" {stored.where} holds: stored, not active; {due}"
    )
    facts = {
        "host": observation.asked.host,
        "router": observation.asked.router,
        "served": served.sha256,
        "stored": stored.certificate.sha256,
        "stored_at": stored.where,
        "wiring": "reference" if is_referred else "direct",
    }
    severity = Severity.ERROR if has_expired(served, evidence.now) else Severity.WARNING
    yield hit(observation, told, facts, severity, certificate=served)


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
        facts = dict(_OPENSSL)
    else:
        return
    missing = found[-1].issuer
    told = f"{observation.asked.told} does not send {missing}, the issuer of {named(found[-1])}"
    if len(found) > 1:
        told += "; if that is a root, which need not be sent, name it with --trust"
    facts |= {"missing_issuer": missing, "sent": [each.subject for each in chain]}
    yield hit(observation, told, facts, certificate=chain[0])


@rule(over=served_chains, cause=Cause.HOSTNAME_MISMATCH, severity=Severity.ERROR)
def served_name_mismatch(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint shows a certificate that does not cover the name it was asked for.

    A client that verifies names ends the handshake as soon as it has read the certificate
    (RFC 9525, 6). Southbound it is a warning: Edge checks the name only where it is told to, by
    CommonName in SSLInfo, and that name is then the one that is looked for. Of a virtual host that
    shows what is stored for it, uncovered-host-alias speaks.

    Remedy: have the certificate reissued with the name in subjectAltName, or call the endpoint by a
    name that it has. Where another site's certificate is shown, see that the server knows the name
    (SNI).

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Host name mismatch"; "Options for
    configuring TLS" (CommonName).
    """
    leaf, asked = observation.chain[0], observation.asked
    is_southbound = asked.direction == "southbound"
    java = RELEASES.get(evidence.java or 0) if is_southbound else None
    names = sorted(
        name for name in _wanted(observation, evidence) if not _speaks_for(leaf, name, java)
    )
    if not names:
        return
    engine = evidence.engine("southbound") if java else None if is_southbound else "OpenSSL"
    has = ", ".join(leaf.names or leaf.common_names) or "no host"
    yield hit(
        observation,
        f"{asked.told} shows a certificate for {has}, and not for {', '.join(names)}",
        {"hosts": names, "covered": list(leaf.names), "engine": engine},
        Severity.WARNING if is_southbound else Severity.ERROR,
        certificate=leaf,
    )


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


def _speaks_for(leaf: Certificate, name: str, java: Release | None) -> bool:
    return java_covers(leaf, name, java) is None if java else covers(leaf, name)


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


def _wanted(observation: Observation, evidence: Evidence) -> set[str]:
    """The names that the leaf should cover; none where nobody has said which."""
    asked = observation.asked
    subjects = asked.subjects
    if not subjects:
        name = asked.sni or asked.host
        return set() if is_address(name) else {name}
    if all(isinstance(each, VirtualHost) for each in subjects):
        is_trial = any(getattr(each, "uses_free_trial_certificate", False) for each in subjects)
        is_said = evidence.judges("uncovered-host-alias") and _shows_what_is_stored(
            observation, evidence
        )
        return set() if is_trial or is_said else {asked.host}
    told = {(each.tls and each.tls.common_name) or asked.host for each in subjects}
    return {each for each in told if not set("{*") & set(each)}


def _shows_what_is_stored(observation: Observation, evidence: Evidence) -> bool:
    stored = [stored_leaf(each, evidence) for each in observation.each()]
    return any(each and is_same(each.certificate, observation.chain[0]) for each in stored)


def _is_stored(observation: Observation, evidence: Evidence) -> bool:
    """Whether the chain is that of the virtual host's key alias."""
    aliases = (evidence.impact.key_alias(each) for each in observation.asked.subjects)
    return any(alias and alias.certificates == observation.chain for alias in aliases)


def is_same(one: Certificate, other: Certificate) -> bool:
    """By fingerprint; of one that is known by description only by issuer and serial number."""
    if one.sha256 and other.sha256:
        return one.sha256 == other.sha256
    numbered = (one.issuer_canonical, one.serial)
    return numbered == (other.issuer_canonical, other.serial)


def _place(observation: Observation) -> str:
    return observation.subject.where if observation.subject else observation.where


def named(certificate: Certificate) -> str:
    return certificate.subject or f"serial {certificate.serial}"


def _time(certificate: Certificate, evidence: Evidence) -> str:
    return f"serial {certificate.serial}, {time_left(certificate, evidence.now)}"
