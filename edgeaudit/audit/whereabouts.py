"""Where in an installation a handshake was made, and what that says to its failure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.audit.causes.certificates import readable
from edgeaudit.audit.causes.judge import Java, Judges, OpenSsl
from edgeaudit.audit.causes.verdict import listed
from edgeaudit.audit.finding import Cause
from edgeaudit.audit.offer import offer
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.causes.judge import Truststore
    from edgeaudit.audit.causes.verdict import Diagnosis
    from edgeaudit.inventory import Direction, Endpoint
    from edgeaudit.tls.handshake import Handshake
    from edgeaudit.x509.java_algorithms import Release


@dataclass(frozen=True)
class Whereabouts:
    """The endpoints, one of which made the handshake, all of one side of one installation.

    `truststores` are those against which they judge the other side's certificates, None where not
    all of them are wholly known; `because` says how it is known.
    """

    installation: str
    direction: Direction
    endpoints: tuple[Endpoint, ...]
    truststores: tuple[Truststore, ...] | None
    because: str
    affects: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()

    def judges(self, otherwise: Judges) -> Judges:
        """Who judges: Java by the truststores southbound, nginx northbound."""
        demands = self.direction == "northbound" and all(
            each.tls and each.tls.client_auth for each in self.endpoints
        )
        return Judges(self._java or otherwise.server, self._nginx or otherwise.client, demands)

    def _settings(self, cause: Cause) -> Iterator[str]:
        """What is set, where it is known which endpoint it was."""
        if len(self.endpoints) == 1:
            found = offer(self.endpoints[0])
            is_version = cause is Cause.PROTOCOL_MISMATCH
            names = found.protocols if is_version else found.ciphers
            what = "protocols" if is_version else "ciphers"
            if names:
                yield f"Its {what} are set to {', '.join(names)}."

    # thousands of equal failures are judged by one and the same, who remembers

    @cached_property
    def _java(self) -> Java | None:
        is_southbound = self.direction == "southbound"
        return Java(self.truststores, self.releases) if self.truststores and is_southbound else None

    @cached_property
    def _nginx(self) -> OpenSsl | None:
        if self.direction == "southbound" or not self.truststores or len(self.truststores) > 1:
            return None
        (store,) = self.truststores
        return OpenSsl(Trust(store.anchors, public_roots=False), store.where)

    def told(self, handshake: Handshake, diagnosis: Diagnosis) -> Iterator[str]:
        """What the installation says to a failure, in sentences."""
        yield f"It is {self.direction}: {self.because}."
        if diagnosis.cause in (Cause.PROTOCOL_MISMATCH, Cause.CIPHER_MISMATCH):
            yield from self._settings(diagnosis.cause)
        if self.direction == "northbound":
            return
        has_own = any(each.tls and each.tls.client_auth for each in self.endpoints)
        if diagnosis.cause is Cause.MISSING_CLIENT_CERTIFICATE and not has_own:
            yield "No client certificate is configured there."
        if diagnosis.rejected_by == "client" and self.truststores == () and handshake.server_chain:
            yield "No truststore is named there."
        if self._is_good(handshake, diagnosis):
            names = listed([each.where for each in self.truststores or ()])
            yield f"With what {names} holds now, nothing speaks against the chain."

    def advice(self, handshake: Handshake, diagnosis: Diagnosis) -> str:
        """What to check or run next, with the installation at hand."""
        if not self._is_good(handshake, diagnosis):
            return diagnosis.advice
        return (
            "See whether the client is a Message Processor: one that began before the truststore "
            "was changed, and names it by no reference, must restart."
        )

    def _is_good(self, handshake: Handshake, diagnosis: Diagnosis) -> bool:
        """Whether a chain that the client refused as unknown is good by its truststore."""
        is_unknown = diagnosis.cause in (Cause.UNKNOWN_CERTIFICATE, None)
        chain = readable(handshake.server_chain)
        if self._java is None or diagnosis.rejected_by != "client" or not (is_unknown and chain):
            return False
        return self._java.wrong(chain, handshake.started_at) is None
