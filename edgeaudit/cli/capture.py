"""`edgeaudit capture`: why the handshakes in a capture failed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from edgeaudit.observe.capture import Capture
    from edgeaudit.reports.capture import Watched
    from edgeaudit.x509.trust import Trust


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--trust",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="What the side that refuses trusts, besides the public roots; repeatable.",
)
@click.option("--no-public-roots", is_flag=True, help="Only the files of --trust are trusted.")
@click.option(
    "--keylog", type=FILE, metavar="FILE", help="Secrets (SSLKEYLOGFILE) that open TLS 1.3."
)
@click.option(
    "--extract", type=FILE, metavar="DIR", help="Save the certificates seen there, as PEM."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="error",
    show_default=True,
    help="From which severity on the exit status is 1.",
)
@click.option(
    "--format",
    "name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Format on stdout.",
)
def capture(
    files: tuple[Path, ...],
    trust: tuple[Path, ...],
    no_public_roots: bool,
    keylog: Path | None,
    extract: Path | None,
    fail_on: str,
    name: str,
) -> int:
    """Tell why the TLS handshakes in a capture failed.

    A FILE is what `tcpdump -w` or Wireshark writes: pcap or pcapng, gzip or not; `-` is standard
    input. Without --trust an unknown CA and a missing intermediate may look alike.

    \b
    Exit status:
      0  no handshake failed
      1  some did
      2  wrong usage, or a file that is no capture
      3  none did, but not everything could be read
      4  the certificates could not be saved
    """
    from edgeaudit.reports import capture as report

    trusted = _trust(trust, public_roots=not no_public_roots)
    watched = list(_watched(files, trusted, _key_log(keylog), keeps_all=name == "json"))
    if extract:
        _extract(extract, watched)
    terminal.say(report.FORMATS[name](watched, terminal.width()))
    if len(watched) < len(files):
        return status.UNUSABLE
    if fail_on != "never" and any(each.tally.failures for each in watched):
        return status.FOUND
    return status.GOOD if all(each.is_complete for each in watched) else status.INCOMPLETE


def _trust(files: tuple[Path, ...], *, public_roots: bool) -> Trust | None:
    """What is trusted; None where nothing is said of it."""
    from edgeaudit.x509.trust import Trust

    return Trust.of(files, public_roots) if files or not public_roots else None


def _watched(
    files: tuple[Path, ...], trust: Trust | None, key_log: bytes, *, keeps_all: bool
) -> Iterator[Watched]:
    """Each file that is a capture; of the others it is told why they are none."""
    from edgeaudit.errors import InputError
    from edgeaudit.observe.capture import Capture

    for path in files:
        try:
            with _opened(path) as stream:
                yield _read(Capture(stream, str(path), key_log), path, trust, keeps_all=keeps_all)
        except InputError as error:
            terminal.error(error.message, error.hint)


def _key_log(path: Path | None) -> bytes:
    if path is None:
        return b""
    with _opened(path) as stream:
        return stream.read()


def _read(capture: Capture, path: Path, trust: Trust | None, *, keeps_all: bool) -> Watched:
    from edgeaudit.audit.failures import Tally
    from edgeaudit.reports.capture import Watched

    tally = Tally(trust, keeps_all=keeps_all)
    for handshake in capture.handshakes():
        tally.add(handshake)
    tally.finish()
    return Watched(str(path), capture.packets, capture.left_out, capture.trouble, tally)


def _extract(folder: Path, watched: list[Watched]) -> None:
    """Save each certificate once, by its SHA-256: no name in it can name a file."""
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.errors import DeliveryError
    from edgeaudit.x509.pem import as_pem

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "that is no path"
        raise DeliveryError(f"{folder} could not be made: {told}", "name a folder") from error
    seen = {each.sha256: each for one in watched for each in one.tally.certificates}
    for sha256, certificate in seen.items():
        write_whole(folder / f"{sha256}.pem", as_pem([certificate]))
    terminal.note(f"{folder}: {len(seen)} certificates")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    from edgeaudit.errors import InputError

    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "that is no path"
        raise InputError(f"{path} could not be read: {told}", "check the path") from error
    with stream:
        yield stream
