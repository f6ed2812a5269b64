"""One thing that an audit finds: how bad, why it breaks, and where."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.inventory import Direction
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
