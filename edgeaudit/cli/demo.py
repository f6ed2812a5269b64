"""`edgeaudit demo`: a practice Edge on loopback, and the audit of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.demo import DemoEdge, DemoEndpoints


@click.command()
@click.option("--serve", is_flag=True, help="Only serve it, until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port (default: a free one)."
)
@click.option("--seed", type=int, default=0, help="Which of Edge's JSON dialects it speaks.")
def demo(*, serve: bool, port: int, seed: int) -> int:
    """Audit a built-in practice Edge on loopback.

    Its organizations acme and heritage, an Edge of 4.17, have a defect of every kind; wellkept and
    tryout have none. Its Routers and backends are asked, too, how they do TLS, and the files of its
    Routers and Message Processors are read.
    """
    import tempfile

    from edgeaudit.cli.moment import now
    from edgeaudit.demo import DemoEdge, DemoEndpoints, DemoHosts

    moment = now()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            DemoEdge(moment, seed, port) as edge,
            DemoEndpoints(moment) as endpoints,
        ):
            trust = Path(folder) / "demo-root.pem"
            trust.write_text(edge.ca_pem, "ascii")
            DemoHosts(moment).write(trust.with_name("hosts"))
            settings = _settings(edge, endpoints, trust)
            return _serve(edge, trust, settings) if serve else _audit(edge, settings, moment)
    except OSError as error:
        raise InputError(
            f"the demo Edge cannot start: {error.strerror}", "try another --port"
        ) from error


def _settings(edge: DemoEdge, endpoints: DemoEndpoints, trust: Path) -> dict[str, Any]:
    """The configuration that leads to the demo, its Routers, their files, and its backends."""
    return {
        "url": edge.url,
        "username": edge.username,
        "trust": [str(trust)],
        "edge_version": endpoints.edge_version,
        "hosts": [str(trust.with_name("hosts"))],
        "sni": False,  # as in a Private Cloud where nobody has switched it on
        "probe_only": list(endpoints.connect),
        "probe_connect": [f"{where}={at}" for where, at in endpoints.connect.items()],
    }


def _serve(edge: DemoEdge, trust: Path, settings: dict[str, Any]) -> int:
    import signal
    import threading

    import yaml

    config = trust.with_name("demo.yaml")
    config.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_over.set())
    terminal.say(
        f"The demo Edge is at {edge.url} until you press Ctrl-C. In another terminal:\n\n"
        f"  export EDGEAUDIT_PASSWORD={edge.password}\n"
        f"  edgeaudit audit --url {edge.url} --username {edge.username} --trust {trust}\n\n"
        "Its Routers and backends are there too, each at an address that stands in a configuration"
        f" file:\n\n  edgeaudit audit --config {config} --probe\n\n"
    )
    is_over.wait()
    return status.GOOD


def _audit(edge: DemoEdge, settings: dict[str, Any], moment: datetime) -> int:
    import os

    from edgeaudit.cli.access import read
    from edgeaudit.cli.asking import Ending, observe
    from edgeaudit.cli.audit import deliver, judged
    from edgeaudit.config import Config

    os.environ["EDGEAUDIT_PASSWORD"] = edge.password
    config = Config(**settings)
    ending = Ending(config.deadline)
    inventories, observations, _ = observe(read(config, quiet=False), config, ending, quiet=False)
    deliver(judged(inventories, config, moment, moment, observations), config)
    terminal.note("This was the built-in practice Edge. `edgeaudit explain RULE` tells more;")
    terminal.note("`edgeaudit demo --serve` keeps it running for experiments of your own.")
    return status.GOOD
