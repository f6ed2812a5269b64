"""Which endpoints of an inventory are to be asked how they do TLS, and what could not be."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.address import address
from edgeaudit.audit.endpoints import calls_over_tls, has_tls, is_dynamic
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.observed import Asked, LeftOut
from edgeaudit.inventory import Gap, TargetServer, VirtualHost
from edgeaudit.x509.hostname import bare_host, is_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.observed import Observation
    from edgeaudit.inventory import Endpoint, Inventory, ProxyTarget, Reason

# what hides a service from us, and perhaps from nobody else: names, firewalls and proxies differ
_UNREACHED = {"resolve", "connect", "proxy"}
_LATE = (" within ", " in time")


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
