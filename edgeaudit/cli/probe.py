"""`edgeaudit probe`: what endpoints do in TLS, and whether Edge and they can shake hands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying, reporting
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from edgeaudit.audit.observed import Asked
    from edgeaudit.cli.asking import Ending, Observed
    from edgeaudit.config import Config


@click.command()
@click.argument("endpoints", metavar="[HOST:PORT]...", nargs=-1)
@click.option(
    "--inventory",
    is_flag=True,
    help="Ask the host aliases and the targets in use of an installation.",
)
@click.option(
    "--only",
    "probe_only",
    multiple=True,
    metavar="GLOB",
    help="Of --inventory ask these hosts, HOST:PORT or places; repeatable.",
)
@click.option(
    "--connect",
    "probe_connect",
    multiple=True,
    metavar="[HOST:PORT=]IP:PORT",
    help="Connect there instead, for all or for one; repeatable.",
)
@click.option(
    "--sni", "server_name", metavar="NAME|none", help="Server name to send (default: the host)."
)
@click.option(
    "--client-cert",
    "probe_client_cert",
    type=FILE,
    metavar="FILE",
    help="Certificate with chain and key to show: PEM or PKCS#12.",
)
@click.option(
    "--client-cert-password-file",
    "probe_client_cert_password_file",
    type=FILE,
    metavar="FILE",
    help="Its password.",
)
@click.option("--proxy", "probe_proxy", metavar="HOST:PORT", help="HTTP proxy to go through.")
@click.option(
    "--proxy-protocol",
    "probe_proxy_protocol",
    is_flag=True,
    help="Announce us by the PROXY protocol.",
)
@click.option(
    "--timeout",
    "probe_timeout",
    type=float,
    metavar="SECONDS",
    help="For a connection, and for a handshake (default 10).",
)
@reading
@replaying
@judging
@reporting
def probe(endpoints: tuple[str, ...], **options: Any) -> int:
    """Ask endpoints how they do TLS.

    Versions and suites, what the server name does, the chain that is shown and what is wrong with
    it, and what is asked of clients. With --inventory, which reads an installation as `audit` does,
    also whether what is served is what is stored, and whether the Message Processors and the
    backends can shake hands. One handshake a question, and nothing is sent that changes anything.

    The password of a client certificate comes from EDGEAUDIT_PROBE_CLIENT_CERT_PASSWORD, a file or
    a prompt.

    \b
    Exit status:
      0  all were asked, nothing at or above --fail-on was found
      1  something at or above --fail-on was found
      2  wrong usage or configuration
      3  nothing found, but not everything could be asked
      4  the report could not be delivered
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.asking import Ending
    from edgeaudit.cli.audit import check_formats

    if bool(endpoints) == options["inventory"]:
        told = "both endpoints and --inventory" if endpoints else "no endpoint"
        raise InputError(f"there is {told}", "name HOST:PORT, or give --inventory")
    if endpoints and (options["probe_only"] or options["snapshot"]):
        raise InputError("--only and --snapshot go with --inventory")
    config = _as_asked(configured(options, RULES), options)
    check_formats(config)
    ending = Ending(config.deadline)
    if options["inventory"]:
        observed = _of_inventory(config, options, ending)
    else:
        observed = _of(endpoints, options["server_name"], config, ending, quiet=options["quiet"])
    return _told(observed, config, options["at"])


def _as_asked(config: Config, options: dict[str, Any]) -> Config:
    """The configuration without the files and the format of the audit's report."""
    own: dict[str, Any] = {} if options["format"] else {"format": "table"}
    return config.model_copy(update=own if options["output"] else {**own, "output": {}})


def _of_inventory(config: Config, options: dict[str, Any], ending: Ending) -> Observed:
    from edgeaudit.cli.access import read
    from edgeaudit.cli.asking import observe

    if options["server_name"]:
        raise InputError("--sni goes with HOST:PORT", "an inventory tells the names")
    quiet = options["quiet"]
    inventories = read(config, quiet=quiet, snapshot=options["snapshot"], stop=ending)
    return observe(inventories, config, ending, quiet=quiet)


def _of(
    endpoints: tuple[str, ...], sni: str | None, config: Config, ending: Ending, *, quiet: bool
) -> Observed:
    """The endpoints that are named, of which nothing else is known."""
    from edgeaudit.cli.asking import Observed, ask, with_gaps
    from edgeaudit.inventory import Inventory

    asked = list(dict.fromkeys(_asked(each, sni) for each in endpoints))
    observations = ask(asked, config, ending, quiet=quiet)
    nothing = Inventory("default", "probe")
    return Observed(with_gaps([nothing], asked, observations), observations, [])


def _asked(text: str, sni: str | None) -> Asked:
    from edgeaudit.audit.observed import Asked
    from edgeaudit.cli.asking import parse_endpoint
    from edgeaudit.x509.hostname import bare_host, is_address

    host, port = parse_endpoint(text)
    host = bare_host(f"[{host}]" if ":" in host else host)
    own = None if is_address(host) else host
    return Asked(host, port, None if sni == "none" else sni or own)


def _told(observed: Observed, config: Config, at: str | None) -> int:
    from edgeaudit.audit.engine import judge
    from edgeaudit.audit.foreseen import foresee
    from edgeaudit.audit.rules import OBSERVED
    from edgeaudit.cli.audit import deliver
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.reports import probe as report
    from edgeaudit.reports.probe_data import Probed, as_json
    from edgeaudit.x509.trust import Trust

    present = now()
    when = moment(at, present)
    trust, policy = Trust.of(config.trust, config.public_roots), config.as_policy()
    inventories, observations, left_out = observed
    found = judge(inventories, trust, policy, when, present, observations, OBSERVED)
    foreseen = foresee(inventories, observations, trust, policy, when)
    probed = Probed(found, observations, left_out, trust, foreseen)
    colour = terminal.has_colour(config.color)
    own = {
        "table": partial(report.table, probed, terminal.width(), colour=colour),
        "json": partial(as_json, probed),
    }
    outcome = deliver(found, config, own=own)
    is_empty = not observations and not found.gaps
    if outcome == status.GOOD and is_empty:
        terminal.warning("there was no endpoint to ask")
    return outcome
