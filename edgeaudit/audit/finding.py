"""What an audit finds."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.shown import Shown
    from edgeaudit.audit.timeline import Event
    from edgeaudit.inventory import Direction, Gap
    from edgeaudit.shard import Shard
    from edgeaudit.x509.certificate import Certificate


_REVISION = re.compile(r"^((?:[^/]+/){2}(?:proxies|sharedflows)/[^/]+/)([^/]+)/")


def without_revision(where: str) -> str:
    """A place, less the revision of the proxy or shared flow in which it is."""
    return _REVISION.sub(r"\1", where)


class Severity(Enum):
    """How bad, worst first.

    ERROR: a handshake fails, today or soon, or a client that verifies would refuse. WARNING: it
    will fail before long or is weaker than policy. NOTE: untidy, or not in use.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as `other`, or worse."""
        return self.rank <= other.rank

    def at_most(self, other: Severity) -> Severity:
        """The milder of the two."""
        return max(self, other, key=lambda severity: severity.rank)


class Cause(Enum):
    """Why a handshake fails: the causes of Apigee's playbook, and what stands beside them."""

    PROTOCOL_MISMATCH = "protocol_mismatch"
    CIPHER_MISMATCH = "cipher_mismatch"
    HOSTNAME_MISMATCH = "hostname_mismatch"
    INCOMPLETE_CHAIN = "incomplete_chain"
    INCORRECT_CHAIN = "incorrect_chain"
    EXPIRED_CERTIFICATE = "expired_certificate"
    NOT_YET_VALID_CERTIFICATE = "not_yet_valid_certificate"
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    MISSING_CLIENT_CERTIFICATE = "missing_client_certificate"
    EXPIRED_CLIENT_CERTIFICATE = "expired_client_certificate"
    UNKNOWN_CLIENT_CERTIFICATE = "unknown_client_certificate"
    SNI_REQUIRED = "sni_required"
    NOT_TLS = "not_tls"
    CONNECTION_REFUSED_OR_RESET = "connection_refused_or_reset"
    WIRING = "wiring"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Hit:
    """What a rule saw at its subject; what it leaves out, the engine stamps.

    `where` is given where it is another place than the subject's, `severity` and `cause` where they
    are others than the rule's. `group` tells apart what has the same place and certificate.
    """

    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None
    where: str | None = None
    certificate: Certificate | None = None
    cause: Cause | None = None
    group: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in one place: what, how bad, why it breaks, whom, and the mend.

    `remedy` is what mends its kind, `steps` are the lines for a shell that mend this one, if any.
    `group` tells apart what has the same place and certificate; `fingerprint` is the `id`, where
    that is another than follows from all this: of equal failures that were watched.
    """

    rule: str
    severity: Severity
    cause: Cause
    direction: Direction | None
    installation: str
    where: str
    message: str
    certificate: Certificate | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    affects: tuple[str, ...] = ()
    remedy: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    also_at: tuple[str, ...] = ()
    group: str = ""
    fingerprint: str = ""

    @property
    def id(self) -> str:
        """A fingerprint that stays as long as the defect does, whatever is told about it."""
        if self.fingerprint:
            return self.fingerprint
        certificate = self.certificate and (self.certificate.sha256 or self.certificate.serial)
        where = without_revision(self.where)
        parts = [self.installation, self.rule, self.cause.value, where, certificate or ""]
        parts += [self.group] if self.group else []
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def revision(self) -> str | None:
        """The revision of the proxy or shared flow in which it is, if it is in one."""
        match = _REVISION.match(self.where)
        return match[2] if match else None


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
class Installation:
    """A management server that was read."""

    name: str
    source: str
    is_complete: bool


@dataclass(frozen=True)
class InstalledGap:
    """A gap, and the installation in which it is."""

    installation: str
    gap: Gap


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
