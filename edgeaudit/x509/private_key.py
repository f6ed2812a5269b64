"""Whether a private key belongs to a certificate. The key itself is told to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from edgeaudit.errors import InputError
from edgeaudit.x509 import jks, pem
from edgeaudit.x509.mistaken import KEY, der_kind
from edgeaudit.x509.pkcs12 import HOW_TO_OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from edgeaudit.x509.certificate import Certificate


def holds_key(data: bytes) -> bool:
    """Whether a PEM file holds a private key, or `data` is one in DER; encrypted ones too."""
    return _has_pem_key(data) or _is_der_key(data)


def belongs(data: bytes, leaf: Certificate, password: Callable[[], str | None]) -> bool | None:
    """Whether the private key in `data` (PEM, DER or PKCS#12) is the one of `leaf`.

    None where that cannot be told: there is none, its algorithm is not known here, or it is in a
    JKS store, which always has the two together. Raises InputError where the password of an
    encrypted key is missing or wrong.
    """
    if leaf.der is None or data.startswith((jks.JKS, jks.JCEKS)):
        return None
    try:
        own = x509.load_der_x509_certificate(leaf.der).public_key()
        found = [key.public_key() for key in _keys(data, password)]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    spki = own.public_bytes(*form)
    return any(each.public_bytes(*form) == spki for each in found) if found else None


def _keys(data: bytes, password: Callable[[], str | None]) -> Iterator[PrivateKeyTypes]:
    if _has_pem_key(data):
        for block in _pem_keys(data):
            yield _opened(load_pem_private_key, block, password)
    elif _is_der_key(data):
        yield _opened(load_der_private_key, data, password)
    elif data[:1] == b"\x30":
        stored = pkcs12.load_pkcs12(data, _asked(password))
        if stored.key is not None:
            yield stored.key


def _opened(
    load: Callable[[bytes, bytes | None], PrivateKeyTypes],
    data: bytes,
    password: Callable[[], str | None],
) -> PrivateKeyTypes:
    """The private key; its password is asked for where it is encrypted."""
    try:
        return load(data, None)
    except TypeError:  # it is encrypted
        given = _asked(password)
    if given is None:
        raise InputError("its private key is encrypted, and there is no password", HOW_TO_OPEN)
    try:
        return load(data, given)
    except (ValueError, TypeError) as error:
        raise InputError("the password of its private key is wrong", HOW_TO_OPEN) from error


def _asked(password: Callable[[], str | None]) -> bytes | None:
    given = password()
    return None if given is None else given.encode()


def _has_pem_key(data: bytes) -> bool:
    return any(label.endswith(b"PRIVATE KEY") for label in pem.all_labels(data))


def _pem_keys(data: bytes) -> Iterator[bytes]:
    """Each block of a private key, with its marks."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    begin = None
    for at, line in enumerate(lines):
        if line.startswith(b"-----BEGIN ") and line.rstrip().endswith(b"PRIVATE KEY-----"):
            begin = at
        elif line.startswith(b"-----END ") and begin is not None:
            yield b"\n".join(lines[begin : at + 1]) + b"\n"
            begin = None


def _is_der_key(data: bytes) -> bool:
    return data[:1] == b"\x30" and der_kind(data) == KEY
