"""What an organization asks of its certificates, and what it lets pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from edgeaudit.tls.cipher_string import selected
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from edgeaudit.audit.finding import Finding, Severity
    from edgeaudit.audit.scope import Scope
    from edgeaudit.tls.ciphers import Suite
    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class Threshold:
    """How long before its end a certificate is spoken of: so many days, or a share of its life."""

    days: float = 0
    share: float = 0

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """`30`, `30d` or `20%`; raises ValueError for anything else."""
        match = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]+)?)\s*([d%]?)", text.strip())
        if match is None or (match[2] == "%" and float(match[1]) > 100):
            raise ValueError("days (30d) or a share of the life time (20%)")
        amount = float(match[1])
        return cls(share=amount / 100) if match[2] == "%" else cls(days=amount)

    def always_exceeds(self, other: Threshold) -> bool:
        """Whether it is the longer one, however long a certificate lives."""
        return self.days >= other.days and self.share >= other.share and self != other

    def is_reached(self, certificate: Certificate, now: datetime) -> bool:
        """Whether at `now` no more than this is left of the certificate's life."""
        return certificate.not_after - now <= self.span(certificate)

    def span(self, certificate: Certificate) -> timedelta:
        """How long before the certificate's end it is reached."""
        if not self.share:
            return self._days
        return self._days + (certificate.not_after - certificate.not_before) * self.share

    @cached_property
    def _days(self) -> timedelta:
        return timedelta(days=self.days)


@dataclass(frozen=True)
class Override:
    """Another severity for what is in `scope`; None switches it off."""

    scope: Scope
    severity: Severity | None


@dataclass(frozen=True)
class Suppression:
    """Findings that are known and borne: those in `scope`, or of them those on one certificate.

    It holds to the end (UTC) of the day `expires`, for good if that is None. `certificate` is a
    SHA-256 in hexadecimal.
    """

    scope: Scope
    reason: str
    expires: date | None
    owner: str = ""
    certificate: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of that finding, today or not."""
        if self.certificate is not None:
            found = finding.certificate
            if found is None or found.sha256 != self.certificate:
                return False
        return self.scope.covers(finding)

    def has_expired(self, now: datetime) -> bool:
        """Whether its last day is over at `now`."""
        return self.expires is not None and now.astimezone(timezone.utc).date() > self.expires


@dataclass(frozen=True)
class Policy:
    """The thresholds of the audit, and what it lets no handshake be made of; of its rules, what is
    judged otherwise or let pass.

    A protocol below `protocol_floor` is legacy; `forbidden_ciphers` are weak besides those that
    are so by themselves, each as `forbidden_suites` takes it. Where several overrides speak of a
    finding the last one holds. `clients` are names of those kinds of clients (tls/clients.py) that
    no virtual host may shut out.
    """

    warn_within: Threshold = Threshold(days=30)
    error_within: Threshold = Threshold(days=7)
    protocol_floor: Version = Version.TLSV1_2
    forbidden_ciphers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    def is_off(self, rule: str, installation: str) -> bool:
        """Whether nothing that the rule could find in the installation would be told."""
        given = [each for each in self.overrides if each.scope.names(rule, installation)]
        return bool(given) and given[-1].severity is None and given[-1].scope.is_everywhere

    def overridden(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings with the severity that the overrides give, less what is switched off."""
        for finding in findings:
            given = [each for each in self.overrides if each.scope.covers(finding)]
            if not given:
                yield finding
            elif severity := given[-1].severity:
                yield replace(finding, severity=severity)

    def weaknesses(self, suite: Suite) -> tuple[str, ...]:
        """What speaks against a suite: RC4, MD5, ..., `forbidden`; nothing for a good one."""
        is_forbidden = suite in self._forbidden
        return (*suite.weaknesses, "forbidden") if is_forbidden else suite.weaknesses

    @cached_property
    def _forbidden(self) -> frozenset[Suite]:
        return frozenset().union(*map(forbidden_suites, self.forbidden_ciphers))


@lru_cache(maxsize=256)
def forbidden_suites(word: str) -> frozenset[Suite]:
    """The suite of that name, Java's, or those of a part of a cipher string: `CBC`, `kRSA+AES`.

    Raises ValueError where it is neither.
    """
    named = suite(word, "java")
    return frozenset([named]) if named else selected(word)
