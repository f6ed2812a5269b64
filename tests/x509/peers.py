"""Questions for Java: chains and truststores drawn at random, weak ones, and host names."""

from __future__ import annotations

import ipaddress
import subprocess
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.name import _ASN1Type

from tests.factories import CA, NOW, PrivateKey, rsa_key, signed_over
from tests.x509.java import Asked
from tests.x509.pkis import draw_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from edgeaudit.x509.jsse import Role

ROLES: list[Role] = ["server", "client"]
CURVES: list[ec.EllipticCurve] = [
    ec.SECP192R1(),
    ec.SECP224R1(),
    ec.SECP256K1(),
    ec.SECP521R1(),
    ec.BrainpoolP256R1(),
    ec.BrainpoolP384R1(),
    ec.BrainpoolP512R1(),
]
LONGEST = 8  # of a client's chain; longer ones Java never gets to judge


class Drawn(NamedTuple):
    """A question, and of what kinds it is."""

    asked: Asked
    kinds: Counter[str]


def draw_path(draw: Random) -> Drawn:
    """One of the chains that OpenSSL is asked about too, as a peer might send it."""
    case = draw_case(draw)
    while len(case.untrusted) >= LONGEST:
        case = draw_case(draw)
    role = draw.choice(ROLES)
    chain = [*case.leaves, *case.untrusted]
    asked = Asked(role, case.options["hostname"], case.at, chain, case.anchors)
    case.kinds["plain"] = 0
    return Drawn(asked, +case.kinds + Counter([role]))


def weak_paths() -> Iterator[Drawn]:
    """Each weak or unusual key and digest at each level, in order and out of it, in each role."""
    for name, key in _keys().items():
        for level in range(3):
            overrides: list[dict[str, Any]] = [{}, {}, {}]
            overrides[level] = {"key": key}
            root = CA.root("Root", **overrides[0])
            issuing = root.intermediate("Issuing", **overrides[1])
            leaf = issuing.leaf("a.example", **overrides[2])
            yield from _asked(f"{name} at {level}", [leaf, issuing], root)
    root = CA.root("Root", key=rsa_key())
    issuing = root.intermediate("Issuing", key=rsa_key())
    leaf = issuing.leaf("a.example")
    for digest in (hashes.MD5(), hashes.SHA1()):
        for made in (leaf, issuing):
            forged = replace(made, der=signed_over(digest, made, rsa_key()))
            chain = [forged if each is made else each for each in (leaf, issuing)]
            yield from _asked(digest.name, chain, root)


def _asked(kind: str, chain: list[Any], root: CA) -> Iterator[Drawn]:
    stranger = CA.root("Stranger")
    for role in ROLES:
        for sent in (chain, [chain[0], stranger, chain[1]]):
            yield Drawn(Asked(role, None, NOW, sent, [root]), Counter([kind]))


@cache
def _keys() -> dict[str, PrivateKey]:
    keys: dict[str, PrivateKey] = {curve.name: ec.generate_private_key(curve) for curve in CURVES}
    keys["DSA 1024"] = dsa.generate_private_key(1024)
    keys["Ed25519"] = ed25519.Ed25519PrivateKey.generate()
    for bits in (512, 768, 1024):
        command = ["openssl", "genrsa", str(bits)]
        done = subprocess.run(command, check=True, capture_output=True)
        key = load_pem_private_key(done.stdout, None)
        keys[f"RSA {bits}"] = key  # type: ignore[assignment]
    return keys


LABELS = [
    "a", "A", "www", "api", "a-b", "-a", "a-", "a_b", "xn--bcher-kva", "xn--zzzzz--", "*", "w*",
    "*w", "w*w", "**", "a*b*c", "awbwc", "1", "127", "www2", "com", "bücher", "ß", "é", "﹡",
    "", "a b", "z" * 63, "z" * 64,
]  # fmt: skip
PARENTS = [
    "example", "Example", "example.com", "com", "co.uk", "b.example.com", ".example", "example.",
    "192.0.2.1", "*.com", "xn--bcher-kva.example", "bücher.example", "a_b.example", "1.1",
]  # fmt: skip
HOSTS = [
    "192.0.2.1", "192.0.2.2", "192.0.2.01", "192.0.2", "2001:db8::1", "2001:DB8:0::1",
    "[2001:db8::1]", "[192.0.2.1]", "localhost", "1", "1.2", "999.1.1.1", "0x7f.1",
    "2001:db8::1%eth0", "::ffff:192.0.2.1", "a.example.", "a.example..", "*.example.com", "*", ".",
    "other.example",
]  # fmt: skip
STRINGS = [_ASN1Type.UTF8String, _ASN1Type.UTF8String, _ASN1Type.BMPString]


def draw_host(draw: Random) -> Drawn:
    """A host, and a certificate that may be good for it."""
    host = _host(draw)
    names = [draw.choice([_host(draw), host]) for _ in range(draw.choice([0, 0, 1, 1, 2]))]
    label = host.partition(".")[0]
    if label and draw.random() < 0.3:
        names.append(host.replace(label, draw.choice(["*", "w*", "*w"]), 1))
    alternatives: list[x509.GeneralName] = list(map(_general_name, names))
    if draw.random() < 0.1:
        alternatives.append(x509.RFC822Name("a@b.example"))
    common = [draw.choice([host, _host(draw)]) for _ in range(draw.choice([0, 1, 1, 1, 2]))]
    subject = [
        x509.NameAttribute(x509.NameOID.COMMON_NAME, name, _type=draw.choice(STRINGS))
        for name in common
        if len(name) <= 64
    ]
    subject += [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Acme")]
    san = [(x509.SubjectAlternativeName(alternatives), False)] if alternatives else []
    leaf = _root().leaf(x509.Name(subject), key=_root().private_key, extensions=san)
    return Drawn(Asked("server", host, NOW, [leaf], [_root()]), Counter(["host name"]))


@cache
def _root() -> CA:
    return CA.root("Root")


def _host(draw: Random) -> str:
    if draw.random() < 0.2:
        return draw.choice(HOSTS)
    return f"{draw.choice(LABELS)}{draw.choice('...-')}{draw.choice(PARENTS)}"


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("ascii", "ignore").decode() or "a")
