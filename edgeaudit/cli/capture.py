"""`edgeaudit capture`: why the handshakes in a capture failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import (
    FILE,
    also_written,
    configured,
    failing_from,
    reading,
    replaying,
    told_as,
)
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from edgeaudit.audit.report import Report
    from edgeaudit.audit.watched import Watched
    from edgeaudit.cli.watching import Judging
    from edgeaudit.config import Config
    from edgeaudit.inventory import Inventory
    from edgeaudit.observe.excerpt import Excerpt
    from edgeaudit.x509.trust import Trust

_FORMATS = ["table", "json", "csv", "html", "junit", "markdown", "sarif"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=FILE)
@click.option(
    "--live", metavar="FILTER", help="Run tcpdump with this filter, until Ctrl-C, instead of FILE."
)
@click.option(
    "--interface",
    default="any",
    metavar="NAME",
    show_default=True,
    help="Where --live listens.",
)
@click.option(
    "--trust",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="What the side that refuses trusts, besides the public roots; repeatable.",
)
@click.option("--no-public-roots", is_flag=True, help="Only the files of --trust are trusted.")
@click.option("--keylog", type=FILE, metavar="FILE", help="Secrets (SSLKEYLOGFILE) that open TLS.")
@click.option(
    "--extract", type=FILE, metavar="DIR", help="Save the certificates seen there, as PEM."
)
@click.option(
    "--write", type=FILE, metavar="FILE", help="Save the packets of failed handshakes as a capture."
)
@failing_from("error")
@told_as(*_FORMATS)
@also_written
@replaying
@reading
def capture(files: tuple[Path, ...], name: str, outputs: tuple[str, ...], **options: Any) -> int:
    """Tell why the TLS handshakes in a capture failed.

    A FILE is what `tcpdump -w` or Wireshark writes: pcap or pcapng, gzip or not; `-` is standard
    input. --live 'host 10.0.0.1 and port 443' takes the packets from the system's tcpdump. Without
    --trust an unknown CA and a missing intermediate may look alike. With --config, --url or
    --snapshot the installation is read too, and the answer names the side, the endpoint and the
    truststore.

    \b
    Exit status:
      0  no handshake failed
      1  some did
      2  wrong usage, or a file that is no capture
      3  none did, but not everything could be read
      4  a report, the certificates or the packets could not be saved
    """
    from edgeaudit.audit.placing import Installations
    from edgeaudit.audit.watched import report
    from edgeaudit.cli.access import tell_gaps
    from edgeaudit.cli.delivery import files_of, write_each
    from edgeaudit.cli.moment import now
    from edgeaudit.cli.watching import Judging

    if bool(files) == (options["live"] is not None):
        raise InputError("what is to be read?", "give FILE..., or --live FILTER")
    wanted = files_of(outputs, _FORMATS)
    config = _config(options)
    inventories = _inventories(config, options)
    keeps_all = "json" in (name, *wanted)
    installations = Installations(inventories) if inventories else None
    judging = Judging(_trust(config, options), installations, keeps_all)
    seen, is_saved = _seen(files, judging, options)
    told = report(seen, now(), inventories)
    terminal.say(_rendered(name, seen, told, terminal.width()))
    is_delivered = write_each(
        wanted, lambda form: _rendered(form, seen, told, terminal.WIDTH_OF_A_FILE)
    )
    outcome = tell_gaps(inventories)
    if len(seen) < len(set(files)):
        return status.UNUSABLE
    outcome = status.of_report(told, options["fail_on"]) or outcome
    return outcome if is_delivered and is_saved else status.UNDELIVERED


def _seen(
    files: tuple[Path, ...], judging: Judging, options: dict[str, Any]
) -> tuple[list[Watched], bool]:
    """What is in the captures; and whether packets and certificates are saved as options say."""
    from contextlib import closing

    from edgeaudit.observe.excerpt import Excerpt

    if not options["write"]:
        seen, is_saved = _read(files, judging, options), True
    else:
        with closing(Excerpt()) as excerpt:
            seen = _read(files, judging._replace(excerpt=excerpt), options)
            is_saved = _is_saved(lambda: _write(options["write"], excerpt))
    if options["extract"]:
        is_saved = _is_saved(lambda: _extract(options["extract"], seen)) and is_saved
    return seen, is_saved


def _is_saved(save: Callable[[], None]) -> bool:
    """Whether it could be; if not it is told, and the report is made all the same."""
    from edgeaudit.errors import DeliveryError

    try:
        save()
    except DeliveryError as error:
        terminal.error(error.message, error.hint)
        return False
    return True


def _read(files: tuple[Path, ...], judging: Judging, options: dict[str, Any]) -> list[Watched]:
    from edgeaudit.cli.watching import live, watched

    if options["live"] is None:
        return watched(files, options["keylog"], judging)
    expression, interface = options["live"], options["interface"]
    return [live(expression, interface, options["keylog"], judging, quiet=options["quiet"])]


def _config(options: dict[str, Any]) -> Config | None:
    """That of the installation at hand; None unless one is named in so many words."""
    is_named = options["config"] or options["url"] or options["snapshot"]
    return configured(options) if is_named else None


def _inventories(config: Config | None, options: dict[str, Any]) -> list[Inventory]:
    from edgeaudit.cli.access import read

    if config is None:
        return []
    return read(config, quiet=options["quiet"], snapshot=options["snapshot"])


def _trust(config: Config | None, options: dict[str, Any]) -> Trust | None:
    """What is trusted; None where nothing is said of it."""
    from edgeaudit.x509.trust import Trust

    files, public_roots = options["trust"], not options["no_public_roots"]
    if config:
        files, public_roots = config.trust, config.public_roots
    return Trust.of(files, public_roots) if files or not public_roots else None


def _rendered(name: str, seen: Sequence[Watched], told: Report, width: int) -> str | Iterable[str]:
    from edgeaudit.reports import FORMATS
    from edgeaudit.reports import capture as own

    if name == "table":
        return own.table(seen, width)
    return own.as_json(seen, told) if name == "json" else FORMATS[name](told)


def _write(path: Path, excerpt: Excerpt) -> None:
    from edgeaudit.cli.delivery import write_by
    from edgeaudit.plural import counted

    write_by(path, excerpt.write)
    if excerpt.cut:
        lacking = counted(excerpt.cut, "handshake")
        terminal.note(f"{path}: not all packets of {lacking} could be kept")


def _extract(folder: Path, seen: Sequence[Watched]) -> None:
    """Save each certificate once, by its SHA-256: no name in it can name a file."""
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.errors import DeliveryError
    from edgeaudit.x509.pem import as_pem

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "that is no path"
        raise DeliveryError(f"{folder} could not be made: {told}", "name a folder") from error
    found = {each.sha256: each for one in seen for each in one.tally.certificates}
    for sha256, certificate in found.items():
        write_whole(folder / f"{sha256}.pem", as_pem([certificate.der]))
    terminal.note(f"{folder}: {len(found)} certificates")
