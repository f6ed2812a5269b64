"""`edgeaudit verify`: certificate files before OpenSSL's verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, judging, told_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.examination import Examination, Question
    from edgeaudit.x509.stores import Entry

    Files = list[tuple[Path, tuple[Entry, ...]]]


@click.command()
@click.argument("certs", metavar="CERT...", nargs=-1, required=True, type=FILE)
@judging
@click.option(
    "--untrusted",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Certificates that may serve as issuers; repeatable.",
)
@click.option("--hostname", metavar="NAME|IP", help="The host that it must speak for.")
@click.option(
    "--purpose",
    type=click.Choice(["sslserver", "sslclient", "any"]),
    help="What it must be good for (default: not checked).",
)
@click.option("--partial-chain", is_flag=True, help="A trusted certificate need not be a root.")
@click.option("--strict", is_flag=True, help="Allow no workarounds (openssl verify -x509_strict).")
@click.option(
    "--java",
    type=click.Choice(["8", "11", "17", "21", "25"]),
    help="Say too what this Java says (Edge up to 4.53: 8; from 4.54: 21).",
)
@click.option("--fetch-issuers", is_flag=True, help="Fetch a missing issuer from its AIA address.")
@click.option("--allow-private", is_flag=True, help="Fetch it from private addresses too.")
@click.option("--write", type=FILE, metavar="FILE", help="Write the mended bundle, leaf first.")
@click.option("--password-file", type=FILE, metavar="FILE", help="Password of a PKCS#12 store.")
@told_as("table", "json")
def verify(certs: tuple[Path, ...], name: str, **options: Any) -> int:
    """Judge certificate files the way `openssl verify` does.

    A CERT may be PEM, DER, PKCS#7, PKCS#12, JKS or JCEKS. Its first certificate is verified; those
    after it may serve as issuers, as in a keystore alias. The password of a store comes from
    EDGEAUDIT_STORE_PASSWORD, --password-file or a prompt.

    \b
    Exit status:
      0  all are good
      1  some certificate fails
      2  wrong usage, or a file that cannot be read
    """
    from edgeaudit.reports import verification

    question = _question(options)
    files = list(_read(certs, options["password_file"]))
    fetching = options["fetch_issuers"], options["allow_private"]
    examined = [_examined(each, files, question, *fetching) for each in _entries(files)]
    found = [examination for examination, _ in examined]
    terminal.say(verification.FORMATS[name](found, question.at, terminal.width()))
    is_written = not options["write"] or _is_written(options["write"], question, examined)
    if len(files) < len(certs):
        return status.UNUSABLE
    return status.GOOD if is_written and all(one.verdict.ok for one in found) else status.FOUND


def _question(options: Mapping[str, Any]) -> Question:
    from edgeaudit.cli.moment import moment, now
    from edgeaudit.x509.examination import Question
    from edgeaudit.x509.stores import read_file
    from edgeaudit.x509.trust import Trust

    hostname = options["hostname"]
    return Question(
        hostname=hostname if hostname is None else _host(hostname),
        trust=Trust.of(options["trust"], not options["no_public_roots"]),
        at=moment(options["at"], now()),
        untrusted=tuple(
            certificate
            for file in options["untrusted"]
            for entry in read_file(file)
            for certificate in entry.certificates
        ),
        java=int(options["java"]) if options["java"] else None,
        **{key: options[key] for key in ("purpose", "partial_chain", "strict")},
    )


def _host(name: str) -> str:
    """The host that is asked about, IDN as A-labels. Raises InputError for what is none."""
    from edgeaudit.errors import InputError
    from edgeaudit.x509.hostname import a_labels

    if not name.strip() or "/" in name or (name.count(":") == 1 and name[-1:].isdigit()):
        told = f"--hostname {name}" if name else "--hostname is empty"
        raise InputError(f"{told}: that is no host", "give a name or an address, without port")
    return a_labels(name)


def _read(certs: Sequence[Path], password_file: Path | None) -> Iterator[tuple[Path, Any]]:
    """Each file that can be read; of the others it is told why."""
    from edgeaudit.errors import InputError
    from edgeaudit.x509.stores import read_file

    for path in certs:
        try:
            yield path, read_file(path, _password(path, password_file))
        except InputError as error:
            terminal.error(error.message, error.hint)


def _password(path: Path, file: Path | None) -> Callable[[], str | None]:
    def password() -> str | None:
        from edgeaudit.cli.credentials import secret

        if given := secret("STORE_PASSWORD", file):
            return given
        return terminal.ask_secret(f"Password of {path}") if terminal.can_ask() else None

    return password


def _entries(files: Files) -> list[tuple[Path, Entry]]:
    return [(path, entry) for path, entries in files for entry in entries if entry.certificates]


def _examined(
    one: tuple[Path, Entry], files: Files, question: Question, fetches: bool, allow_private: bool
) -> tuple[Examination, list[Certificate]]:
    """What comes of one entry, and the missing issuers that were found elsewhere."""
    from edgeaudit.x509.examination import examine

    path, entry = one
    elsewhere = {
        f"{other}{f' ({beside.name})' if beside.name else ''}#{index}": certificate
        for other, beside in _entries(files)
        for index, certificate in enumerate(beside.certificates)
        if beside is not entry
    }
    examination = examine(str(path), entry, question, elsewhere)
    if fetches and examination.lacks_issuer:
        elsewhere |= _fetched(examination, question, allow_private=allow_private)
        examination = examine(str(path), entry, question, elsewhere)
    return examination, list(elsewhere.values())


def _fetched(
    examination: Examination, question: Question, *, allow_private: bool
) -> dict[str, Certificate]:
    from edgeaudit.observe.issuers import fetch_issuers

    known = [*question.trust.certificates, *question.untrusted]
    last = examination.about.chain[-1]
    fetched = fetch_issuers(last, known, allow_private=allow_private)
    for each in fetched.certificates:
        terminal.note(f"fetched: {each.subject}")
    if fetched.trouble:
        terminal.warning(fetched.trouble)
    return {f"its AIA address ({each.subject})": each for each in fetched.certificates}


def _is_written(
    path: Path, question: Question, examined: Sequence[tuple[Examination, list[Certificate]]]
) -> bool:
    """Whether the mended bundle is written; where it is not, it is told why."""
    from edgeaudit.cli.delivery import write_whole
    from edgeaudit.x509.bundle import lacks_issuer, mended
    from edgeaudit.x509.pem import as_pem

    if len(examined) != 1:
        told = f"{path} is not written: there are {len(examined)} bundles to mend, and not one"
        terminal.error(told, "verify each on its own")
        return False
    ((examination, found),) = examined
    pool = [*question.untrusted, *found]
    bundle = mended(examination.entry.certificates, examination.about, pool)
    verdict = question.verdict(bundle[0], bundle[1:])
    if lacks_issuer(verdict):
        told = f"{path} is not written: the issuer {bundle[-1].issuer} is missing"
        terminal.error(told, "name a file that holds it with --untrusted, or try --fetch-issuers")
        return False
    write_whole(path, as_pem(each.der for each in bundle))
    is_good = ", ".join(error.message for error in verdict.errors) or "OK"
    terminal.note(f"{path}: {len(bundle)} certificates, leaf first: {is_good}")
    return True
