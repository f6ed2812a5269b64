"""From the configuration to the inventories: what is read of which installation."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.cli import status, terminal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from edgeaudit.config import Config, NamedAccess
    from edgeaudit.hosts.reading import HostFiles
    from edgeaudit.inventory import Inventory, Told
    from edgeaudit.management.snapshot import Recording
    from edgeaudit.management.source import Source
    from edgeaudit.management.stop import Stop
    from edgeaudit.shard import Shard


class Wanted(NamedTuple):
    """What to read of an installation; `kinds` are those of collect.KINDS, all if None.

    Of a `shard` its environments alone.
    """

    kinds: Collection[str] | None = None
    with_aliases: bool = True
    with_proxies: bool = True
    shard: Shard | None = None


EVERYTHING = Wanted()


class Reading(NamedTuple):
    """A source that is to be read, for which organizations and environments (none: all)."""

    installation: str
    source: Source
    organizations: tuple[str, ...]
    environments: tuple[str, ...]
    with_proxies: bool
    concurrency: int
    told: Told
    hosts: HostFiles


def read(
    config: Config,
    *,
    quiet: bool,
    wanted: Wanted = EVERYTHING,
    snapshot: Path | None = None,
    stop: Stop | None = None,
) -> list[Inventory]:
    """The inventory of every installation of the configuration, or of a recorded snapshot.

    `stop` is that of a run which goes on after it. Raises ConfigError or InputError where one
    cannot even be asked; what cannot be read there is a gap, and told of on stderr where it is
    everything.
    """
    from edgeaudit.management.stop import Stop

    stop = stop or Stop(config.deadline)
    if snapshot is not None:
        return _collected(_replayed(config, snapshot), stop, wanted, quiet=quiet)
    with _live(config, stop) as readings:
        return _collected(readings, stop, wanted, quiet=quiet)


def record(config: Config, *, quiet: bool) -> tuple[list[Inventory], list[Recording]]:
    """The inventories as `read` has them, and the recordings of all that was answered."""
    from edgeaudit.management.snapshot import Recorder
    from edgeaudit.management.stop import Stop

    stop = Stop(config.deadline)
    with _live(config, stop) as readings:
        recorders = [Recorder(each.source) for each in readings]
        recorded = [
            each._replace(source=recorder)
            for each, recorder in zip(readings, recorders, strict=True)
        ]
        inventories = _collected(recorded, stop, EVERYTHING, quiet=quiet)
    recordings = [
        recorder.recording(
            each.installation, each.organizations, each.environments, each.with_proxies
        )
        for each, recorder in zip(readings, recorders, strict=True)
    ]
    return inventories, recordings


def tell_gaps(inventories: Sequence[Inventory]) -> int:
    """Warn of what could not be read, where `read` has not told of it; the exit status."""
    for gap in (gap for one in inventories if one.environments for gap in one.gaps):
        terminal.warning(f"{gap.where} could not be read: {gap.detail}")
    return status.INCOMPLETE if any(one.gaps for one in inventories) else status.GOOD


@contextmanager
def _live(config: Config, stop: Stop) -> Iterator[list[Reading]]:
    from edgeaudit.cli.login import client_of
    from edgeaudit.management.token_cache import TokenCache

    cache = TokenCache(config.token_cache, warn=terminal.warning, sleep=stop.sleep)
    clients = [(access, client_of(access, config, cache, stop)) for access in config.accesses()]
    try:
        yield [
            Reading(
                each.name,
                client,
                each.org,
                each.env,
                config.proxies,
                config.concurrency,
                _told(each, hosts := host_files(each)),
                hosts,
            )
            for each, client in clients
        ]
    finally:
        for _, client in clients:
            client.close()


def _replayed(config: Config, snapshot: Path) -> list[Reading]:
    """What was read then; less of it where the configuration names organizations and so on."""
    from edgeaudit.hosts.reading import HostFiles
    from edgeaudit.inventory import Told
    from edgeaudit.management.snapshot import read_snapshot

    known = {each.name: (host_files(each), each) for each in config.accesses()}
    told = {name: (_told(access, hosts), hosts) for name, (hosts, access) in known.items()}
    nothing = Told(), HostFiles()
    return [
        Reading(
            each.installation,
            each,
            config.org or each.organizations,
            config.env or each.environments,
            config.proxies and each.has_proxies,
            concurrency=0,  # nothing to wait for
            told=(own := told.get(each.installation, nothing))[0],
            hosts=own[1],
        )
        for each in read_snapshot(snapshot)
    ]


def _collected(
    readings: Sequence[Reading], stop: Stop, wanted: Wanted, *, quiet: bool
) -> list[Inventory]:
    from edgeaudit.cli.signals import obeyed_by
    from edgeaudit.management.collect import KINDS, collect  # pays for HTTP and X.509

    stop.start()
    with obeyed_by(stop.now), terminal.progress(quiet=quiet) as progress:
        inventories = [
            _with_hosts(
                collect(
                    each.source,
                    installation=each.installation,
                    organizations=each.organizations,
                    environments=each.environments,
                    kinds=KINDS if wanted.kinds is None else wanted.kinds,
                    with_aliases=wanted.with_aliases,
                    with_proxies=wanted.with_proxies and each.with_proxies,
                    concurrency=each.concurrency,
                    stop=stop,
                    shard=wanted.shard,
                    progress=progress,
                ),
                each,
            )
            for each in readings
        ]
    for inventory in inventories:
        if inventory.gaps and not inventory.environments:
            terminal.error(inventory.gaps[0].detail, inventory.gaps[0].hint)
    return inventories


def _with_hosts(inventory: Inventory, reading: Reading) -> Inventory:
    """The inventory, with what the configuration and the files of hosts add to it."""
    from dataclasses import replace

    gaps = (*inventory.gaps, *reading.hosts.gaps)
    return replace(inventory, told=reading.told, hosts=reading.hosts.hosts, gaps=gaps)


def _told(access: NamedAccess, hosts: HostFiles) -> Told:
    """What the configuration says, and where it does not what the Message Processors' files do."""
    from edgeaudit.inventory import Told

    java = hosts.java if access.java is None else access.java
    sni = hosts.sni if access.sni is None else access.sni
    platform = None if access.platform == "auto" else access.platform
    own = access.message_processor
    return Told(
        access.edge_version, java, sni, access.routers, platform, own.protocols, own.ciphers
    )


def host_files(access: NamedAccess) -> HostFiles:
    """What is in the files of hosts that the configuration names."""
    from edgeaudit.cli.credentials import secret
    from edgeaudit.hosts.reading import Given, HostFiles, read_hosts

    if not access.hosts:
        return HostFiles()
    given = [Given(each.path, each.name) for each in access.hosts]
    return read_hosts(given, lambda _: secret("STORE_PASSWORD", None))
