"""The report as JSON, as `docs/report.schema.json` describes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.report import Suppressed
from edgeaudit.audit.time_left import instant

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.reading import Installation
    from edgeaudit.audit.report import CertificateFound, Report, StaleSuppression
    from edgeaudit.x509.certificate import Certificate


def render(report: Report) -> str:
    """The whole report; the same report gives the same text."""
    return json.dumps(as_data(report), indent=2) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as values that JSON knows."""
    return {
        "schema": "edgeaudit/report/1",
        **_shard(report),
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "made_at": instant(report.made_at),
        "at": instant(report.at),
        "installations": [installation_data(one) for one in report.installations],
        "complete": report.is_complete,
        "summary": {
            **{severity.value: report.count(severity) for severity in Severity},
            "suppressed": len(report.suppressed),
            "gaps": len(report.gaps),
        },
        "examined": dict(report.examined),
        "findings": [finding_data(finding) for finding in report.findings],
        "suppressed": [
            {**finding_data(each.finding), "suppression": _suppression(each)}
            for each in report.suppressed
        ],
        "stale_suppressions": [_stale(each) for each in report.stale_suppressions],
        "gaps": [gap.as_data() for gap in report.gaps],
        "left_out": list(report.left_out),
        "certificates": [_found(found) for found in report.certificates],
    }


def _shard(report: Report) -> dict[str, Any]:
    """What a part of an audit tells besides, so that it can be joined with the others."""
    if report.shard is None:
        return {}
    held = [
        {**finding_data(each.finding), "suppression": _suppression(each)}
        if isinstance(each, Suppressed)
        else finding_data(each)
        for each in report.keys_held
    ]
    return {"shard": report.shard._asdict(), "keys_held": held}


def installation_data(one: Installation) -> dict[str, Any]:
    """A management server, as values that JSON knows."""
    return {"name": one.name, "source": one.source, "complete": one.is_complete}


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding, as values that JSON knows."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "cause": finding.cause.value,
        "direction": finding.direction,
        "installation": finding.installation,
        "where": finding.where,
        "message": finding.message,
        "certificate": finding.certificate and identity(finding.certificate),
        "facts": dict(finding.facts),
        "affects": list(finding.affects),
        "remedy": list(finding.steps or finding.remedy),
        "also_at": list(finding.also_at),
        "id": finding.id,
    }


def _suppression(by: Suppressed | Suppression) -> dict[str, Any]:
    expires = by.expires and by.expires.isoformat()
    return {"reason": by.reason, "expires": expires, "owner": by.owner}


def _stale(stale: StaleSuppression) -> dict[str, Any]:
    entry = stale.suppression
    return {
        "flaw": stale.flaw,
        "rule": entry.scope.rule,
        "where": entry.scope.where,
        "installation": entry.scope.installation,
        "certificate": entry.certificate,
        **_suppression(entry),
    }


def identity(certificate: Certificate) -> dict[str, Any]:
    """What tells a certificate from others, and its dates."""
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": instant(certificate.not_before),
        "not_after": instant(certificate.not_after),
    }


def _found(found: CertificateFound) -> dict[str, Any]:
    certificate = found.certificate
    return {
        **identity(certificate),
        "names": list(certificate.names),
        "key": certificate.key,
        "signature": certificate.signature,
        "role": found.role,
        "known_by": certificate.known_by,
        "found_at": list(found.found_at),
    }
