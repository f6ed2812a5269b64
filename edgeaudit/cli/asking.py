"""Asking endpoints how they do TLS, as the configuration says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.cli import terminal
from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap
from edgeaudit.location import split_host_port
from edgeaudit.management.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from edgeaudit.audit.observed import Asked, LeftOut, Observation
    from edgeaudit.config import Config
    from edgeaudit.inventory import Inventory
    from edgeaudit.observe.probe.prober import Prober
    from edgeaudit.tls.service import Service

    Place = tuple[str, int]
    Answers = Iterator[tuple[Asked, Service]]

_HTTPS = 443
_SPELLING = "check the spelling"


class Observed(NamedTuple):
    """The inventories, with what could not be asked among their gaps; what was; what not at all."""

    inventories: list[Inventory]
    observations: list[Observation]
    left_out: list[LeftOut]


class _Way(NamedTuple):
    """At which Router a service is asked, and whether the PROXY protocol announces us."""

    router: str | None
    is_announced: bool


class Ending(Stop):
    """When a run must end that asks endpoints; time runs at once."""

    def __init__(self, deadline: str | None) -> None:
        super().__init__(deadline)
        self._probers: list[Prober] = []
        self.start()

    def now(self) -> None:
        """End the run at once; may be called by a signal's handler."""
        super().now()
        for each in self._probers:
            each.stop()

    def obeyed_by(self, prober: Prober) -> None:
        """It asks no more when the run is over."""
        self._probers.append(prober)


def observe(
    inventories: Sequence[Inventory], config: Config, ending: Ending, *, quiet: bool
) -> Observed:
    """Ask the endpoints of the inventories, less what `probe_only` leaves out.

    Raises InputError for a client certificate that cannot be used.
    """
    from edgeaudit.audit.to_ask import endpoints

    found = [endpoints(one, config.probe_only) for one in inventories]
    asked = [each for to_ask, _ in found for each in to_ask]
    left_out = [each for _, some in found for each in some]
    observations = ask(asked, config, ending, quiet=quiet)
    whole = with_gaps(inventories, asked, observations)
    if not asked and not left_out:
        whole = [_without_any(one, config.probe_only) for one in whole]
    return Observed(whole, observations, left_out)


def _without_any(inventory: Inventory, only: Sequence[str]) -> Inventory:
    """The inventory, which has nothing that is called so; a part of one need not have it."""
    if inventory.shard:
        return inventory
    told = [Gap(glob, "not_found", "no endpoint is named so", _SPELLING, True) for glob in only]
    return replace(inventory, gaps=(*inventory.gaps, *told))


def ask(
    asked: Sequence[Asked], config: Config, ending: Ending, *, quiet: bool
) -> list[Observation]:
    """What each of the services does, as far as the time allows."""
    from edgeaudit.audit.observed import Observation
    from edgeaudit.cli.signals import obeyed_by

    found = []
    with obeyed_by(ending.now), terminal.progress(quiet=quiet, doing="asking") as progress:
        for each, service in answers(asked, config, ending):
            found.append(Observation(each, service))
            progress(each.where, len(found), len(asked))
    order = {each: number for number, each in enumerate(asked)}
    return sorted(found, key=lambda each: order[each.asked])


def with_gaps(
    inventories: Sequence[Inventory], asked: Sequence[Asked], observations: Sequence[Observation]
) -> list[Inventory]:
    """The inventories, with what could not be asked among their gaps."""
    from edgeaudit.audit.to_ask import unanswered

    def gaps(one: Inventory) -> list[Gap]:
        own = (each for each in asked if each.installation == one.installation)
        return unanswered(own, observations)

    return [replace(one, gaps=(*one.gaps, *gaps(one))) for one in inventories]


def answers(asked: Sequence[Asked], config: Config, ending: Ending) -> Answers:
    """Each of the services that could be asked in time, and what it does."""
    from edgeaudit.cli.shown import shown_certificate
    from edgeaudit.observe.probe.client import ClientCertificate
    from edgeaudit.observe.probe.connection import Timeouts
    from edgeaudit.observe.probe.prober import Prober

    seconds = config.probe_timeout
    shown = shown_certificate(config)
    for way, group in _alike(asked).items():
        if ending.is_over:
            return
        prober = Prober(
            connect=_elsewhere(config.probe_connect, way.router),
            timeouts=Timeouts(seconds, seconds, seconds, seconds),
            deadline=ending.left,
            concurrency=config.concurrency,
            http_proxy=split_host_port(config.probe_proxy) if config.probe_proxy else None,
            proxy_protocol=way.is_announced or config.probe_proxy_protocol,
            client=ClientCertificate(*shown) if shown else None,
        )
        ending.obeyed_by(prober)
        yield from _answers(prober, group)


def _answers(prober: Prober, asked: Sequence[Asked]) -> Answers:
    from edgeaudit.observe.probe.interview import Asked as Question

    # installations and sides may have a service in common, which is then asked once
    named: dict[tuple[str, int, str | None], list[Asked]] = defaultdict(list)
    for each in asked:
        named[each.host, each.port, each.sni].append(each)
    for service in prober.all([Question(*key) for key in named]):
        for each in named[service.host, service.port, service.sni]:
            yield each, service


def _alike(asked: Iterable[Asked]) -> dict[_Way, list[Asked]]:
    """Those that are asked in one way."""
    found: dict[_Way, list[Asked]] = defaultdict(list)
    for each in asked:
        found[_Way(each.router, each.expects_proxy_protocol)].append(each)
    return found


def _elsewhere(connects: Sequence[str], router: str | None) -> Callable[[str, int], Place | None]:
    """Where to connect to in the place of a host and port."""
    pairs = [text.rpartition("=") for text in connects]
    places = {split_host_port(own) if own else None: split_host_port(to) for own, _, to in pairs}

    def connect(host: str, port: int) -> Place | None:
        if found := places.get((host, port)) or places.get(None):
            return found
        return router_place(router, port) if router else None

    return connect


def router_place(router: str, port: int) -> Place:
    """The address of a Router, which may carry a port, where its virtual host is at `port`."""
    return split_host_port(router) or (router.strip("[]"), port)


def parse_endpoint(text: str) -> Place:
    """HOST, HOST:PORT or [ADDRESS]:PORT; the port is 443 where none is. Raises InputError."""
    bare = text.strip()
    is_address = bare.count(":") > 1 and not bare.startswith("[")
    for form in (bare, f"[{bare}]:{_HTTPS}" if is_address else f"{bare}:{_HTTPS}"):
        if found := split_host_port(form):
            return found
    raise InputError(f"{text}: that is no endpoint", "HOST:PORT, or [ADDRESS]:PORT")
