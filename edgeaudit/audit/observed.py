"""The endpoints of an inventory that can be asked how they do TLS, and what they answered."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.address import address
from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.impact import Impact, calls_over_tls, has_tls, is_dynamic
from edgeaudit.inventory import Gap, ProxyTarget, TargetServer, VirtualHost
from edgeaudit.tls.handshake import Ending
from edgeaudit.x509.certificate import Certificate
from edgeaudit.x509.hostname import bare_host, is_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.inventory import Direction, Endpoint, Inventory, Reason
    from edgeaudit.tls.service import Service

# what hides a service from us, and perhaps from nobody else: names, firewalls and proxies differ
_UNREACHED = {"resolve", "connect", "proxy"}

_LATE = (" within ", " in time")


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


def endpoints(
    inventory: Inventory, only: Sequence[str] = ()
) -> tuple[tuple[Asked, ...], tuple[LeftOut, ...]]:
    """The services that an inventory's virtual hosts are and its targets in use call over TLS.

    And what is left out. Each is there once, with all that it concerns. `only` are globs for
    their host, their HOST:PORT, or the place of a virtual host or target.
    """
    impact = Impact(inventory)
    found: dict[Asked, list[Endpoint]] = {}
    left_out: list[LeftOut] = []
    for environment in inventory.environments:
        for endpoint in environment.endpoints:
            for each in _asked(endpoint, inventory, impact):
                if isinstance(each, LeftOut):
                    left_out.append(each)
                elif _is_wanted(each, endpoint, only):
                    found.setdefault(each, []).append(endpoint)
    asked = (replace(each, subjects=tuple(of)) for each, of in found.items())
    unique = dict.fromkeys(each for each in left_out if _matches(each.where, only))
    return tuple(sorted(asked, key=_order)), tuple(sorted(unique))


def unanswered(asked: Iterable[Asked], observations: Iterable[Observation]) -> list[Gap]:
    """What could not be looked at: the services that were not reached, and those not asked."""
    seen = {each.asked: each for each in observations}
    return [gap for each in asked for gap in _unanswered(each, seen.get(each))]


def _unanswered(asked: Asked, observation: Observation | None) -> Iterator[Gap]:
    if observation is None:
        told = "it was not asked: the run was over before"
        yield Gap(asked.where, "timeout", _at(asked, told), is_of_endpoint=True)
        return
    service = observation.service
    reason: Reason
    if service.phase in _UNREACHED:
        is_late = any(word in service.trouble for word in _LATE)
        reason = "timeout" if is_late else "unreachable"
        hint = "ask from a host that may reach it, or name the address with --connect"
        yield Gap(asked.where, reason, _at(asked, service.trouble), hint, True)
    elif service.is_cut_short or (service.phase and observation.is_beyond_us):
        reason = "timeout" if service.is_cut_short else "unparsable"
        yield Gap(asked.where, reason, _at(asked, service.trouble), is_of_endpoint=True)


def _at(asked: Asked, told: str) -> str:
    return f"{told} (at the Router {asked.router})" if asked.router else told


def _asked(endpoint: Endpoint, inventory: Inventory, impact: Impact) -> Iterator[Asked | LeftOut]:
    if isinstance(endpoint, VirtualHost):
        if has_tls(endpoint):
            yield from _host(endpoint, inventory)
    elif calls_over_tls(endpoint):
        if isinstance(endpoint, TargetServer) and not endpoint.is_enabled:
            yield LeftOut(endpoint.where, "it is switched off")
        elif not impact.is_live(endpoint):
            yield LeftOut(endpoint.where, "no deployed proxy calls it")
        else:
            yield _target(endpoint, inventory)


def _host(host: VirtualHost, inventory: Inventory) -> Iterator[Asked | LeftOut]:
    if not host.host_aliases:
        yield LeftOut(host.where, "it has no host alias")
    for alias in host.host_aliases:
        name = bare_host(alias)
        if "*" in name:
            yield LeftOut(host.where, f"the host alias {alias} is a wildcard, and no host")
        elif not name or host.port is None:
            yield LeftOut(host.where, f"the port of {alias} is not known")
        else:
            yield from _at_routers(host, name, host.port, inventory)


def _at_routers(host: VirtualHost, name: str, port: int, inventory: Inventory) -> Iterator[Asked]:
    """Asked at each Router, where they are told, else wherever the name leads."""
    for router in inventory.told.routers or (None,):
        yield Asked(
            name,
            port,
            None if is_address(name) else name,
            "northbound",
            router=router,
            expects_proxy_protocol="proxy_protocol" in host.listen_options,
            installation=inventory.installation,
        )


def _target(target: TargetServer | ProxyTarget, inventory: Inventory) -> Asked | LeftOut:
    if is_dynamic(target.host if isinstance(target, TargetServer) else target.url):
        return LeftOut(target.where, "a flow variable stands for its host")
    if (found := address(target)) is None:
        return LeftOut(target.where, "its host or port is not known")
    host, port = found
    sni = None if is_address(host) else host
    return Asked(host, port, sni, "southbound", installation=inventory.installation)


def _is_wanted(asked: Asked, endpoint: Endpoint, only: Sequence[str]) -> bool:
    return any(_matches(each, only) for each in (asked.host, asked.where, endpoint.where))


def _matches(text: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatch.fnmatchcase(text, glob) for glob in only)


def _order(asked: Asked) -> tuple[str, str, int, str]:
    return asked.direction or "", asked.host, asked.port, asked.router or ""
