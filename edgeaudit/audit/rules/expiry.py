"""Certificates before and after their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.time_left import days_left, has_expired, is_not_yet_valid, time_left, until
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgeaudit.inventory import StoredCertificate


@rule(over=Evidence.stored_certificates, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.ERROR)
def expired_certificate(stored: StoredCertificate, evidence: Evidence) -> Iterator[Hit]:
    """A certificate has expired.

    Every certificate of the chain counts: a client ends the handshake when the leaf or any issuer
    on the path is past its notAfter (RFC 5280, 6.1.3; OpenSSL error 10), and so does Edge's Router
    with an expired client certificate or CA of a truststore. Java does not look at the dates of a
    trust anchor, so an expired CA in a truststore for backends is a warning only.

    Remedy: obtain the renewed certificate and upload it with its chain to a new keystore, under the
    same alias name; then point the reference at it. Where a store is named directly, name the new
    one there instead, and restart the Routers (virtual host), or deploy the proxy again or restart
    the Message Processors (target). The CA of a truststore is renewed in the same way.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Expired certificate sent by the
    server or client"; "Update a TLS certificate".
    """
    if has_expired(stored.certificate, evidence.now) and not _successor(stored, evidence):
        told = time_left(stored.certificate, evidence.now)
        yield _dated(stored, evidence, Severity.ERROR, told, stored.certificate.not_after)


@rule(over=Evidence.stored_certificates, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.WARNING)
def expiring_certificate(stored: StoredCertificate, evidence: Evidence) -> Iterator[Hit]:
    """A certificate will expire before long.

    From its notAfter on, every handshake that needs it fails (see expired-certificate). It is a
    warning within `warn_within` and an error within `error_within` of the policy (30 and 7 days
    unless configured otherwise, or a share of the certificate's life, such as 20%).

    Remedy: renew it now: upload the new certificate with its chain to a new keystore, under the
    same alias name, and point the reference at that keystore. Where a store is named directly, see
    expired-certificate.

    Source: Apigee Edge, "TLS/SSL handshake failures"; "Update a TLS certificate".
    """
    certificate, now, policy = stored.certificate, evidence.now, evidence.policy
    if has_expired(certificate, now):
        return  # expired-certificate says so
    if policy.error_within.is_reached(certificate, now):
        severity = Severity.ERROR
    elif policy.warn_within.is_reached(certificate, now):
        severity = Severity.WARNING
    else:
        return
    if not _successor(stored, evidence):
        yield _dated(stored, evidence, severity, time_left(certificate, now), certificate.not_after)


@rule(over=Evidence.trust_anchors, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.NOTE)
def superseded_certificate(stored: StoredCertificate, evidence: Evidence) -> Iterator[Hit]:
    """An expired or expiring certificate lies in a truststore beside its successor.

    The CA renewed its certificate and kept its name and key, so whatever it issued is accepted by
    way of the newer one: OpenSSL prefers an issuer that is valid, and Java does not look at the
    dates of a trust anchor. Nothing breaks when the older one goes.

    Remedy: leave the older certificate out when the truststore is next renewed.

    Source: Apigee Edge, "Update a TLS certificate"; OpenSSL, `X509_STORE_CTX_get1_issuer`.
    """
    certificate, now = stored.certificate, evidence.now
    is_near = evidence.policy.warn_within.is_reached(certificate, now)
    is_near = is_near or evidence.policy.error_within.is_reached(certificate, now)
    successor = _successor(stored, evidence) if is_near else None
    if successor and shares_key(certificate, successor.certificate):
        told = f"its successor is in the truststore; it {time_left(certificate, now)}"
        yield _dated(stored, evidence, Severity.NOTE, told, certificate.not_after)


@rule(
    over=Evidence.stored_certificates,
    cause=Cause.NOT_YET_VALID_CERTIFICATE,
    severity=Severity.ERROR,
)
def not_yet_valid_certificate(stored: StoredCertificate, evidence: Evidence) -> Iterator[Hit]:
    """A certificate is not valid yet.

    Before its notBefore a certificate is refused like an expired one (RFC 5280, 6.1.3; OpenSSL
    error 9). Often it was issued for a later change, or the clock of a host is wrong.

    Remedy: go back to the certificate that is valid today, or have this one reissued with an
    earlier notBefore; check the clocks of Router and Message Processor.

    Source: Apigee Edge, "TLS/SSL handshake failures"; RFC 5280, 4.1.2.5.
    """
    certificate, now = stored.certificate, evidence.now
    if is_not_yet_valid(certificate, now):
        told = f"becomes valid in {until(certificate.not_before, now)}"
        yield _dated(stored, evidence, Severity.ERROR, told, certificate.not_before)


def _successor(stored: StoredCertificate, evidence: Evidence) -> StoredCertificate | None:
    """The certificate in its truststore that is valid, lives longer, and has its name and key.

    Of several one whose key is known. Where it is known of none, nothing is known: then no rule
    speaks of either.
    """
    own, now = stored.certificate, evidence.now
    by_key: dict[bool | None, StoredCertificate] = {}
    for other in evidence.neighbours.namesakes(stored):
        certificate = other.certificate
        is_valid = not (has_expired(certificate, now) or is_not_yet_valid(certificate, now))
        if is_valid and certificate.not_after > own.not_after:
            by_key[shares_key(own, certificate)] = other
    return by_key.get(True) or by_key.get(None)


def _dated(
    stored: StoredCertificate, evidence: Evidence, severity: Severity, told: str, moment: datetime
) -> Hit:
    facts: dict[str, int | str | None] = {"days_left": days_left(stored.certificate, evidence.now)}
    if evidence.impact.only_anchors_backends(stored):
        severity = severity.at_most(Severity.WARNING)
        facts["engine"] = evidence.engine("southbound")
    return Hit(
        f"{told}, at {moment:%Y-%m-%d %H:%M:%S} UTC",
        facts=facts,
        severity=severity,
        certificate=stored.certificate,
    )
