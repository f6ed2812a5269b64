"""What a bundle looks like: who issued whom in it, what is missing, what does not belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.x509.certificate import Certificate, is_signed_by

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Chain:
    """A bundle's inner order; numbers are positions in the bundle, from 0.

    `path` leads from `leaf` upward, each link signed by the next; it takes the way to a
    self-signed certificate if the bundle holds one. `missing_issuer` is the subject of the issuer
    that signed the last link, None if that signed itself. `impostors` have that subject, but
    another key. `strangers` are not on the path and no copy of the leaf, and no certificate of
    another subject names them as issuer; so a cross-signed twin of an issuer is none.
    """

    leaf: int
    path: tuple[int, ...]
    missing_issuer: str | None
    impostors: tuple[int, ...]
    strangers: tuple[int, ...]


def leaf_index(bundle: Sequence[Certificate]) -> int:
    """The certificate that speaks for the alias: the first non-CA that issued no other, or 0."""
    issuers = {each.issuer_canonical for each in bundle if not each.is_self_issued}
    return next(
        (
            index
            for index, certificate in enumerate(bundle)
            if not certificate.is_ca and certificate.subject_canonical not in issuers
        ),
        0,
    )


def analyse(bundle: Sequence[Certificate]) -> Chain:
    """The Chain of `bundle`, in whatever order it is.

    Certificates known by description only are linked by their names alone.
    """
    leaf = leaf_index(bundle)
    if not bundle:
        return Chain(leaf, (), None, (), ())
    path = _path(bundle, leaf)
    last = bundle[path[-1]]
    return Chain(
        leaf=leaf,
        path=path,
        missing_issuer=None if last.is_self_signed else last.issuer,
        impostors=() if last.is_self_signed else _impostors(bundle, path),
        strangers=tuple(
            index
            for index, certificate in enumerate(bundle)
            if index not in path
            and certificate != bundle[leaf]
            and not _issued_any(certificate, bundle)
        ),
    )


def _path(bundle: Sequence[Certificate], leaf: int) -> tuple[int, ...]:
    """The first way to a self-signed certificate, else the first way as far as it goes."""
    dead_end: tuple[int, ...] = ()
    ways: list[tuple[int, ...]] = [(leaf,)]
    seen = {leaf}
    while ways:
        way = ways.pop()
        if bundle[way[-1]].is_self_signed:
            return way
        onward = [index for index in _signers(bundle, way[-1]) if index not in seen]
        seen.update(onward)
        ways += [(*way, index) for index in reversed(onward)]
        dead_end = dead_end or (() if onward else way)
    return dead_end


def _signers(bundle: Sequence[Certificate], index: int) -> list[int]:
    """Who signed the certificate at `index`; those that its key identifier points at first."""
    certificate = bundle[index]
    signers = [
        other for other in _named(bundle, certificate) if is_signed_by(certificate, bundle[other])
    ]
    key_id = certificate.authority_key_id
    return sorted(signers, key=lambda other: bundle[other].subject_key_id != key_id)


def _impostors(bundle: Sequence[Certificate], path: Sequence[int]) -> tuple[int, ...]:
    last = bundle[path[-1]]
    return tuple(
        index
        for index in _named(bundle, last)
        if bundle[index] != last and not is_signed_by(last, bundle[index])
    )


def _named(bundle: Sequence[Certificate], certificate: Certificate) -> list[int]:
    issuer = certificate.issuer_canonical
    return [index for index, each in enumerate(bundle) if each.subject_canonical == issuer]


def _issued_any(certificate: Certificate, bundle: Sequence[Certificate]) -> bool:
    """Whether another subject in `bundle` names `certificate` as its issuer."""
    subject = certificate.subject_canonical
    return any(
        each.issuer_canonical == subject and each.subject_canonical != subject for each in bundle
    )
