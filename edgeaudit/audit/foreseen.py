"""What a handshake of the Message Processor with a backend that was asked would come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.sightings import java_offer, java_verdict
from edgeaudit.tls.agreement import agreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.observed import Asked, Observation
    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import Inventory
    from edgeaudit.tls.agreement import Agreement
    from edgeaudit.x509.jsse import JavaVerdict
    from edgeaudit.x509.trust import Trust


class Foreseen(NamedTuple):
    """For the target at `target`, by the Java release `java`: version and suite, and the verdict.

    Each is None where it is not known. `hosts` are the Message Processors of which it holds, none
    where no file of any was read.
    """

    target: str
    hosts: tuple[str, ...]
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
        each.asked: tuple(
            foreseen
            for one in each.each()
            for foreseen in _foreseen(one, known[each.asked.installation])
        )
        for each in observations
        if each.is_reached and each.asked.direction == "southbound"
    }


def _foreseen(observation: Observation, evidence: Evidence) -> Iterator[Foreseen]:
    """What is foreseen by each Message Processor, once where they are alike."""
    where = observation.subject.where if observation.subject else ""
    alike: dict[tuple[int | None, Agreement | None, JavaVerdict | None], list[str | None]] = {}
    for processor in evidence.message_processors:
        offered = java_offer(observation, evidence, processor)
        outcome = agreement(offered, observation.service) if offered else None
        verdict = java_verdict(observation, evidence, evidence.now, processor)
        alike.setdefault((processor.java, outcome, verdict), []).append(processor.host)
    for known, hosts in alike.items():
        yield Foreseen(where, tuple(filter(None, hosts)), *known)
