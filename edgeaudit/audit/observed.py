"""Services that are asked how they do TLS, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.finding import without_revision
from edgeaudit.inventory import ProxyTarget
from edgeaudit.tls.handshake import Ending
from edgeaudit.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import Direction, Endpoint
    from edgeaudit.tls.service import Service


@dataclass(frozen=True)
class Asked:
    """A service to ask: at which `host` and `port`, with which server name, None for no SNI.

    `subjects` are the virtual hosts that are there, or the targets that call there; none where the
    configuration is not known. `router` is the address, HOST or HOST:PORT, of the Router to ask in
    the place of the host. `expects_proxy_protocol` tells that it wants to hear of the client first.
    """

    host: str
    port: int
    sni: str | None
    direction: Direction | None = None
    subjects: tuple[Endpoint, ...] = field(default=(), compare=False)
    router: str | None = None
    expects_proxy_protocol: bool = False
    installation: str = "default"

    @property
    def where(self) -> str:
        """`backend.example.com:443`, `[2001:db8::1]:443`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def told(self) -> str:
        """Where, and at which Router."""
        return f"{self.where} at the Router {self.router}" if self.router else self.where


class LeftOut(NamedTuple):
    """An endpoint, or a name of it, that is not asked, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Observation:
    """What a service did when it was asked; as that of one `subject`, where a rule needs one."""

    asked: Asked
    service: Service
    subject: Endpoint | None = field(default=None, compare=False)

    @property
    def where(self) -> str:
        """`backend.example.com:443`."""
        return self.asked.where

    @property
    def group(self) -> str:
        """What tells findings at the same place apart: how it was asked, and on whose behalf."""
        own = without_revision(self.subject.where) if self.subject else ""
        return "\n".join([self.asked.router or "", self.asked.sni or "", own])

    @property
    def about(self) -> Endpoint | None:
        """One of the endpoints that it concerns, if any is known."""
        return self.subject or next(iter(self.asked.subjects), None)

    @property
    def is_reached(self) -> bool:
        """Whether the service itself has had its say."""
        return self.service.phase == "handshake" or (
            self.service.phase is None and self.service.with_name is not None
        )

    @property
    def is_beyond_us(self) -> bool:
        """Whether it was our side that could not finish a handshake."""
        handshake = self.service.with_name
        return handshake is not None and (
            handshake.ending is Ending.UNFINISHED or bool(handshake.damage)
        )

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What it shows a client that names it; nothing where not all of that could be read."""
        chain = self.service.chain or ()
        found = tuple(each for each in chain if isinstance(each, Certificate))
        return found if len(found) == len(chain) else ()

    def each(self) -> Iterator[Observation]:
        """The same, as that of each endpoint that it concerns."""
        for subject in self.asked.subjects:
            yield replace(self, subject=subject)

    def has(self, finding: Finding) -> bool:
        """Whether it is what a finding speaks of."""
        router, *_ = finding.group.split("\n")
        is_there = finding.where == self.where and router == (self.asked.router or "")
        return is_there and finding.installation == self.asked.installation

    def is_in_use(self, impact: Impact) -> bool:
        """Whether one of its endpoints can be called; so it is where none is known."""
        return not self._subjects or any(map(impact.is_live, self._subjects))

    def affected(self, impact: Impact) -> tuple[str, ...]:
        """The places of its endpoints, but those within proxies, and of the proxies."""
        own = {each.where for each in self._subjects if not isinstance(each, ProxyTarget)}
        return tuple(sorted(own.union(*map(impact.affected, self._subjects))))

    @property
    def _subjects(self) -> tuple[Endpoint, ...]:
        return (self.subject,) if self.subject else self.asked.subjects
