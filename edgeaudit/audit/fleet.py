"""What the Routers, or the Message Processors, of an installation have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.message_processor import DISABLED, DISABLED_IN_PATHS, PROTOCOLS, SNI

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.host import Host, HostKind, Server

ROUTER = "load.balancing.driver.server.ssl."
_COMPARED_PROPERTIES = (
    f"{ROUTER}protocols",
    f"{ROUTER}ciphers",
    SNI,
    *PROTOCOLS,
    "https.cipherSuites",
    DISABLED,
    DISABLED_IN_PATHS,
    "local.http.ssl",
)
_UNSET, _SERVER, _NO_SERVER = "nothing", "a server", "no server"
# of nginx's, those that decide about handshakes
_COMPARED = (
    "ssl_ciphers",
    "ssl_prefer_server_ciphers",
    "ssl_verify_client",
    "ssl_reject_handshake",
)


class Point(NamedTuple):
    """What a host has for a setting, as it is told and as it is compared, and where."""

    told: str
    where: str
    compared: object


class Usual(NamedTuple):
    """What most hosts have for a setting: `having` of `all` that can be compared."""

    told: str
    compared: object
    having: int
    all: int


class Fleet:
    """The hosts that were read, by kind."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._points = {id(host): _points(host) for host in hosts}
        self._usual: dict[HostKind, dict[str, Usual]] = {}
        kinds: dict[HostKind, list[Host]] = defaultdict(list)
        for host in hosts:
            kinds[host.kind].append(host)
        for kind, alike in kinds.items():
            _note_lacking(alike, [self._points[id(host)] for host in alike])
            self._usual[kind] = _usual([self._points[id(host)] for host in alike])

    def odd(self, host: Host) -> Iterator[tuple[str, Point, Usual]]:
        """Each setting, by name, in which a host is not as most of its kind are.

        Of two, the first one is as it should be.
        """
        for name, own in self._points[id(host)].items():
            usual = self._usual[host.kind][name]
            if own.compared != usual.compared:
                yield name, own, usual


def _note_lacking(hosts: Sequence[Host], points: Sequence[dict[str, Point]]) -> None:
    """Take down the servers that a host lacks, of hosts that have some in common with it."""
    served = [{name for name, point in each.items() if point.told == _SERVER} for each in points]
    for host, own, names in zip(hosts, points, served, strict=True):
        if host.is_whole:
            alike = set[str]().union(*(other for other in served if names & other))
            own |= {name: Point(_NO_SERVER, host.where, None) for name in sorted(alike - names)}


def _usual(hosts: Sequence[dict[str, Point]]) -> dict[str, Usual]:
    by_name: dict[str, list[Point]] = defaultdict(list)
    for points in hosts:
        for name, point in points.items():
            by_name[name].append(point)
    usual = {}
    for name, found in by_name.items():
        ((compared, count),) = Counter(point.compared for point in found).most_common(1)
        told = next(point.told for point in found if point.compared == compared)
        usual[name] = Usual(told, compared, count, len(found))
    return usual


def _points(host: Host) -> dict[str, Point]:
    """All that is to be the same on hosts of one kind."""
    points = dict(_of_properties(host)) if host.has_properties else {}
    if host.java_at:
        points["JAVA_VERSION"] = Point(host.java_at.value, host.java_at.where, host.java_at.value)
    for server in host.servers:
        points |= _of_server(host, server)
    return points


def _of_properties(host: Host) -> Iterator[tuple[str, Point]]:
    """What is set, and that other settings of the kind are not."""
    for name in _COMPARED_PROPERTIES:
        setting = host.settings.get(name)
        if setting is None:
            yield name, Point(_UNSET, host.where, None)
        else:
            yield name, Point(setting.value, setting.where, _normal(setting.value))


def _of_server(host: Host, server: Server) -> dict[str, Point]:
    named = ", ".join(server.names) or "the server without a name"
    ports = ", ".join(str(port) for port in sorted(server.tls_ports))
    if not ports:
        return {}
    of = f"of {named} on port {ports}"
    points = {f"TLS {of}": Point(_SERVER, server.where, _SERVER)} if server.names else {}
    for name in ("ssl_protocols", *_COMPARED):
        setting = server.settings.get(name)
        if name == "ssl_protocols":
            setting = next(iter(server.protocols_on()), None)
        if setting:
            point = Point(setting.value, setting.where, _normal(setting.value))
        else:
            point = Point(_UNSET, server.where, None)
        points[f"{name} {of}"] = point
    files = {each.value for each in (*server.certificates, *server.settings.values())}
    for store in host.stores:
        if store.named_by.value in files:
            shown = [each.sha256 or "" for entry in store.entries for each in entry.certificates]
            told = f"the certificate {shown[0][:16]}" if shown else "no certificate"
            points[f"{store.named_by.value} {of}"] = Point(told, store.where, tuple(shown))
    return points


def _normal(value: str) -> frozenset[str]:
    return frozenset(value.replace(",", " ").lower().split())
