"""What endpoints did when they were asked, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.diagnosis import diagnose, without_packets
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports.capture import chain_data, handshake_data
from edgeaudit.reports.json import finding_data
from edgeaudit.tls.handshake import cipher_name
from edgeaudit.x509.names import read_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.foreseen import Foreseen
    from edgeaudit.audit.observed import Asked, LeftOut, Observation
    from edgeaudit.audit.report import Report
    from edgeaudit.tls.service import Service
    from edgeaudit.x509.trust import Trust


@dataclass(frozen=True)
class Probed:
    """What services did, the report on it, and what was not asked on purpose; under `trust`.

    `foreseen` is what handshakes of the Message Processor would come to.
    """

    report: Report
    observations: Sequence[Observation]
    left_out: Sequence[LeftOut]
    trust: Trust
    foreseen: Mapping[Asked, tuple[Foreseen, ...]]


def as_json(probed: Probed) -> str:
    """As `docs/probe.schema.json` describes it."""
    report = probed.report
    data = {
        "schema": "edgeaudit/probe/1",
        "at": instant(report.at),
        "complete": report.is_complete,
        "endpoints": [_endpoint(each, probed) for each in probed.observations],
        "examined": dict(report.examined),
        "gaps": [gap.as_data() for gap in report.gaps],
        "left_out": [{"where": where, "reason": reason} for where, reason in probed.left_out],
    }
    return json.dumps(data, indent=2) + "\n"


def findings_of(observation: Observation, report: Report) -> list[Finding]:
    """What is found of a service."""
    return [each for each in report.findings if observation.has(each)]


def issuers(service: Service) -> list[str]:
    """All the issuers of client certificates that a service names."""
    found = []
    for der in service.request.authorities if service.request else ():
        try:
            found.append(read_name(der).text)
        except (ValueError, IndexError):
            found.append(f"a name that cannot be read ({der[:20].hex()})")
    return found


def _endpoint(observation: Observation, probed: Probed) -> dict[str, Any]:
    service, asked = observation.service, observation.asked
    return {
        "endpoint": observation.where,
        "asked_at": instant(service.at),
        "direction": asked.direction,
        "installation": asked.installation,
        "subjects": [each.where for each in asked.subjects],
        "router": asked.router,
        "address": service.address and str(service.address),
        "server_name": asked.sni and printable(asked.sni),
        "reachable": observation.is_reached,
        "phase": service.phase,
        "trouble": printable(service.trouble) or None,
        "protocols": {each.spelling: is_so for each, is_so in sorted(service.versions.items())},
        "ciphers": {
            each.spelling: list(map(cipher_name, codes))
            for each, codes in sorted(service.suites.items())
        },
        "server_order": {each.spelling: is_so for each, is_so in sorted(service.orders.items())},
        "sni": service.use_of_sni,
        "served": {
            "with_sni": _served(service, "with_name"),
            "without_sni": _served(service, "without_name"),
        },
        "client_certificate": _client_data(service),
        "message_processor": [_foreseen(each) for each in probed.foreseen.get(asked, ())],
        "connections": service.connections,
        "handshakes": _handshakes(observation, probed),
        "findings": [finding_data(each) for each in findings_of(observation, probed.report)],
    }


def _served(service: Service, which: str) -> list[dict[str, Any]] | None:
    """The certificates; null where they were not seen."""
    handshake = getattr(service, which)
    return chain_data(handshake.server_chain) if handshake else None


def _client_data(service: Service) -> dict[str, Any]:
    request = service.request
    return {
        "requested": request is not None or bool(service.needs_client_certificate),
        "required": service.needs_client_certificate,
        "accepted": service.takes_client_certificate,
        "issuers": issuers(service),
        "key_types": list(request.types) if request else [],
        "signature_algorithms": list(request.signature_algorithms) if request else [],
    }


def _handshakes(observation: Observation, probed: Probed) -> list[dict[str, Any]]:
    service = observation.service
    all_of_them = (
        service.with_name,
        service.without_name,
        service.with_foreign_name,
        service.with_certificate,
    )
    return [
        handshake_data(each, diagnose(without_packets(each), probed.trust))
        for each in all_of_them
        if each is not None
    ]


def _foreseen(foreseen: Foreseen) -> dict[str, Any]:
    outcome, verdict = foreseen.outcome, foreseen.verdict
    return {
        "target": foreseen.target,
        "hosts": list(foreseen.hosts),
        "java": foreseen.java,
        "protocol": outcome and outcome.version and outcome.version.spelling,
        "cipher": outcome and outcome.suite and outcome.suite.java,
        "lack": outcome and outcome.lack,
        "reason": (outcome and outcome.told) or None,
        "jsse": verdict and {"ok": verdict.ok, "reason": verdict.reason},
    }
