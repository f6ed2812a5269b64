"""The certificates that services show, which lie with others than Edge and end there too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeaudit.audit.causes.certificates import path
from edgeaudit.audit.sightings import MOMENT, is_accepted, served_chains

if TYPE_CHECKING:
    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation
    from edgeaudit.inventory import Endpoint
    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class Shown:
    """The `chain` that `service`, HOST:PORT, shows; an endpoint of Edge, at `where`, is it or
    calls it.

    The chain has the leaf and those above it that were sent, but no root: nobody takes that from
    there. `unstored` are those of it that are to be followed here: all that a backend shows, and of
    a virtual host's what no keystore holds. It `is_mild` where no handshake fails at its
    end: the Message Processor is told to check nothing, or takes it as a trust anchor.
    """

    installation: str
    where: str
    service: str
    chain: tuple[Certificate, ...]
    unstored: tuple[Certificate, ...]
    is_mild: bool
    affects: tuple[str, ...]


def shown(evidence: Evidence) -> tuple[Shown, ...]:
    """What is shown by the services that were asked, for each of their endpoints in use."""
    if not evidence.observations:
        return ()
    aliases = evidence.impact.aliases.values()
    stored = {_number(one) for alias in aliases for one in alias.certificates}
    found = (
        _shown(subject, each, evidence, stored)
        for each in served_chains(evidence)
        for subject in each.asked.subjects
        if evidence.impact.is_live(subject)
    )
    return tuple(dict.fromkeys(found))


def _shown(
    subject: Endpoint, by: Observation, evidence: Evidence, stored: set[tuple[bytes, str]]
) -> Shown:
    own = replace(by, subject=subject)
    leaf, *issuers = path(by.chain)
    chain = (leaf, *(each for each in issuers if not each.is_self_issued))
    is_backend = by.asked.direction == "southbound"
    end = min(each.not_after for each in chain)
    return Shown(
        installation=by.asked.installation,
        where=subject.where,
        service=by.where,
        chain=chain,
        unstored=tuple(each for each in chain if is_backend or _number(each) not in stored),
        is_mild=is_backend and is_accepted(own, end + MOMENT, evidence),
        affects=own.affected(evidence.impact),
    )


def _number(certificate: Certificate) -> tuple[bytes, str]:
    """What no two certificates share (RFC 5280, 4.1.2.2), even of one known by description."""
    return certificate.issuer_canonical, certificate.serial
