"""All that a rule may look at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.audit.fleet import Fleet
from edgeaudit.audit.neighbours import Neighbours
from edgeaudit.audit.subjects import Subjects
from edgeaudit.x509.bundle import best_verdict
from edgeaudit.x509.diagnosis import diagnose

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from edgeaudit.audit.observed import Observation
    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import Alias, Direction, Inventory
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.diagnosis import Flaw
    from edgeaudit.x509.trust import Trust


class Evidence(Subjects):
    """An inventory to be judged at `now`, against `policy` and `trust`.

    `observations` are what its services did when they were asked (their scopes: sightings.py);
    `neighbours` tells what lies together.
    """

    def __init__(
        self,
        inventory: Inventory,
        trust: Trust,
        policy: Policy,
        now: datetime,
        observations: tuple[Observation, ...] = (),
        slugs: Collection[str] | None = None,
    ) -> None:
        super().__init__(inventory)
        self.trust = trust
        self.policy = policy
        self.now = now
        self.neighbours = Neighbours(self)
        self.observations = observations
        self._slugs = slugs
        # the same chain lies in many places, as a rule
        self._flaws: dict[tuple[tuple[Certificate, ...], bool], tuple[Flaw, ...]] = {}
        self._flaws_at: dict[str, tuple[Flaw, ...]] = {}

    # judgements that several rules stand on

    def judges(self, slug: str) -> bool:
        """Whether that rule judges in this run too."""
        return self._slugs is None or slug in self._slugs

    @cached_property
    def fleet(self) -> Fleet:
        """What the hosts have in common."""
        return Fleet(self._hosts)

    @cached_property
    def fingerprints(self) -> frozenset[str | None]:
        """The SHA-256 of all certificates that are stored."""
        return frozenset(each.certificate.sha256 for each in self.stored_certificates())

    @cached_property
    def places_of_endpoints(self) -> frozenset[str]:
        """The lines of the hosts' files that the rules about virtual hosts and targets speak of."""
        offers = (offer for each in self.tls_endpoints() for offer in self.offers(each))
        return frozenset(
            where for each in offers for where in (each.protocols_at, each.ciphers_at) if where
        )

    def engine(self, direction: Direction | None) -> str | None:
        """Whose verdict counts on that side of Edge: `OpenSSL`, `Java 8`, `Java`; None on neither.

        That of nginx, which is OpenSSL's, for clients of the Router; that of the Message
        Processors' Java, whose version may not be known, for backends.
        """
        if direction == "southbound":
            return "Java" if self.java is None else f"Java {self.java}"
        return "OpenSSL" if direction else None

    def flaws(self, alias: Alias) -> tuple[Flaw, ...]:
        """What is wrong in the alias's chain, as far as it could be read."""
        if alias.where not in self._flaws_at:
            certificates, is_whole = alias.certificates, alias.can_be_verified
            if (certificates, is_whole) not in self._flaws:
                verdict = best_verdict(certificates, self.trust, self.now) if is_whole else None
                self._flaws[certificates, is_whole] = diagnose(certificates, verdict)
            self._flaws_at[alias.where] = self._flaws[certificates, is_whole]
        return self._flaws_at[alias.where]
