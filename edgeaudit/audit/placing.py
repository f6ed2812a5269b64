"""Finding the place of a handshake: which side, which endpoint, which truststore.

Certificates tell best: whoever shows that of a virtual host's keystore is a Router, whoever shows
that of a target's as a client is a Message Processor. After them come names, addresses and ports.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from edgeaudit.audit.address import address
from edgeaudit.audit.causes.certificates import readable
from edgeaudit.audit.causes.judge import Truststore
from edgeaudit.audit.causes.verdict import listed
from edgeaudit.audit.endpoints import calls_over_tls
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.whereabouts import Whereabouts
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.hostname import bare_host, covers
from edgeaudit.x509.java_algorithms import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgeaudit.audit.address import Address
    from edgeaudit.inventory import Direction, Endpoint, Inventory, Keystore, Told
    from edgeaudit.tls.handshake import Chain, Handshake
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release

_CONNECT = re.compile(r"CONNECT (.+):(\d+)")
_HTTP = re.compile(r"HTTP (.+?)(?::\d+)?")
_FIRST_WITH_JAVA_21 = (4, 54)
_MOST_NAMED = 3


class Installations:
    """What was read of Edge, to find the place of a handshake in it."""

    def __init__(self, inventories: Sequence[Inventory]) -> None:
        self._known = [_Installation(each) for each in inventories]

    def find(self, handshake: Handshake) -> Whereabouts | None:
        """The place of a handshake; None where nothing speaks for one."""
        for look in _LOOKS:
            for each in self._known:
                endpoints, because = look(each, handshake)
                if endpoints:
                    return each.whereabouts(endpoints, because)
        return None


class _Installation:
    """One inventory, by what is seen on the wire."""

    def __init__(self, inventory: Inventory) -> None:
        self.name = inventory.installation
        self.told = inventory.told
        self.impact = Impact(inventory)
        self.targets: dict[Address, list[Endpoint]] = defaultdict(list)
        self.hosts: dict[str, list[Endpoint]] = defaultdict(list)
        self._places: dict[tuple[str, ...], Whereabouts] = {}
        self._aliases: dict[str | None, list[Endpoint]] = defaultdict(list)
        for env in inventory.environments:
            for endpoint in env.endpoints:
                self._note(endpoint)
        for alias in self.impact.aliases.values():
            for certificate in alias.certificates[:1]:
                self._aliases[certificate.sha256] += self.impact.namers(alias)

    def _note(self, endpoint: Endpoint) -> None:
        if isinstance(endpoint, VirtualHost):
            for name in endpoint.host_aliases:
                self.hosts[bare_host(name)].append(endpoint)
        elif calls_over_tls(endpoint) and (host := address(endpoint)):
            self.targets[host].append(endpoint)

    def shown(self, chain: Chain | None, direction: Direction) -> list[Endpoint]:
        """The endpoints of a side that have the leaf of a chain as their own certificate."""
        leaf = readable(chain)[:1]
        found = [each for one in leaf for each in self._aliases.get(one.sha256, ())]
        return [each for each in _once(found) if each.direction == direction]

    def whereabouts(self, endpoints: Sequence[Endpoint], because: str) -> Whereabouts:
        """The place that is one of `endpoints`; only those that can be called, if there are any."""
        key = (because, *(each.where for each in endpoints))
        if key not in self._places:
            self._places[key] = self._whereabouts(endpoints, because)
        return self._places[key]

    def _whereabouts(self, endpoints: Sequence[Endpoint], because: str) -> Whereabouts:
        found = _once(endpoints)
        found = tuple(filter(self.impact.is_live, found)) or found
        names = listed([each.where for each in found[:_MOST_NAMED]])
        more = f" and {len(found) - _MOST_NAMED} others" if len(found) > _MOST_NAMED else ""
        proxies = {where for each in found for where in self.impact.affected(each)}
        return Whereabouts(
            self.name,
            found[0].direction,
            found,
            self._truststores(found),
            because.replace("{}", f"{names}{more}", 1),
            tuple(sorted({each.where for each in found} | proxies)),
            _releases(self.told),
        )

    def _truststores(self, endpoints: Sequence[Endpoint]) -> tuple[Truststore, ...] | None:
        checking = [each for each in endpoints if each.tls and each.tls.truststore]
        stores = [self.impact.truststore(each) for each in checking]
        is_lenient = any(each.tls and each.tls.ignores_validation_errors for each in endpoints)
        if is_lenient or not all(store and _is_whole(store) for store in stores):
            return None
        if stores and len(checking) < len(endpoints):
            return None
        return tuple({s.where: Truststore(s.where, _anchors(s)) for s in stores if s}.values())


Found = tuple["list[Endpoint]", str]


def _by_client_certificate(one: _Installation, handshake: Handshake) -> Found:
    found = one.shown(handshake.client_chain, "southbound")
    called = [each for each in found if each in one.targets.get(_asked(handshake), ())]
    return called or found, "the client's certificate is that of {}"


def _by_server_certificate(one: _Installation, handshake: Handshake) -> Found:
    found = one.shown(handshake.server_chain, "northbound")
    named = [each for each in found if each in _of_name(one, handshake)]
    return named or found, "the server's certificate is that of {}"


def _by_target(one: _Installation, handshake: Handshake) -> Found:
    host, port = _asked(handshake)
    return one.targets.get((host, port), []), f"{{}} calls {host}:{port}"


def _by_address(one: _Installation, handshake: Handshake) -> Found:
    """Where a client asks for a host in HTTP, whatever that is called."""
    address, port = handshake.server
    is_plain = handshake.first("client", "HTTP") is not None
    found = one.targets.get((address, port), []) if is_plain else []
    return found, f"{{}} calls {address}:{port}"


def _by_name(one: _Installation, handshake: Handshake) -> Found:
    return _of_name(one, handshake), "the name that the client asks for is that of {}"


def _by_router(one: _Installation, handshake: Handshake) -> Found:
    if handshake.server.address not in one.told.routers:
        return [], ""
    hosts = _once(each for listeners in one.hosts.values() for each in listeners)
    found: list[Endpoint] = [
        each
        for each in hosts
        if isinstance(each, VirtualHost) and each.tls and each.port == handshake.server.port
    ]
    return found, "the server is a Router, and {} listens on that port"


def _by_covered_name(one: _Installation, handshake: Handshake) -> Found:
    """Without a server name, as Java with jsse.enableSNIExtension off."""
    leaf = readable(handshake.server_chain)[:1]
    if handshake.sni or not leaf:
        return [], ""
    found = [
        each
        for (host, port), targets in one.targets.items()
        if port == handshake.server.port and covers(leaf[0], host)
        for each in targets
    ]
    return found, "the server's certificate is good for the host that {} calls"


_LOOKS = (
    _by_client_certificate,
    _by_server_certificate,
    _by_target,
    _by_address,
    _by_name,
    _by_router,
    _by_covered_name,
)


def _once(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    return tuple({each.where: each for each in endpoints}.values())


def _asked(handshake: Handshake) -> Address:
    """Host and port that the client wants: of its proxy, in its hello, in HTTP where that is what
    it speaks, or else the address."""
    if through := _CONNECT.fullmatch(handshake.before):
        return bare_host(through[1]), int(through[2])
    named = _HTTP.fullmatch(handshake.before)
    host = named[1] if named else handshake.sni or handshake.server.address
    return bare_host(host), handshake.server.port


def _of_name(one: _Installation, handshake: Handshake) -> list[Endpoint]:
    """The virtual hosts whose host alias, perhaps with a star, is the server name."""
    name = bare_host(handshake.sni or "")
    above = f"*.{name.partition('.')[2]}"
    return one.hosts.get(name) or one.hosts.get(above, []) if name else []


def _is_whole(store: Keystore) -> bool:
    return store.aliases.is_complete and all(each.can_be_verified for each in store.aliases)


def _anchors(store: Keystore) -> tuple[Certificate, ...]:
    return tuple(dict.fromkeys(each for alias in store.aliases for each in alias.certificates))


def _releases(told: Told) -> tuple[Release, ...]:
    """The Java of the Message Processors (Edge for Private Cloud, release notes: 21 from 4.54 on);
    both that there may be, where that is not told."""
    if told.java in RELEASES:
        return (RELEASES[told.java],)
    if told.edge_version and (number := re.match(r"(\d+)\.(\d+)", told.edge_version)):
        is_late = (int(number[1]), int(number[2])) >= _FIRST_WITH_JAVA_21
        return (RELEASES[21 if is_late else 8],)
    return RELEASES[8], RELEASES[21]
