"""An installation of any size, most of it sound, in which every kind of thing names another."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from edgeaudit.inventory import (
    Alias,
    Environment,
    Inventory,
    Keystore,
    ProxyTarget,
    Reference,
    Revision,
    Section,
    StoredCertificate,
    StoreName,
    TargetServer,
    TlsSettings,
    VirtualHost,
)
from edgeaudit.location import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.x509.certificate import Certificate

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
ENV = "acme/prod"
AUTHORITIES = 50
ALIASES_OF_A_HOST = 7

_KEY = ec.generate_private_key(ec.SECP256R1())


def chains(count: int) -> Iterator[bytes]:
    """PEM of so many aliases: of twenty fourteen are for virtual hosts, one is for a client, and
    five are CAs to be trusted.

    Every fiftieth lacks its issuer, every sixtieth has expired; many a CA is one of two editions.
    """
    issuers = [_issued(f"Issuing {number}", "Root", 3000, True) for number in range(AUTHORITIES)]
    for number in range(count):
        days = -1 if number % 60 == 3 else 300
        if number % 20 >= 15:
            name = f"Partner {number // 40}"
            yield _issued(name, name, days, True)
            continue
        by = number % AUTHORITIES
        leaf = _issued(f"api{number}.example.com", f"Issuing {by}", days, False)
        yield leaf if number % 50 == 7 else leaf + issuers[by]


def root() -> bytes:
    """PEM of the root above all issuers."""
    return _issued("Root", "Root", 3650, True)


def installation(read: Sequence[tuple[Certificate, ...]], hosts: int, targets: int) -> Inventory:
    """An environment with the chains in its stores, and so many endpoints that name them.

    Every fortieth endpoint is set up amiss.
    """
    stores = _stores(read, hosts, targets)
    kinds = {"t": "TrustStore", "h": "KeyStore", "c": "KeyStore"}
    references = [
        Reference(f"{ENV}/references/{name}", ENV, name, name, kinds[name[0]]) for name in stores
    ]
    revisions = [_revision(number) for number in range(targets // 2)]
    env = Environment(
        ENV,
        "acme",
        "prod",
        Section(stores),
        Section({each.name: each for each in references}),
        Section({f"h{number}": _host(number, stores[f"h{number}"]) for number in range(hosts)}),
        Section({f"b{number}": _server(number) for number in range(targets // 2)}),
        Section({f"proxies/{each.name}/1": each for each in revisions}),
    )
    return Inventory("default", "http://edge", ("acme",), (env,))


def _stores(
    read: Sequence[tuple[Certificate, ...]], hosts: int, targets: int
) -> dict[str, Keystore]:
    """One for each host and for every tenth target; truststores for some targets, one for all."""
    found: dict[str, dict[str, Alias]] = defaultdict(dict)
    for number, chain in enumerate(read):
        kind, turn = number % 20, number // 20
        if kind < 14:
            name = f"h{(turn * 14 + kind) % hosts}"
        elif kind == 14:
            name = f"c{turn % (targets // 10)}"
        else:
            name = "t" if kind > 17 else f"t{turn % (targets // 20)}"
        alias = f"a{len(found[name])}"
        found[name][alias] = _alias(f"{ENV}/keystores/{name}", alias, chain, has_key=kind < 15)
    return {
        name: Keystore(f"{ENV}/keystores/{name}", ENV, name, Section(aliases))
        for name, aliases in found.items()
    }


def _alias(store: str, name: str, chain: Sequence[Certificate], *, has_key: bool) -> Alias:
    where = f"{store}/{name}"
    stored = (
        StoredCertificate(numbered(where, index), where, index, each)
        for index, each in enumerate(chain)
    )
    return Alias(where, store, name, has_key, tuple(stored))


def _host(number: int, keystore: Keystore) -> VirtualHost:
    store = f"h{number}" if number % 40 == 10 else f"ref://h{number}"
    alias = "gone" if number % 40 == 5 else "a0"
    tls = TlsSettings(
        enabled=True,
        client_auth=number % 20 == 0,
        keystore=StoreName(store),
        key_alias=alias,
        truststore=StoreName("ref://t") if number % 20 == 0 else None,
    )
    ciphers = "HIGH:!aNULL:!MD5:RC4" if number % 40 == 9 else "HIGH:!aNULL:!MD5"
    properties = {"ssl_protocols": "TLSv1.2", "ssl_ciphers": ciphers}
    leaf = keystore.aliases.items["a0"].certificates[0]
    names = (*leaf.names, f"www{number}.example.com")
    port = 443 if number % 40 == 0 else 9000 + number
    where = f"{ENV}/virtualhosts/h{number}"
    return VirtualHost(
        where, ENV, f"h{number}", port, names[: 1 + (number % 40 == 1)], tls, properties=properties
    )


def _server(number: int) -> TargetServer:
    where = f"{ENV}/targetservers/b{number}"
    return TargetServer(
        where, ENV, f"b{number}", "backend.example.com", 443, True, _calling(number)
    )


def _calling(number: int) -> TlsSettings:
    keystore = StoreName(f"ref://c{number // 5}") if number % 5 == 0 else None
    truststore = f"ref://t{number // 10}" if number % 10 == 2 else "ref://t"
    if number % 40 == 11:
        truststore = "ref://gone"
    return TlsSettings(
        enabled=True,
        client_auth=keystore is not None,
        keystore=keystore,
        key_alias="a0" if keystore else None,
        truststore=StoreName(truststore),
        protocols=("TLSv1.2",),
        ciphers=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
    )


def _revision(number: int) -> Revision:
    """A proxy that calls a backend itself, and a target server besides."""
    where = f"{ENV}/proxies/p{number}/1"
    own = ProxyTarget(
        f"{where}/targets/default", ENV, "default", "https://b.example.com", (), _calling(number)
    )
    other = ProxyTarget(f"{where}/targets/other", ENV, "other", None, (f"b{number}",))
    return Revision(where, ENV, "proxies", f"p{number}", "1", ("/",), (f"h{number}",), (own, other))


def _issued(name: str, issuer: str, days: int, is_ca: bool) -> bytes:
    """A certificate that ends in so many days; one key does for all."""
    public = _KEY.public_key()
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_ca, path_length=None), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ]
    if not is_ca:
        extensions.append((x509.SubjectAlternativeName([x509.DNSName(name)]), False))
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=days))
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Acme"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )
