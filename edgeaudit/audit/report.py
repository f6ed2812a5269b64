"""All that an audit has to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from edgeaudit.audit.finding import Finding, Severity
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.reading import Installation, InstalledGap
    from edgeaudit.audit.shown import Shown
    from edgeaudit.audit.timeline import Event
    from edgeaudit.shard import Shard
    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class Suppressed:
    """A finding that is known and borne: why, to the end of which day (None: for good), by whom."""

    finding: Finding
    reason: str
    expires: date | None
    owner: str = ""


@dataclass(frozen=True)
class StaleSuppression:
    """A suppression that should go: its day has passed, or there is nothing that it suppresses."""

    suppression: Suppression
    flaw: Literal["expired", "unused"]


@dataclass(frozen=True)
class CertificateFound:
    """A distinct certificate, and every place where it was found."""

    certificate: Certificate
    found_at: tuple[str, ...]

    @property
    def role(self) -> str:
        """`leaf`, `intermediate` or `root`, by what it says of itself."""
        if not self.certificate.is_ca:
            return "leaf"
        return "root" if self.certificate.is_self_issued else "intermediate"


@dataclass(frozen=True)
class Report:
    """All that one audit has to say.

    `examined` counts the subjects that each rule looked at; a rule that is switched off is not in
    it. What is suppressed is not among the findings. `look_ahead` gives the `events`. Of a `shard`
    alone `keys_held` are told: `shared-certificate` as it may be found in others too, once for each
    certificate that lies with its private key; a Suppressed one where it would be. It
    `is_of_captures` where these stand in the place of installations. `shown` is what endpoints were
    seen to show.
    """

    made_at: datetime
    at: datetime
    installations: tuple[Installation, ...]
    examined: Mapping[str, int]
    findings: tuple[Finding, ...]
    gaps: tuple[InstalledGap, ...]
    left_out: tuple[str, ...]
    certificates: tuple[CertificateFound, ...]
    suppressed: tuple[Suppressed, ...] = ()
    stale_suppressions: tuple[StaleSuppression, ...] = ()
    shard: Shard | None = None
    keys_held: tuple[Finding | Suppressed, ...] = ()
    is_of_captures: bool = False
    shown: tuple[Shown, ...] = ()
    look_ahead: Callable[[], tuple[Event, ...]] = field(default=tuple, compare=False, repr=False)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The beginnings to come and the ends of the certificates in use, in order.

        They take as long as all rules together, and few formats tell them.
        """
        return self.look_ahead()

    @property
    def is_complete(self) -> bool:
        """Whether all was read that was to be read."""
        return not self.gaps

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(finding.severity is severity for finding in self.findings)
