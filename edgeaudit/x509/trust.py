"""Whom to trust: Mozilla's public roots and the CA files of the configuration."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

from edgeaudit.errors import InputError
from edgeaudit.x509.certificate import Certificate, read_der
from edgeaudit.x509.pem import certificate_blocks
from edgeaudit.x509.stores import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_HINT = "name a file of CA certificates that needs no password: PEM, DER, PKCS#7, JKS"


class Trust:
    """Trust anchors, for `verify`. Immutable; two are the same only if they are one object."""

    def __init__(self, certificates: Sequence[Certificate] = (), public_roots: bool = True) -> None:
        """`certificates` besides Mozilla's public roots (from certifi), or instead of them."""
        ders = [*(_public_roots() if public_roots else ()), *(each.der for each in certificates)]
        self.anchors = tuple(dict.fromkeys(der for der in ders if der is not None))

    @classmethod
    def of(cls, files: Sequence[Path] = (), public_roots: bool = True) -> Trust:
        """Trust in all certificates of `files`, of any kind that needs no password.

        Raises InputError if one cannot be read, holds none, or holds a damaged one.
        """
        return cls([each for file in files for each in _read_anchors(file)], public_roots)

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """All anchors, public roots first."""
        return tuple(map(read_der, self.anchors))


def _read_anchors(file: Path) -> Iterator[Certificate]:
    try:
        bundles = read_file(file)
    except InputError as error:
        raise InputError(error.message, _HINT) from error
    return (each for bundle in bundles for each in bundle.certificates)


@cache
def _public_roots() -> tuple[bytes, ...]:
    blocks = certificate_blocks(Path(certifi.where()).read_bytes())
    return tuple(block for block in blocks if block)
