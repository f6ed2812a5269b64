"""PKCS#12 (RFC 7292): the certificates, and which of them stand with a key.

The reader of `cryptography` is not used: it knows one key a file and decrypts it, takes no
certificate that is odd, and runs as many rounds of key derivation as a file asks for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError
from edgeaudit.location import printable
from edgeaudit.x509.der import (
    CONTEXT_0,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    contents,
    definite,
    fields,
)
from edgeaudit.x509.pbe import Encrypted, check_rounds, known, read_encrypted, read_mac, short_oid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1"
_KEY_BAGS = {f"{_BAGS}.1", f"{_BAGS}.2"}
_CERTIFICATE_BAG, _SAFE_BAG = f"{_BAGS}.3", f"{_BAGS}.6"
_X509 = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME, _LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"  # Java's mark of a trusted certificate
_BMP_STRING = 0x1E
_IMPLICIT_0, _IMPLICIT_0_IN_PIECES = 0x80, 0xA0
HOW_TO_OPEN = "set EDGEAUDIT_STORE_PASSWORD, or give verify or preflight a --password-file"


class Attributes(NamedTuple):
    """What is written beside a certificate or a key."""

    name: str | None
    key_id: bytes | None
    is_trusted: bool


class Safe(NamedTuple):
    """The certificates in DER, and what is written beside keys, in the order of the store."""

    certificates: list[tuple[bytes, Attributes]]
    keys: list[Attributes]


def read(data: bytes, password: Callable[[], str | None]) -> Safe:
    """What is in a PKCS#12 store. Keys are not decrypted.

    `password` is called only if certificates are encrypted, and not with an empty password;
    where none are, the digest over the whole is not checked. Raises ValueError if the store is
    damaged, InputError if it is encrypted in an unknown way, or with another password.
    """
    (pfx,) = fields(definite(data), SEQUENCE)
    _, info = fields(pfx, INTEGER, SEQUENCE)
    (octets,) = fields(_content(info, _DATA), OCTET_STRING)
    (infos,) = fields(definite(octets), SEQUENCE)
    parts = [_part(each) for _, each in contents(infos)]
    macs = [read_mac(each) for _, each in contents(pfx)[2:3]]
    encrypted = [part for part in parts if isinstance(part, Encrypted)]
    check_rounds([*(mac.derivation for mac in macs), *(each.derivation for each in encrypted)])

    def opened(given: str | None) -> Safe:
        if not all(mac.is_right(octets, given) for mac in macs):
            raise ValueError("its digest is another")
        return _safe(part.open(given) if isinstance(part, Encrypted) else part for part in parts)

    if not encrypted:
        return _safe(part for part in parts if isinstance(part, bytes))
    for empty in (None, ""):  # which differ where the key is derived in PKCS#12's own way
        with suppress(ValueError):
            return opened(empty)
    given = password()
    if not given:
        raise InputError("its certificates are encrypted, and there is no password", HOW_TO_OPEN)
    try:
        return opened(given)
    except ValueError as error:
        raise InputError("the password is wrong, or the store is damaged", HOW_TO_OPEN) from error


def _content(info: bytes, *kinds: str) -> bytes:
    kind, content = fields(info, OID, CONTEXT_0)
    if short_oid(kind) not in kinds:
        raise InputError("it is encrypted or signed with a certificate, not with a password")
    return content


def _part(info: bytes) -> bytes | Encrypted:
    content = _content(info, _DATA, _ENCRYPTED)
    if content[:1] == bytes([OCTET_STRING]):
        return fields(content, OCTET_STRING)[0]
    (encrypted,) = fields(content, SEQUENCE)
    _, inner = fields(encrypted, INTEGER, SEQUENCE)
    _, algorithm = fields(inner, OID, SEQUENCE)
    data = dict(contents(inner)[2:])
    pieces = contents(data.get(_IMPLICIT_0_IN_PIECES, b""))
    whole = data.get(_IMPLICIT_0) or b"".join(piece for _, piece in pieces)
    return read_encrypted(algorithm, whole)


def _safe(parts: Iterable[bytes]) -> Safe:
    safe = Safe([], [])
    for part in parts:
        (bags,) = fields(definite(part), SEQUENCE)
        for _, bag in contents(bags):
            _add(bag, safe)
    return safe


def _add(bag: bytes, safe: Safe) -> None:
    kind, value = fields(bag, OID, CONTEXT_0)
    if short_oid(kind) in _KEY_BAGS:
        safe.keys.append(_attributes(bag))
    elif short_oid(kind) == _CERTIFICATE_BAG:
        safe.certificates.append((_certificate(value), _attributes(bag)))
    elif short_oid(kind) == _SAFE_BAG:
        raise InputError("it holds bags within bags, which edgeaudit does not read")


def _certificate(value: bytes) -> bytes:
    (bag,) = fields(value, SEQUENCE)
    kind, wrapped = fields(bag, OID, CONTEXT_0)
    known({_X509: None}, kind)
    return fields(wrapped, OCTET_STRING)[0]


def _attributes(bag: bytes) -> Attributes:
    pairs = [
        fields(pair, OID, SET)
        for tag, attributes in contents(bag)[2:]
        if tag == SET
        for _, pair in contents(attributes)
    ]
    found = {short_oid(kind): values for kind, values in pairs}
    names = [text for tag, text in contents(found.get(_FRIENDLY_NAME, b"")) if tag == _BMP_STRING]
    return Attributes(
        printable(names[0].decode("utf-16-be", "replace")) if names else None,
        found.get(_LOCAL_KEY_ID),
        _TRUSTED_KEY_USAGE in found,
    )
