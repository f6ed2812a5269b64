"""Whether nginx, Java and the other side take what they are to load, sign with and be shown.

OpenSSL looks at the keys and signatures of the chain that it is to show when nginx reads its
configuration (`SSL_CTX_use_certificate`): level 1, the default since 1.1.0, wants 80 bits of
security, level 2, that of Debian and RHEL 8, wants 112 (SSL_CTX_set_security_level(3)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgeaudit.errors import InputError
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_view import Unparseable, view
from edgeaudit.x509.strength import has_key_under_80_bits, has_weak_key, has_weak_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.inventory import Direction
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_view import View

T = TypeVar("T")

_ROLES = {
    "northbound": ("servers", ExtendedKeyUsageOID.SERVER_AUTH, "serverAuth"),
    "southbound": ("clients", ExtendedKeyUsageOID.CLIENT_AUTH, "clientAuth"),
}


class Objection(NamedTuple):
    """Why a chain is not taken, in one sentence; not `is_certain` where the machine decides."""

    told: str
    is_certain: bool


def of_nginx(chain: Sequence[Certificate]) -> Iterator[Objection]:
    """What OpenSSL has against a chain that a Router's nginx is to show."""
    for at, each in enumerate(chain):
        small = f"({'ca' if at else 'ee'} key too small): the key of {each.subject} is {each.key}"
        weak = f"(ca md too weak): {each.subject} is signed over {each.signature.upper()}"
        if has_key_under_80_bits(each):
            yield Objection(f"nginx with OpenSSL 1.1.0 or later does not load it {small}", True)
        elif has_weak_key(each):
            level = "where OpenSSL's security level is 2, as on Debian and RHEL 8"
            yield Objection(f"nginx does not load it {level} {small}", False)
        if has_weak_signature(each):
            is_older = each.signature != "sha1"
            version = "1.1.0 or later" if is_older else "3"
            yield Objection(f"nginx with OpenSSL {version} does not load it {weak}", is_older)


def of_peers(leaf: Certificate, direction: Direction) -> Iterator[Objection]:
    """What clients or backends have against it: it is for something else (RFC 5280, 4.2.1.12)."""
    role, own, name = _ROLES[direction]
    usage = _seen(leaf, lambda seen: seen.get(x509.ExtendedKeyUsage))
    if usage is not None and not {own, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & {*usage}:
        yield Objection(f"it is not for {role}: its extended key usage lacks {name}", True)
    if direction == "northbound" and (key := _seen(leaf, lambda seen: seen.key)):
        strangers = [str(java) for java, each in RELEASES.items() if not each.can_sign(key)]
        if strangers:
            told = f"clients with Java {', '.join(strangers)} do no TLS with a key like this one"
            yield Objection(f"{told}: {leaf.key}", False)


def of_java(leaf: Certificate, java: int | None) -> Iterator[Objection]:
    """What the Message Processors' Java has against the key that it is to show a backend.

    Where its release is not known, what all have.
    """
    releases = RELEASES.values() if java is None else [RELEASES[java]] if java in RELEASES else []
    key = _seen(leaf, lambda seen: seen.key)
    if key and releases and not any(each.can_sign(key) for each in releases):
        name = "Java" if java is None else f"Java {java}"
        yield Objection(f"{name} does no TLS with a key like this one: {leaf.key}", True)


def _seen(certificate: Certificate, particular: Callable[[View], T]) -> T | None:
    """A particular of the certificate, None where it cannot be read."""
    try:
        return particular(view(certificate)) if certificate.der is not None else None
    except (InputError, Unparseable, ValueError):
        return None
