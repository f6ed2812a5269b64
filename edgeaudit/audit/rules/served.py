"""Whether a service shows the certificate that it should, for the name that it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit
from edgeaudit.audit.sightings import served_chains, served_hosts, stored_leaf
from edgeaudit.audit.time_left import has_expired, time_left
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.hostname import covers, is_address
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_hosts import java_covers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release


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


def _speaks_for(leaf: Certificate, name: str, java: Release | None) -> bool:
    return java_covers(leaf, name, java) is None if java else covers(leaf, name)


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


def is_same(one: Certificate, other: Certificate) -> bool:
    """By fingerprint; of one that is known by description only by issuer and serial number."""
    if one.sha256 and other.sha256:
        return one.sha256 == other.sha256
    numbered = (one.issuer_canonical, one.serial)
    return numbered == (other.issuer_canonical, other.serial)


def named(certificate: Certificate) -> str:
    return certificate.subject or f"serial {certificate.serial}"


def _time(certificate: Certificate, evidence: Evidence) -> str:
    return f"serial {certificate.serial}, {time_left(certificate, evidence.now)}"
