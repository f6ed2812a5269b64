"""`edgeaudit impact`: who depends on a thing, before it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import terminal
from edgeaudit.cli.options import at, configured, reading, replaying, told_as
from edgeaudit.errors import InputError, NoCertificate

if TYPE_CHECKING:
    from edgeaudit.audit.answer import Answer
    from edgeaudit.audit.catalogue import Catalogue, Found
    from edgeaudit.x509.certificate import Certificate


@click.command()
@click.argument("subject")
@reading
@replaying
@at
@told_as("table", "json", "dot", "mermaid")
def impact(subject: str, name: str, **options: Any) -> int:
    """Tell who depends on SUBJECT, before a change.

    SUBJECT is a certificate (its file, its SHA-256, its serial number, its subject or a part of
    it), or the place of an alias, keystore, reference, virtual host, target server or proxy, such
    as ORG/ENV/keystores/KEYSTORE, or the end of one. For what has endpoints it also tells on which
    certificates they depend.
    """
    from edgeaudit.audit.answer import answer
    from edgeaudit.audit.catalogue import Catalogue
    from edgeaudit.cli.access import read, tell_gaps
    from edgeaudit.cli.moment import moment, now

    when = moment(options["at"], now())
    certificates = certificates_in(subject)
    inventories = read(configured(options), quiet=options["quiet"], snapshot=options["snapshot"])
    try:
        found = _found(Catalogue(inventories), subject, certificates)
    except InputError as error:
        if not any(one.gaps for one in inventories):
            raise
        terminal.error(error.message, error.hint)
        return tell_gaps(inventories)
    called = found[0].name if len(found) == 1 else f"what {subject} holds"
    _say(answer(called, found, inventories, when), name)
    return tell_gaps(inventories)


def certificates_in(name: str) -> tuple[Certificate, ...]:
    """The certificates in the file of that name; none where there is no such file, or none in it.

    Raises InputError for a file that cannot be read or is damaged.
    """
    from edgeaudit.cli.credentials import secret
    from edgeaudit.x509.stores import read_file

    path = Path(name)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):  # too long for a file's name; a NUL character
        is_file = False
    try:
        entries = read_file(path, lambda: secret("STORE_PASSWORD") or None) if is_file else ()
    except NoCertificate:
        return ()  # a keystore may be called like a file that happens to be there
    return tuple(each for entry in entries for each in entry.certificates)


def _found(
    catalogue: Catalogue, subject: str, certificates: tuple[Certificate, ...]
) -> list[Found]:
    if certificates:
        return [catalogue.holding(each) for each in certificates]
    return [catalogue.find(subject)]


def _say(told: Answer, name: str) -> None:
    from edgeaudit.reports import impact as formats

    if name != "table":
        terminal.say(formats.FORMATS[name](told))
        return
    boxes = terminal.can_show(formats.BOX_CHARACTERS)
    terminal.say(formats.render(told, width=terminal.width(), boxes=boxes))
