"""Backends with which the Message Processor cannot shake hands; and some with which it can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..installation import Alias, Tls
from ..services import Demand, TlsService

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities
    from ..services import Service, Trouble, Version

_12: tuple[Version, ...] = ("TLSv1.2",)
_13: tuple[Version, ...] = ("TLSv1.3",)
_OLD: tuple[Version, ...] = ("TLSv1", "TLSv1.1")

_TLS = Tls(trust_store="ref://partners")
_TLS12 = replace(_TLS, protocols=("TLSv1.2",))
_TLS13 = replace(_TLS, protocols=("TLSv1.2", "TLSv1.3"))  # Java 8 offers it only if told to
_TWO_WAY = replace(_TLS, key_store="ref://gateway", key_alias="client", client_auth=True)


def _host(name: str) -> str:
    return f"{name}.partner.example"


def _backend(draft: Draft, name: str, service: Service, tls: Tls = _TLS) -> str:
    """Plant a target server and what answers there; returns HOST:PORT."""
    draft.backend(name, tls, host=_host(name))
    return draft.answer(f"{_host(name)}:443", service)


def sound(draft: Draft, ca: Authorities) -> None:
    """Nothing to find: both versions, one of them, a client certificate asked for in vain."""
    clients = (ca.partner_root.certificate,)
    _backend(draft, "runways", TlsService(ca.partner_chain(_host("runways"))))
    for name, tls in (("towers", _TLS), ("hangars", _TLS12)):
        service = TlsService(ca.partner_chain(_host(name)), versions=_12)
        _backend(draft, name, service, tls)
    _backend(draft, "beacons", TlsService(ca.partner_chain(_host("beacons")), clients=clients))


def sound_two_way(draft: Draft, ca: Authorities) -> None:
    """Nothing to find: a certificate is demanded, and one that fits is there."""
    draft.keystore("gateway", Alias("client", ca.chain("gateway.acme.example")))
    draft.reference("gateway", "gateway")
    issuers = (ca.stranger.certificate, ca.root.certificate)
    _backend(draft, "visas", Demand(ca.partner_chain(_host("visas")), issuers), _TWO_WAY)
    for name, versions, tls in (("crews", _12, _TLS), ("slots", _13, _TLS13)):
        chain = ca.partner_chain(_host(name))
        service = TlsService(chain, versions, clients=issuers, needs_client=True)
        _backend(draft, name, service, replace(_TWO_WAY, protocols=tls.protocols))


def sni_required(draft: Draft, ca: Authorities) -> None:
    service = TlsService(ca.partner_chain(_host("radar")), hosting=())
    where = _backend(draft, "radar", service)
    story = "The hosting provider breaks off where no name is given"
    draft.observe("sni-required", "sni-disabled", "error", where, story, has_sni=False)


def sni_selects(draft: Draft, ca: Authorities) -> None:
    for name, versions, tls in (("charts", _12, _TLS), ("fuel", _13, _TLS13)):
        other = ca.partner_chain("www.hosting.example")
        service = TlsService(ca.partner_chain(_host(name)), versions, hosting=other)
        where = _backend(draft, name, service, tls)
        story = "Without a name the certificate of another customer is shown"
        rule = "sni-disabled"
        draft.observe(f"sni-selects-{name}", rule, "warning", where, story, has_sni=False)


def incomplete_chain(draft: Draft, ca: Authorities) -> None:
    where = _backend(draft, "luggage", TlsService(ca.partner_chain(_host("luggage"))[:1]))
    story = "The backend shows its certificate alone, and the truststore has only the root"
    draft.observe("backend-leaf-alone", "served-chain-incomplete", "error", where, story)


def name_mismatch(draft: Draft, ca: Authorities) -> None:
    where = _backend(draft, "meals", TlsService(ca.partner_chain("catering.partner.example")))
    story = "The backend moved to a new name; Edge does not check it unless told to"
    draft.observe("backend-of-another-name", "served-name-mismatch", "warning", where, story)


def untrusted(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.stranger, _host("gates"))
    where = _backend(draft, "gates", TlsService((leaf, ca.stranger.certificate)))
    story = "The backend changed its CA, and the truststore still has the former one"
    draft.observe("backend-of-another-ca", "untrusted-backend", "error", where, story)


def expired(draft: Draft, ca: Authorities) -> None:
    where = _backend(draft, "seats", TlsService(ca.partner_chain(_host("seats"), days=(-400, -2))))
    story = "The backend's certificate expired the day before yesterday"
    draft.observe("backend-expired", "served-certificate-expired", "error", where, story)


def expiring(draft: Draft, ca: Authorities) -> None:
    where = _backend(draft, "ramps", TlsService(ca.partner_chain(_host("ramps"), days=(-380, 12))))
    story = "The backend's certificate has twelve days left, and no store of Edge knows it"
    draft.observe("backend-expiring", "served-certificate-expiring", "warning", where, story)


def no_common_protocol(draft: Draft, ca: Authorities) -> None:
    for name, versions, story in (
        ("telegraph", _OLD, "The backend knows nothing newer than TLS 1.1"),
        ("shuttles", _13, "The backend has dropped TLS 1.2, and Edge is told to use it"),
    ):
        service = TlsService(ca.partner_chain(_host(name)), versions)
        where = _backend(draft, name, service, _TLS12)
        draft.observe(f"no-protocol-{name}", "no-common-protocol", "error", where, story)


def no_common_cipher(draft: Draft, ca: Authorities) -> None:
    suites = ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",)
    chain = ca.partner_chain(_host("cockpit"))
    service = TlsService(chain, _12, "ECDHE-ECDSA-CHACHA20-POLY1305")
    where = _backend(draft, "cockpit", service, replace(_TLS12, ciphers=suites))
    story = "The target server names one cipher suite, the backend another"
    draft.observe("no-cipher-in-common", "no-common-cipher", "error", where, story)


def unacceptable_client(draft: Draft, ca: Authorities) -> None:
    issuers = (ca.stranger.certificate, ca.partner_root.certificate)
    service = Demand(ca.partner_chain(_host("borders")), issuers)
    where = _backend(draft, "borders", service, _TWO_WAY)
    story = "The backend takes certificates of two CAs, and ours is of a third"
    rule = "client-certificate-unacceptable"
    draft.observe("client-of-another-ca", rule, "error", where, story)


def unconfigured_client(draft: Draft, ca: Authorities) -> None:
    clients = (ca.root.certificate,)
    chains = {name: ca.partner_chain(_host(name)) for name in ("permits", "duties", "levies")}
    services: dict[str, Service] = {
        "permits": TlsService(chains["permits"], _12, clients=clients, needs_client=True),
        "duties": TlsService(chains["duties"], _13, clients=clients, needs_client=True),
        "levies": Demand(chains["levies"], clients),
    }
    for name, service in services.items():
        where = _backend(draft, name, service, _TLS13 if name == "duties" else _TLS)
        story = "The backend now demands a certificate, and nobody told those who call it"
        rule = "client-certificate-unconfigured"
        draft.observe(f"no-client-for-{name}", rule, "error", where, story)


def not_listening(draft: Draft, ca: Authorities) -> None:
    """Out of reach: perhaps from here only, so that nothing can be said of the backend."""
    _backend(draft, "apron", "refuses")


def broken(draft: Draft, ca: Authorities) -> None:
    troubles: dict[str, tuple[Trouble, str]] = {
        "galley": ("closes", "The backend's proxy hangs up: there is nothing behind it"),
        "tarmac": ("resets", "A firewall resets what it takes for an attack"),
        "canteen": ("http", "The backend speaks plain HTTP on the port of TLS"),
        "cargo": ("alerts", "The backend has nothing but an alert to say"),
    }
    for name, (trouble, story) in troubles.items():
        where = _backend(draft, name, trouble)
        draft.observe(f"backend-{trouble}", "failed-handshake", "error", where, story)


PLANTS: tuple[Plant, ...] = (
    sound,
    sound_two_way,
    sni_required,
    sni_selects,
    incomplete_chain,
    name_mismatch,
    untrusted,
    expired,
    expiring,
    no_common_protocol,
    no_common_cipher,
    unacceptable_client,
    unconfigured_client,
    not_listening,
    broken,
)
