"""What a handshake of the Message Processor with a backend that was asked would come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.sightings import java_offer, java_verdict
from edgeaudit.tls.agreement import agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.observed import Asked, Observation
    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import Inventory
    from edgeaudit.tls.agreement import Agreement
    from edgeaudit.x509.jsse import JavaVerdict
    from edgeaudit.x509.trust import Trust


class Foreseen(NamedTuple):
    """For the target at `target`, by the Java release `java`: version and suite, and the verdict.

    Each is None where it is not known.
    """

    target: str
    java: int | None
    outcome: Agreement | None
    verdict: JavaVerdict | None


def foresee(
    inventories: Sequence[Inventory],
    observations: Sequence[Observation],
    trust: Trust,
    policy: Policy,
    now: datetime,
) -> Mapping[Asked, tuple[Foreseen, ...]]:
    """For each of the backends that had their say, what is foreseen of each target."""
    known = {one.installation: Evidence(one, trust, policy, now) for one in inventories}
    return {
        each.asked: tuple(_foreseen(one, known[each.asked.installation]) for one in each.each())
        for each in observations
        if each.is_reached and each.asked.direction == "southbound"
    }


def _foreseen(observation: Observation, evidence: Evidence) -> Foreseen:
    offered = java_offer(observation, evidence)
    return Foreseen(
        observation.subject.where if observation.subject else "",
        evidence.java,
        agreement(offered, observation.service) if offered else None,
        java_verdict(observation, evidence, evidence.now),
    )
