"""Captures that were watched, and the report on them: a finding for each group of failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.audit.causes.certificates import readable
from edgeaudit.audit.diagnosis import facts_of
from edgeaudit.audit.finding import Cause, Finding, Severity
from edgeaudit.audit.places import Places
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.report import CertificateFound, Report
from edgeaudit.audit.rules import RULES
from edgeaudit.inventory import Gap
from edgeaudit.plural import counted
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.failures import Group, Tally
    from edgeaudit.inventory import Inventory
    from edgeaudit.x509.certificate import Certificate

RULE = "failed-handshake"
_OF_CLIENTS = {
    Cause.MISSING_CLIENT_CERTIFICATE,
    Cause.EXPIRED_CLIENT_CERTIFICATE,
    Cause.UNKNOWN_CLIENT_CERTIFICATE,
}


@dataclass(frozen=True)
class Watched:
    """One capture: its name, its handshakes, and what of it could not be read.

    `left_out` counts packets by reason; `trouble` says where the file ended too early, or "".
    """

    file: str
    packets: int
    left_out: Mapping[str, int]
    trouble: str
    tally: Tally

    @property
    def is_complete(self) -> bool:
        """Whether all of it could be read."""
        return not self.trouble and not self.left_out

    @property
    def unread(self) -> list[str]:
        """What could not be read, and why."""
        told = [
            f"{counted(count, 'packet')}: {reason}"
            for reason, count in sorted(self.left_out.items())
        ]
        return told + ([self.trouble] if self.trouble else [])


def report(
    watched: Sequence[Watched], made_at: datetime, inventories: Sequence[Inventory] = ()
) -> Report:
    """What is to be said of captures, those failures first that came most often.

    A capture stands as an installation does; its certificates are those that were shown.
    """
    places = Places(inventories)
    seen: dict[Certificate, list[str]] = {}
    for each in watched:
        for certificate in each.tally.certificates:
            seen.setdefault(certificate, []).append(each.file)
    found = (CertificateFound(each, tuple(files)) for each, files in seen.items())
    return Report(
        made_at=made_at,
        at=made_at,
        installations=tuple(Installation(w.file, w.file, w.is_complete) for w in watched),
        examined={RULE: sum(w.tally.healthy + w.tally.failures for w in watched)},
        findings=tuple(each for one in watched for each in findings(one, places)),
        gaps=tuple(each for one in watched for each in _gaps(one)),
        left_out=(),
        is_of_captures=True,
        certificates=tuple(
            sorted(found, key=lambda one: (one.certificate.not_after, one.found_at))
        ),
    )


def findings(watched: Watched, places: Places) -> Iterator[Finding]:
    """One for each group of equal failures."""
    for group in watched.tally.groups:
        yield places.also_told(_finding(watched, group))


def _finding(watched: Watched, group: Group) -> Finding:
    found, at = group.diagnosis, group.at
    seen = f", seen {group.count} times" if group.count > 1 else ""
    return Finding(
        rule=RULE,
        severity=_severity(group),
        cause=found.cause or Cause.UNKNOWN,
        direction=at.direction if at else None,
        installation=watched.file,
        where=str(group.example.server),
        message=" ".join(filter(None, [f"{found.title}{seen}.", found.explanation, found.advice])),
        certificate=_certificate(group),
        facts={
            "count": group.count,
            "clients": len(group.clients),
            "sni": group.example.sni,
            "first": f"{group.first:%Y-%m-%dT%H:%M:%SZ}",
            "last": f"{group.last:%Y-%m-%dT%H:%M:%SZ}",
            **facts_of(group.example, found),
            "endpoints": [each.where for each in at.endpoints] if at else [],
            "truststores": [each.where for each in at.truststores or ()] if at else [],
        },
        affects=at.affects if at else (),
        remedy=RULES[RULE].remedy,
        fingerprint=group.id,
    )


def _severity(group: Group) -> Severity:
    """Of a handshake that was completed and only may have been refused, a warning."""
    has_failed = group.example.ending is not Ending.COMPLETED
    is_known = group.diagnosis.confidence != "possible"
    return Severity.ERROR if has_failed or is_known else Severity.WARNING


def _certificate(group: Group) -> Certificate | None:
    """The one that matters: the client's, where the cause is about that."""
    is_clients = group.diagnosis.cause in _OF_CLIENTS
    example = group.example
    shown = readable(example.client_chain if is_clients else example.server_chain)
    return shown[0] if shown else None


def _gaps(watched: Watched) -> Iterator[InstalledGap]:
    for told in watched.unread:
        yield InstalledGap(watched.file, Gap(watched.file, "unparsable", told))
