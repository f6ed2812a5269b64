"""`edgeaudit preflight`: what an upload would break, before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, judging, reading, replaying, told_as
from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from edgeaudit.audit.planning.preflight import Preflight
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.stores import Entry


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--alias", metavar="ORG/ENV/KEYSTORE/ALIAS", help="Where it is to be uploaded.")
@click.option(
    "--reference",
    metavar="ORG/ENV/REFERENCE",
    help="Or: into a new keystore, to which this reference is then moved.",
)
@click.option("--write", type=FILE, metavar="FILE", help="Write the chain as Edge wants it.")
@click.option("--password-file", type=FILE, metavar="FILE", help="Password of a store or key.")
@reading
@replaying
@judging
@told_as("table", "json")
def preflight(
    files: tuple[Path, ...], alias: str | None, reference: str | None, name: str, **options: Any
) -> int:
    """Tell what would break or heal if the certificate in FILE were uploaded.

    FILE is PEM, DER, PKCS#7, PKCS#12, JKS or JCEKS; certificates, their issuers and the private key
    may stand in several. The key is compared with the certificate, and goes nowhere. Then follow
    the steps of the renewal. Nothing is uploaded. Of several installations, INSTALLATION:ORG/ENV
    is in that of this name.

    \b
    Exit status:
      0  nothing would break
      1  something would or may, or Edge would refuse the upload
      2  wrong usage, or a file that cannot be read
      3  nothing would, but not everything could be read
      4  the file of --write could not be written
    """
    from edgeaudit.audit.planning.preflight import preflight as foretold
    from edgeaudit.cli.access import read, tell_gaps
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.cli.slots import behind, slot_at
    from edgeaudit.reports.preflight import FORMATS, render
    from edgeaudit.x509.trust import Trust

    if (alias is None) == (reference is None):
        raise InputError("give either --alias or --reference", "see `edgeaudit preflight --help`")
    present = now()
    at = moment(options["at"], present)
    config = configured(options)
    offered = _read(files, _password(options["password_file"]))
    inventories = read(config, quiet=options["quiet"], snapshot=options["snapshot"])
    if not any(each.environments for each in inventories):
        return tell_gaps(inventories)
    slot = slot_at(inventories, alias) if alias else behind(inventories, reference or "")
    upload = _upload(offered, slot.alias)
    trust = Trust.of(config.trust, config.public_roots)
    found = foretold(slot, upload, trust, config.as_policy(), at, present)
    terminal.say(render(found, width=terminal.width()) if name == "table" else FORMATS[name](found))
    is_written = options["write"] is None or _is_written(found, options["write"])
    if found.breaks or found.may_break or not is_written:
        return status.FOUND
    return status.INCOMPLETE if found.slot.inventory.gaps else status.GOOD


class _Offered:
    """A file: its bytes, what stands in it, and how to ask for its password."""

    def __init__(self, path: Path, data: bytes, password: Callable[[], str | None]) -> None:
        from edgeaudit.x509.private_key import holds_key
        from edgeaudit.x509.stores import read_entries

        self.path, self.data, self.password = path, data, password
        self.is_key = holds_key(data)
        self.entries: tuple[Entry, ...] = ()
        try:
            self.entries = read_entries(data, password)
        except InputError as error:
            if not self.is_key:
                raise type(error)(f"{path}: {error.message}", error.hint) from error

    def fits(self, certificate: Certificate) -> bool | None:
        """Whether its private key is that of the certificate, None where that is not known."""
        from edgeaudit.x509.private_key import belongs

        try:
            return belongs(self.data, certificate, self.password)
        except InputError as error:
            raise type(error)(f"{self.path}: {error.message}", error.hint) from error


def _read(files: Sequence[Path], password: Callable[[], str | None]) -> list[_Offered]:
    from edgeaudit.x509.stores import LARGEST

    found = []
    for path in files:
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else "that is no path"
            raise InputError(f"{path} cannot be read: {told}") from error
        found.append(_Offered(path, data, password))
    return found


def _password(file: Path | None) -> Callable[[], str | None]:
    from functools import cache

    @cache
    def password() -> str | None:
        from edgeaudit.cli.credentials import secret

        if given := secret("STORE_PASSWORD", file):
            return given
        return terminal.ask_secret("Password of the file") if terminal.can_ask() else None

    return password


def _upload(offered: Sequence[_Offered], alias: str) -> Upload:
    """The chain of all files, one after the other; of a store with several keys that of `alias`."""
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.x509.pem import is_spaced
    from edgeaudit.x509.stores import form

    entries = [entry for each in offered for entry in _meant(each, alias)]
    chain = tuple(certificate for entry in entries for certificate in entry.certificates)
    if not chain:
        raise InputError("there is no certificate in these files", "name the certificate's file")
    fits = next((told for each in offered if (told := each.fits(chain[0])) is not None), None)
    owners = (each for each in chain if any(one.fits(each) for one in offered))
    has_key = any(each.is_key for each in offered) or any(entry.has_key for entry in entries)
    first = next(each for each in offered if each.entries)
    kind = form(first.data)
    return Upload(
        chain=chain,
        form=kind,
        size=max(len(each.data) for each in offered),
        has_key=has_key,
        fits=fits,
        is_spaced=kind != "PEM" or all(is_spaced(each.data) for each in offered),
        owner=next(owners, None) if fits is False else None,
    )


def _meant(offered: _Offered, alias: str) -> Iterator[Entry]:
    """The entries of a file that make up the chain."""
    with_key = [each for each in offered.entries if each.has_key and each.name is not None]
    named = [each for each in with_key if each.name == alias]
    if len(with_key) > 1 and not named:
        names = ", ".join(str(each.name) for each in with_key)
        raise InputError(
            f"{offered.path} holds several keys: {names}", f"call the one that is meant {alias}"
        )
    yield from named or with_key or offered.entries


def _is_written(found: Preflight, path: Path) -> bool:
    """Whether the chain is written; where it is not, it is told why."""
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.x509.pem import as_pem

    if found.lacks is not None:
        terminal.error(
            f"{path} is not written: the issuer {found.lacks} is missing",
            "give a file that holds it too; `edgeaudit verify --fetch-issuers` may find it",
        )
        return False
    write_whole(path, "\n".join(as_pem([each.der]) for each in found.bundle))
    terminal.note(f"{path}: {len(found.bundle)} certificates, leaf first")
    return True
