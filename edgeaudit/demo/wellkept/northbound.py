"""Healthy virtual hosts. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls, VirtualHost

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def plain_http(draft: Draft, ca: Authorities) -> None:
    """Not TLS without a keystore: no TLS at all."""
    draft.virtual_host(VirtualHost("default", ("wellkept-prod.apigee.net",), port=80))


def tls_switched_off(draft: Draft, ca: Authorities) -> None:
    """Not TLS without a keystore: TLS settings are there, and are off."""
    tls = Tls(enabled=False)
    draft.virtual_host(VirtualHost("health", ("health.wellkept.example",), tls, port=8081))


def aliases_with_port(draft: Draft, ca: Authorities) -> None:
    """Not uncovered: a host alias may carry the port, and names are compared without case."""
    names = ("shop.wellkept.example", "www.wellkept.example")
    draft.keystore("shop", Alias("server", ca.chain(names[0], names=names)))
    tls = Tls(draft.reference("shop", "shop"), "server")
    aliases = ("shop.wellkept.example:8443", "WWW.Wellkept.example:8443")
    draft.virtual_host(VirtualHost("shop", aliases, tls, port=8443))


def address(draft: Draft, ca: Authorities) -> None:
    """Not uncovered: the certificate names the IP address as an address."""
    names = ("kiosk.wellkept.example", "192.0.2.10")
    alias = Alias("server", ca.chain(names[0], names=names))
    draft.secure_host("kiosk", alias, "kiosk.wellkept.example", "192.0.2.10:443")


def wildcard(draft: Draft, ca: Authorities) -> None:
    """Not uncovered: the same wildcard stands in the certificate."""
    name = "*.stores.wellkept.example"
    draft.secure_host(
        "stores", Alias("server", ca.chain(name)), name, "rome.stores.wellkept.example"
    )


def international_name(draft: Draft, ca: Authorities) -> None:
    """Not uncovered: a certificate spells bücher as xn--bcher-kva."""
    names = ("xn--bcher-kva.wellkept.example", "xn--caf-dma.wellkept.example")
    alias = Alias("server", ca.chain(names[0], names=names))
    draft.secure_host("books", alias, "bücher.wellkept.example", names[1])


def shared_reference(draft: Draft, ca: Authorities) -> None:
    """Not unused, not uncovered: three hosts share a certificate of several names."""
    names = ("api.wellkept.example", "*.api.wellkept.example", "mobile.wellkept.example")
    draft.secure_host("api", Alias("server", ca.chain("Wellkept API", names=names)))
    draft.host("mobile", Tls("ref://api", "server"), "mobile.wellkept.example")
    properties = (("proxy_read_timeout", "180"), ("ssl_protocols", "TLSv1.2"))
    aliases = ("eu.api.wellkept.example", "us.api.wellkept.example")
    tls = Tls("ref://api", "server")
    draft.virtual_host(VirtualHost("regions", aliases, tls, properties=properties))


def no_common_name(draft: Draft, ca: Authorities) -> None:
    """Not a name problem: a certificate needs no common name where it has alternative names."""
    chain = ca.chain("", names=("plain.wellkept.example",))
    draft.secure_host("plain", Alias("server", chain))


def client_certificates(draft: Draft, ca: Authorities) -> None:
    """Not an unused reference: a truststore's is used too. Its chain is one entry of two."""
    chain = (ca.partner_issuing.certificate, ca.partner_root.certificate)
    truststore = draft.truststore("clients", Alias("partner-chain", chain, has_key=False))
    draft.mutual_host("mutual", ca, truststore)


def client_certificates_one_by_one(draft: Draft, ca: Authorities) -> None:
    """Not an incomplete chain: the entries of a truststore complete one another."""
    issuing = Alias("partner-issuing", (ca.partner_issuing.certificate,), has_key=False)
    root = Alias("partner-root", (ca.partner_root.certificate,), has_key=False)
    draft.mutual_host("suppliers", ca, draft.truststore("supplier-roots", issuing, root))


def cross_signed_clients(draft: Draft, ca: Authorities) -> None:
    """Not an incomplete truststore: one certificate of the CA leads to a root, its twin does not.

    Who issued the twin is not among the trusted.
    """
    entries = (
        Alias("issuing", (ca.issuing_g2.certificate,), has_key=False),
        Alias("issuing-crossed", (ca.cross_issuing.certificate,), has_key=False),
        Alias("root", (ca.root_g2.certificate,), has_key=False),
    )
    draft.mutual_host("crossing", ca, draft.truststore("crossing-roots", *entries))


def truststore_without_client_certificates(draft: Draft, ca: Authorities) -> None:
    """Not incomplete, nothing ignored: the host asks for no certificates, so none is checked."""
    draft.keystore("open", Alias("server", ca.chain("open.wellkept.example")))
    entry = Alias("partner-issuing", (ca.partner_issuing.certificate,), has_key=False)
    key_store, store = draft.reference("open", "open"), draft.truststore("open-roots", entry)
    draft.host("open", Tls(key_store, "server", store, ignores_errors=True))


def empty_truststore_without_client_certificates(draft: Draft, ca: Authorities) -> None:
    """Not empty: Java would refuse such a truststore, the Router never looks into it."""
    draft.keystore("lobby", Alias("server", ca.chain("lobby.wellkept.example")))
    key_store, store = draft.reference("lobby", "lobby"), draft.truststore("lobby-roots")
    draft.host("lobby", Tls(key_store, "server", store))


def one_certificate_on_a_port(draft: Draft, ca: Authorities) -> None:
    """No SNI needed, nothing shared: two hosts on one port show the same certificate.

    It lies in two keystores of the environment.
    """
    names = ("tea.wellkept.example", "coffee.wellkept.example")
    chain = ca.chain(names[0], names=names)
    for name in ("tea", "coffee"):
        draft.keystore(name, Alias("server", chain))
        tls = Tls(draft.reference(name, name), "server")
        draft.virtual_host(VirtualHost(name, (f"{name}.wellkept.example",), tls, port=7443))


def proxy_protocol(draft: Draft, ca: Authorities) -> None:
    """Not unreachable: the Router answers, once it has been told of the client."""
    draft.keystore("relayed", Alias("server", ca.chain("relayed.wellkept.example")))
    tls = Tls(draft.reference("relayed", "relayed"), "server")
    names, options = ("relayed.wellkept.example",), ("proxy_protocol",)
    draft.virtual_host(VirtualHost("relayed", names, tls, 6443, listen_options=options))


def misleading_cert_names(draft: Draft, ca: Authorities) -> None:
    """Not a missing alias: an alias may end in -cert, a certificate be named after a file."""
    renewed = Alias("legacy-cert", ca.chain("legacy.wellkept.example"), cert_file="wellkept.crt")
    draft.secure_host("legacy", renewed)


def oddly_named(draft: Draft, ca: Authorities) -> None:
    """Not missing: names may hold blanks, percent signs, and what looks like an escape."""
    draft.keystore("keys %20 50%", Alias("server 100%", ca.chain("odd.wellkept.example")))
    reference = draft.reference("ref 25%25", "keys %20 50%")
    draft.host("odd%2Fhost", Tls(reference, "server 100%"), "odd.wellkept.example")
    truststore = draft.truststore("roots 50%", Alias("root", (ca.partner_root.certificate,), False))
    draft.backend("odd backend 50%", Tls(trust_store=truststore))


PLANTS: tuple[Plant, ...] = (
    plain_http,
    tls_switched_off,
    aliases_with_port,
    address,
    wildcard,
    international_name,
    shared_reference,
    no_common_name,
    client_certificates,
    client_certificates_one_by_one,
    cross_signed_clients,
    truststore_without_client_certificates,
    empty_truststore_without_client_certificates,
    one_certificate_on_a_port,
    proxy_protocol,
    misleading_cert_names,
)

ODDLY_NAMED: tuple[Plant, ...] = (oddly_named,)
