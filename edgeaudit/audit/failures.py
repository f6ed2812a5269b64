"""The handshakes of a capture, told apart: those that failed in groups of equal ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgeaudit.audit.causes.certificates import readable
from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from edgeaudit.audit.causes.verdict import Diagnosis
    from edgeaudit.audit.placing import Installations
    from edgeaudit.audit.whereabouts import Whereabouts
    from edgeaudit.tls.handshake import Chain, Endpoint, Handshake
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.trust import Trust

    Key = tuple[str | None, ...]

# a scan asks a host for many ports that are closed; a client that wants one asks for that
_PORTS_OF_A_SCAN = 4
_MOST_REFUSED = 10_000  # that wait to be judged
_MOST_CLIENTS = 100
_MOST_CERTIFICATES = 10_000


@dataclass
class Group:
    """Failures of one server, name, cause and evidence: how many, from when to when, of whom.

    `example` is the first of them. `clients` are the addresses, 100 at most. `at` is where in an
    installation that was, as far as that is known.
    """

    example: Handshake
    diagnosis: Diagnosis
    first: datetime
    last: datetime
    at: Whereabouts | None = None
    count: int = 0
    clients: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """A fingerprint that is the same in every capture of the same failure."""
        parts = (each or "" for each in _key(self.example, self.diagnosis))
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Tally:
    """Takes handshakes as they come. `healthy` counts, `failures` hold those that failed.

    `handshakes` are all of them, where they are wanted; `certificates` those that were shown, each
    once, 10,000 at most; `dismissed` the first packets of connections that count for nothing: those
    that a scan of ports was refused, and HTTP that was not heard where nobody speaks TLS. All are
    judged by `trust` and the `installations` at hand.
    """

    def __init__(
        self,
        trust: Trust | None = None,
        installations: Installations | None = None,
        *,
        keeps_all: bool = False,
    ) -> None:
        self.healthy = 0
        self.handshakes: list[tuple[Handshake, Diagnosis]] = []
        self.certificates: set[Certificate] = set()
        self.dismissed: set[int] = set()
        self._trust = trust
        self._installations = installations
        self._keeps_all = keeps_all
        self._groups: dict[Key, Group] = {}
        self._refused: list[Handshake] = []
        self._unheard: list[Handshake] = []
        self._servers: set[Endpoint] = set()
        self._counted: Chain = ()

    def add(self, handshake: Handshake) -> bool | None:
        """Judge one; whether it failed, None where that is known at the end only."""
        if len(self.certificates) < _MOST_CERTIFICATES:
            self.certificates.update(readable(handshake.server_chain))
            self.certificates.update(readable(handshake.client_chain))
        if handshake.ending is Ending.REFUSED:
            self._refused.append(handshake)  # to be judged when it is known whether it was a scan
            if len(self._refused) >= _MOST_REFUSED:
                self._settle()
            return None
        if handshake.first("client", "HTTP"):
            self._unheard.append(handshake)  # until it is known whether the server speaks TLS
            return None
        if handshake.server_hello and len(self._servers) < _MOST_REFUSED:
            self._servers.add(handshake.server)
        return self._judge(handshake)

    def count(self, shown: Chain) -> None:
        """Count one that is known to be healthy, in which these certificates were shown."""
        self.healthy += 1
        if shown is not self._counted and len(self.certificates) < _MOST_CERTIFICATES:
            self._counted = shown  # as it is again and again
            self.certificates.update(readable(shown))

    def finish(self, servers: Collection[Endpoint] = ()) -> None:
        """All have come; `servers` speak TLS, besides those that were seen to."""
        self._settle()
        for each in self._unheard:
            is_known = each.server in servers or each.server in self._servers
            if is_known or (self._installations and self._installations.find(each)):
                self._judge(each)
            else:
                self.dismissed.add(each.packet)
        self._unheard.clear()
        self.handshakes.sort(key=lambda pair: pair[0].packet)

    def _settle(self) -> None:
        """Judge what was refused, but for scans."""
        ports: dict[tuple[str, str], set[int]] = {}
        for each in self._refused:
            pair = each.client.address, each.server.address
            ports.setdefault(pair, set()).add(each.server.port)
        for each in self._refused:
            if len(ports[each.client.address, each.server.address]) < _PORTS_OF_A_SCAN:
                self._judge(each)
            else:
                self.dismissed.add(each.packet)
        self._refused.clear()

    @property
    def groups(self) -> list[Group]:
        """The failures, those that came most often first."""
        return sorted(self._groups.values(), key=lambda group: (-group.count, group.first))

    @property
    def failures(self) -> int:
        """How many handshakes failed."""
        return sum(group.count for group in self._groups.values())

    def _judge(self, handshake: Handshake) -> bool:
        at = self._installations.find(handshake) if self._installations else None
        found = diagnose(handshake, self._trust, at)
        self._count(handshake, found, at)
        return found.is_failure

    def _count(self, handshake: Handshake, diagnosis: Diagnosis, where: Whereabouts | None) -> None:
        if self._keeps_all:
            self.handshakes.append((handshake, diagnosis))
        if not diagnosis.is_failure:
            self.healthy += 1
            return
        at = handshake.started_at
        group = self._groups.setdefault(
            _key(handshake, diagnosis), Group(handshake, diagnosis, at, at, where)
        )
        group.count += 1
        group.first, group.last = min(group.first, at), max(group.last, at)
        if len(group.clients) < _MOST_CLIENTS:
            group.clients.add(handshake.client.address)


def _key(handshake: Handshake, diagnosis: Diagnosis) -> Key:
    """What equal failures have in common."""
    shown = readable(handshake.server_chain)[:1] + readable(handshake.client_chain)[:1]
    return (
        str(handshake.server),
        handshake.sni,
        diagnosis.cause_name,
        diagnosis.rejected_by,
        ",".join(each.value for each in diagnosis.candidates),
        str(handshake.fatal and handshake.fatal.number),
        *(each.sha256 for each in shown),
    )
