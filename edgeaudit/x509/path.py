"""Verification of a path as the `openssl verify` command does it.

The verdict, the error numbers, their depths and their order are those of

    openssl verify -no-CApath -no-CAstore -CAfile TRUST -untrusted UNTRUSTED -attime AT CERT
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.errors import InputError, MissingLibrary
from edgeaudit.x509 import codes, command, verifier
from edgeaudit.x509.certificate import Certificate, is_signed_by, read_der
from edgeaudit.x509.verifier import Purpose, Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edgeaudit.x509.trust import Trust


@dataclass(frozen=True)
class PathError:
    """An error of OpenSSL's verifier: its number, macro name, depth (0 the leaf) and text."""

    number: int
    code: str
    depth: int
    message: str


@dataclass(frozen=True)
class Verdict:
    """What OpenSSL says of a path, with the chain as it built it: leaf first, as far as it got."""

    ok: bool
    errors: tuple[PathError, ...]
    chain: tuple[Certificate, ...]


def verify(
    certificate: Certificate,
    untrusted: Sequence[Certificate],
    trust: Trust,
    at: datetime,
    *,
    purpose: Purpose | None = None,
    hostname: str | None = None,
    partial_chain: bool = False,
    strict: bool = False,
) -> Verdict:
    """Whether a path leads from `certificate` over some of `untrusted` to `trust`, at `at`.

    Without `purpose` none is checked; `hostname` is a name or an address. Those of `untrusted`
    that are known by description only are left out. Raises InputError if OpenSSL cannot read the
    certificate or the host name, MissingLibrary without any OpenSSL, ValueError if the certificate
    is known by description only.
    """
    if certificate.der is None:
        raise ValueError("known by description only: there is nothing to verify")
    if "\0" in (hostname or ""):
        raise InputError("a host name cannot hold a NUL character")
    ders = [each.der for each in untrusted if each.der is not None]
    question = Question(int(at.timestamp()), hostname, purpose, partial_chain, strict)
    try:
        answer = verifier.verify(certificate.der, ders, trust, question)
    except MissingLibrary:
        answer = command.verify(certificate.der, ders, trust.anchors, question)
    errors = (
        PathError(number, codes.code(number, answer.major), depth, message)
        for number, depth, message in answer.errors
    )
    chain = tuple(map(read_der, answer.chain)) or _walked(certificate, untrusted, trust)
    return Verdict(answer.ok, tuple(errors), chain)


def _walked(
    leaf: Certificate, untrusted: Sequence[Certificate], trust: Trust
) -> tuple[Certificate, ...]:
    """The chain by names and signatures, since the command prints none where it fails."""
    chain, pool = [leaf], (*untrusted, *trust.certificates)
    while not chain[-1].is_self_signed:
        found = (each for each in pool if each not in chain and has_issued(each, chain[-1]))
        if (issuer := next(found, None)) is None:
            break
        chain.append(issuer)
    return tuple(chain)


def has_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether `issuer` has the name that `certificate` gives its issuer, and the key that signed.

    Where one of them is known by description only, whether it has the name.
    """
    same_name = issuer.subject_canonical == certificate.issuer_canonical
    return same_name and is_signed_by(certificate, issuer)
