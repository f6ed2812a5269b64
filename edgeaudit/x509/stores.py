"""Certificate files of every kind: PEM, DER, PKCS#7, PKCS#12, JKS and JCEKS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeaudit.errors import EdgeauditError, InputError, NoCertificate
from edgeaudit.location import printable
from edgeaudit.x509 import jks, pem, pkcs12
from edgeaudit.x509.certificate import Certificate, is_signed_by, read_der
from edgeaudit.x509.chain import leaf_index
from edgeaudit.x509.der import (
    CONTEXT_0,
    INTEGER,
    OID,
    SEQUENCE,
    SET,
    contents,
    definite,
    fields,
    spans,
    tlv,
)
from edgeaudit.x509.mistaken import der_kind, told_instead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from edgeaudit.x509.pkcs12 import Attributes

Form = Literal["PEM", "DER", "PKCS#7", "PKCS#12", "JKS"]

LARGEST = 8 * 1024 * 1024
_HINT = "name a file of certificates: PEM, DER, PKCS#7, PKCS#12, JKS or JCEKS"
_LONGEST_CHAIN, _MOST_TWINS = 100, 10
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_IS_PKCS12 = b"\2\1\3"  # its version


@dataclass(frozen=True)
class Entry:
    """The certificates that stand together under one name in a file: leaf first as a rule.

    `name` is the alias or friendly name as the store has it (Java shows those of PKCS#12 in lower
    case), None in PEM, DER and PKCS#7. `has_key` says whether a private key stands with them; it
    is never read.
    """

    name: str | None
    certificates: tuple[Certificate, ...]
    has_key: bool


def read_file(path: Path, password: Callable[[], str | None] = lambda: None) -> tuple[Entry, ...]:
    """The certificates in the file `path`, as `read_entries` reads them.

    Raises InputError as that does, and where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return read_entries(file.read(LARGEST + 1), password)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", _HINT) from error
    except InputError as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error


def read_entries(
    data: bytes, password: Callable[[], str | None] = lambda: None
) -> tuple[Entry, ...]:
    """The certificates in `data`, a file of any kind.

    PEM (with anything around it, PKCS7 blocks too), DER and PKCS#7 are one Entry; PKCS#7, which
    has no order, with its leaf first. PKCS#12 has one for each key, with its chain as far as it
    is there, and one for each certificate that is in no chain or that Java marked as trusted.
    JKS and JCEKS have one for each alias that has certificates.

    `password` is asked for only where certificates are encrypted, in PKCS#12, and not with an
    empty password. The digests that JKS, JCEKS and unencrypted PKCS#12 stores have are not checked.

    Raises InputError where `data` is none of these, holds no certificate, is larger than 8 MiB or
    damaged anywhere, or where the password is wrong or missing.
    """
    if len(data) > LARGEST:
        raise InputError("it is larger than 8 MiB", _HINT)
    try:
        entries = tuple(_entries(data, password))
    except ValueError as error:
        raise InputError(f"it is damaged: {printable(str(error))}", _HINT) from error
    except InputError as error:
        raise InputError(error.message, error.hint or _HINT) from error
    if not any(entry.certificates for entry in entries):
        raise NoCertificate(f"it holds no certificate{told_instead(data)}", _HINT)
    return entries


def form(data: bytes) -> Form:
    """What kind of file `data` is, if `read_entries` can read it."""
    if data.startswith((jks.JKS, jks.JCEKS)):
        return "JKS"
    if not _is_der(data):
        return "PKCS#7" if pem.all_labels(data) & pem.PKCS7 else "PEM"
    whole = definite(data)
    _, start, _ = tlv(whole, 0)
    if whole[start : start + 1] == bytes([OID]):
        return "PKCS#7"
    return "PKCS#12" if whole[start : start + 3] == _IS_PKCS12 else "DER"


def _is_der(data: bytes) -> bool:
    # A SEQUENCE of more than 127 octets begins so, and text never does.
    return data[:1] == b"\x30" and data[1:2] >= b"\x80"


def _entries(data: bytes, password: Callable[[], str | None]) -> Iterator[Entry]:
    if data.startswith((jks.JKS, jks.JCEKS)):
        return _jks(data)
    if _is_der(data):
        return _der(data, password)
    return _pem(data)


def _pem(data: bytes) -> Iterator[Entry]:
    if pem.lacks_begin(data):
        raise InputError("a line BEGIN CERTIFICATE is missing or damaged")
    blocks = pem.certificate_blocks(data)
    found = [_certificate(block, number) for number, block in enumerate(blocks, 1)]
    for block in pem.certificate_blocks(data, pem.PKCS7):
        if block is None:
            raise InputError("its PKCS7 block is cut off or damaged")
        found += _pkcs7(definite(block))
    has_key = any(label.endswith(b"PRIVATE KEY") for label in pem.all_labels(data))
    yield Entry(None, tuple(found), has_key)


def _der(data: bytes, password: Callable[[], str | None]) -> Iterator[Entry]:
    whole = definite(data)
    _, start, _ = tlv(whole, 0)
    if whole[start : start + 1] == bytes([OID]):
        yield Entry(None, tuple(_pkcs7(whole)), False)
    elif whole[start : start + 3] == _IS_PKCS12:
        yield from _pkcs12(whole, password)
    elif not der_kind(whole):
        yield Entry(None, tuple(_concatenated(data)), False)


def _concatenated(data: bytes) -> Iterator[Certificate]:
    """Certificates one after the other; the last one gets, and remarks on, what follows it.

    So does one of indefinite length, which OpenSSL reads, and whose end only it knows.
    """
    at, number = 0, 1
    while data[at + 1 : at + 2] != b"\x80":
        end = tlv(data, at)[2]
        if data[end : end + 1] != b"\x30":
            break
        yield _certificate(data[at:end], number)
        at, number = end, number + 1
    yield _certificate(data[at:], number)


def _pkcs7(data: bytes) -> list[Certificate]:
    """The certificates of a SignedData (RFC 5652, 5.1), the leaf first."""
    (info,) = fields(data, SEQUENCE)
    (kind,) = fields(info, OID)
    if kind != _SIGNED_DATA:
        raise InputError("it is a PKCS#7 message that is not signed, and so holds no certificate")
    _, content = fields(info, OID, CONTEXT_0)
    (signed,) = fields(content, SEQUENCE)
    fields(signed, INTEGER, SET, SEQUENCE)
    found = [
        _certificate(body[start:end], number)
        for tag, body in contents(signed)[3:4]
        if tag == CONTEXT_0
        for number, (start, end) in enumerate(spans(body, 0, len(body)), 1)
        if body[start] == SEQUENCE  # others are attribute certificates and the like
    ]
    leaf = leaf_index(found)
    return [*found[leaf : leaf + 1], *found[:leaf], *found[leaf + 1 :]]


def _jks(data: bytes) -> Iterator[Entry]:
    number = 0
    for alias, ders, has_key in jks.entries(data):
        found = [_certificate(der, number, alias) for number, der in enumerate(ders, number + 1)]
        number += len(found)
        yield Entry(alias, tuple(found), has_key)


def _pkcs12(data: bytes, password: Callable[[], str | None]) -> Iterator[Entry]:
    safe = pkcs12.read(data, password)
    bags = [
        (_certificate(der, number, beside.name), beside)
        for number, (der, beside) in enumerate(safe.certificates, 1)
    ]
    by_subject: dict[bytes, list[Certificate]] = {}
    for certificate, _ in bags:
        by_subject.setdefault(certificate.subject_canonical, []).append(certificate)
    used: set[Certificate] = set()
    for name, leaf in _with_key(bags, safe.keys):
        path = _path(leaf, by_subject)
        used.update(path)
        yield Entry(name, path, True)
    for certificate, beside in bags:
        if beside.is_trusted or certificate not in used:
            yield Entry(beside.name, (certificate,), False)


def _with_key(
    bags: Sequence[tuple[Certificate, Attributes]], keys: Sequence[Attributes]
) -> Iterator[tuple[str | None, Certificate]]:
    """The name and the certificate of each key: the certificate with the key's identifier.

    Among those that have none it is the one with the key's name, or the leaf for a single key.
    """
    by_id = {beside.key_id: bag for bag in reversed(bags) if (beside := bag[1]).key_id}
    others = [bag for bag in bags if not bag[1].key_id]
    by_name = {beside.name: bag for bag in reversed(others) if (beside := bag[1]).name}
    for key in dict.fromkeys(keys):
        bag = by_id.get(key.key_id or b"") or by_name.get(key.name or "")
        if not bag and others and len(keys) == 1:
            bag = others[leaf_index([certificate for certificate, _ in others])]
        if bag:
            yield key.name or bag[1].name, bag[0]


def _path(leaf: Certificate, by_subject: dict[bytes, list[Certificate]]) -> tuple[Certificate, ...]:
    """From `leaf` upward by names, as Java does; of several issuers, the one that signed."""
    path = [leaf]
    while not path[-1].is_self_issued and len(path) < _LONGEST_CHAIN:
        twins = by_subject.get(path[-1].issuer_canonical, [])[:_MOST_TWINS]
        signers = [each for each in twins if is_signed_by(path[-1], each)] or twins
        if not signers or signers[0] in path:
            break
        path.append(signers[0])
    return tuple(path)


def _certificate(der: bytes | None, number: int, name: str | None = None) -> Certificate:
    which = f'certificate {number} ("{name}")' if name else f"certificate {number}"
    if der is None:
        raise InputError(f"{which} cannot be read: its PEM block is cut off or damaged")
    try:
        return read_der(der)
    except EdgeauditError as error:
        raise InputError(f"{which} cannot be read: {error.message}") from error
