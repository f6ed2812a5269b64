"""One report that holds everything a report can: all formats are tested on it."""

from __future__ import annotations

from datetime import date, datetime, timezone

from edgeaudit.audit.finding import Cause, Finding, Severity
from edgeaudit.audit.policy import Suppression
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.report import CertificateFound, Report, StaleSuppression, Suppressed
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.timeline import Event
from edgeaudit.inventory import Gap
from edgeaudit.x509.certificate import Certificate

AT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def _certificate(subject: str, sha256: str | None, not_after: datetime) -> Certificate:
    return Certificate(
        der=None if sha256 is None else b"",
        sha256=sha256,
        subject=subject,
        issuer="CN=Acme Issuing CA",
        subject_canonical=subject.encode(),
        issuer_canonical=b"issuing",
        serial="4d2",
        not_before=datetime(2025, 11, 20, tzinfo=timezone.utc),
        not_after=not_after,
        dns_names=("api.example.com",),
        ip_addresses=(),
        has_san=True,
        common_names=("api.example.com",),
        key="EC P-256",
        signature="sha256",
        is_ca=False,
        subject_key_id=None,
        authority_key_id=None,
        known_by="description" if sha256 is None else "certificate",
    )


EXPIRED = _certificate(
    "CN=api.example.com", "ab" * 32, datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
)
HOSTILE = _certificate(
    "CN=<script>alert(1)</script>, O=\x1b[31m=1+1\u202e\nX",
    None,
    datetime(2026, 12, 3, 12, tzinfo=timezone.utc),
)


def _end(certificate: Certificate, where: str, affected: str) -> Event:
    return Event(
        moment=certificate.not_after,
        kind="expires",
        severity=Severity.ERROR,
        certificate=certificate,
        installations=("default",),
        uses={where: (affected,)},
        also_at=(),
    )


REPORT = Report(
    made_at=AT,
    at=AT,
    installations=(Installation("default", "http://edge.example:8080/v1", is_complete=False),),
    examined={"expired-certificate": 2, "missing-keystore": 1, "expiring-certificate": 2},
    findings=(
        Finding(
            rule="expired-certificate",
            severity=Severity.ERROR,
            cause=Cause.EXPIRED_CERTIFICATE,
            direction="northbound",
            installation="default",
            where="acme/prod/keystores/web/2025#0",
            message="expired 3 days ago, at 2026-11-20 12:00:00 UTC",
            certificate=EXPIRED,
            facts={"days_left": -3},
            affects=("acme/prod/virtualhosts/secure", "acme/prod/virtualhosts/secure-eu"),
            remedy=("Upload the renewed certificate.",),
            also_at=("acme/test/keystores/web/2025#0",),
        ),
        Finding(
            rule="missing-keystore",
            severity=Severity.ERROR,
            cause=Cause.WIRING,
            direction="southbound",
            installation="default",
            where="acme/prod/targetservers/backend",
            message="the keystore client does not exist",
            facts={"keystore": "client"},
            remedy=("Create the keystore under that name.",),
            steps=(
                "EDGE=http://edge.example:8080/v1",
                "# new-chain.pem: the certificate, then its issuers.",
                """curl -d '{"name": "client"}' "$EDGE/o/acme/e/prod/keystores\"""",
            ),
        ),
        Finding(
            rule="expiring-certificate",
            severity=Severity.WARNING,
            cause=Cause.EXPIRED_CERTIFICATE,
            direction=None,
            installation="default",
            where="acme/prod/keystores/=cmd%0A/x#0",
            message="expires in 10 days, at 2026-12-03 12:00:00 UTC",
            certificate=HOSTILE,
            facts={"days_left": 10},
            remedy=("Renew it now.",),
        ),
    ),
    gaps=(
        InstalledGap(
            "default",
            Gap(
                "acme/prod/references",
                "forbidden",
                "HTTP 403: no permission",
                "ask for the role Read-only Organization Administrator",
            ),
        ),
    ),
    left_out=("acme/portal",),
    certificates=(
        CertificateFound(
            EXPIRED, ("acme/prod/keystores/web/2025#0", "acme/test/keystores/web/2025#0")
        ),
        CertificateFound(HOSTILE, ("acme/prod/keystores/=cmd%0A/x#0",)),
    ),
    suppressed=(
        Suppressed(
            Finding(
                rule="expired-certificate",
                severity=Severity.NOTE,
                cause=Cause.EXPIRED_CERTIFICATE,
                direction=None,
                installation="default",
                where="acme/prod/keystores/old/server#0",
                message="expired 3 days ago, at 2026-11-20 12:00:00 UTC",
                certificate=EXPIRED,
                facts={"days_left": -3},
                remedy=("Upload the renewed certificate.",),
            ),
            reason="decommissioned in March, =1+1 \x1b[31m<b>",
            expires=date(2027, 3, 31),
            owner="platform team",
        ),
    ),
    stale_suppressions=(
        StaleSuppression(
            Suppression(
                Scope("common-name-only", "acme/test/*"), "being replaced", date(2026, 11, 22)
            ),
            "expired",
        ),
        StaleSuppression(
            Suppression(Scope("*", "*", "def*"), "of the old CA", None, "security", "cd" * 32),
            "unused",
        ),
    ),
    look_ahead=lambda: (
        _end(EXPIRED, "acme/prod/keystores/web/2025#0", "acme/prod/virtualhosts/secure"),
        _end(HOSTILE, "acme/prod/keystores/=cmd%0A/x#0", "acme/prod/proxies/<b>=1+1"),
    ),
)

EMPTY = Report(
    made_at=AT,
    at=AT,
    installations=(Installation("default", "http://edge.example:8080/v1", is_complete=True),),
    examined={"expired-certificate": 2},
    findings=(),
    gaps=(),
    left_out=(),
    certificates=(),
)
