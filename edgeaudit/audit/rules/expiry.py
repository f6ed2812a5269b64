"""Certificates before and after their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.time_left import days_left, has_expired, is_not_yet_valid, time_left, until

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

    Remedy: obtain the renewed certificate, upload it with its chain as an alias in a new keystore,
    and point the reference (or the virtual host or target server) at that keystore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Expired certificate sent by the
    server or client"; "Update a TLS certificate".
    """
    if has_expired(stored.certificate, evidence.now):
        told = time_left(stored.certificate, evidence.now)
        yield _dated(stored, evidence, Severity.ERROR, told, stored.certificate.not_after)


@rule(over=Evidence.stored_certificates, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.WARNING)
def expiring_certificate(stored: StoredCertificate, evidence: Evidence) -> Iterator[Hit]:
    """A certificate will expire before long.

    From its notAfter on, every handshake that needs it fails (see expired-certificate). It is a
    warning within `warn_within` and an error within `error_within` of the policy (30 and 7 days
    unless configured otherwise, or a share of the certificate's life, such as 20%).

    Remedy: renew it now: upload the new certificate with its chain as an alias in a new keystore,
    and point the reference (or the virtual host or target server) at that keystore.

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
    yield _dated(stored, evidence, severity, time_left(certificate, now), certificate.not_after)


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


def _dated(
    stored: StoredCertificate, evidence: Evidence, severity: Severity, told: str, moment: datetime
) -> Hit:
    if evidence.impact.only_anchors_backends(stored):
        severity = severity.at_most(Severity.WARNING)
    return Hit(
        f"{told}, at {moment:%Y-%m-%d %H:%M:%S} UTC",
        facts={"days_left": days_left(stored.certificate, evidence.now)},
        severity=severity,
        certificate=stored.certificate,
    )
