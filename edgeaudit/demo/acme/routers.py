"""Routers that do not serve what is stored, or do not serve at all; and some that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..routing import route, stored
from ..services import TlsService

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def as_stored(draft: Draft, ca: Authorities) -> None:
    """Nothing to find here: what is amiss with some of them is amiss in the store already."""
    for name in ("gifts", "payments", "tracking", "orders"):
        route(draft, name)


def expired_certificate_served(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "catalog", TlsService(stored(draft, "catalog", "server-2023")))
    draft.observe(
        "expired-certificate-served",
        "served-certificate-differs",
        "error",
        where,
        "The new certificate was uploaded in time, and the Router still shows the old one",
    )


def former_certificate_served(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "lounges", TlsService(ca.chain("lounges.acme.example", days=(-350, 15))))
    draft.observe(
        "former-certificate-served",
        "served-certificate-differs",
        "warning",
        where,
        "The certificate was renewed early; until it expires the Router shows the former one",
    )


def leaf_alone_served(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "terminals", TlsService(stored(draft, "terminals")[:1]))
    draft.observe(
        "leaf-alone-served",
        "served-chain-incomplete",
        "error",
        where,
        "The stored chain is complete; a load balancer before the Router has the leaf alone",
    )


def default_certificate_served(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "jukebox", TlsService(ca.chain("edge.provider.example")))
    story = "The network before the Routers does not know the name, and shows its own"
    rule = "served-certificate-differs"
    draft.observe("default-certificate-served", rule, "warning", where, story)
    draft.observe("default-name-served", "served-name-mismatch", "error", where, story)


def self_signed_served(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "garage", TlsService((ca.mint.leaf(None, "garage.acme.example"),)))
    story = "Somebody tried a certificate of their own making on the Router, and left it there"
    rule = "served-certificate-differs"
    draft.observe("self-signed-served", rule, "warning", where, story)
    draft.observe("self-signed-untrusted", "served-chain-untrusted", "warning", where, story)


def old_settings_served(draft: Draft, ca: Authorities) -> None:
    service = TlsService(
        stored(draft, "guild"),
        versions=("TLSv1", "TLSv1.1", "TLSv1.2"),
        ciphers="ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-NULL-SHA"
        ":@SECLEVEL=0",
    )
    where = route(draft, "guild", service)
    story = "A load balancer from long ago ends TLS, and still tests without encryption"
    for name, rule in (("protocols", "legacy-protocol"), ("suites", "weak-cipher")):
        draft.observe(f"old-{name}-served", f"served-{rule}", "warning", where, story)


def router_not_started(draft: Draft, ca: Authorities) -> None:
    """Out of reach: nginx does not listen, as it knows no protocol `TLSv1.2,TLSv1.3`."""
    route(draft, "parcel-lockers", "refuses")


def no_cipher(draft: Draft, ca: Authorities) -> None:
    shown = stored(draft, "tariffs")
    service = TlsService(shown, versions=("TLSv1.2",), ciphers="ECDHE+aRSA+AESGCM")
    where = route(draft, "tariffs", service)
    story = "The suites are those for an RSA key, which the Router no longer has"
    draft.observe("router-without-cipher", "failed-handshake", "error", where, story)


def proxy_protocol(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "drones", TlsService(stored(draft, "drones"), wants_proxy=True))
    story = "The Router awaits the load balancer's PROXY header from whomever connects"
    draft.observe("router-wants-proxy-header", "failed-handshake", "error", where, story)


def plain_http(draft: Draft, ca: Authorities) -> None:
    where = route(draft, "power-meters", "http")
    story = "TLS was taken off the port, and the virtual host still says it is there"
    draft.observe("router-without-tls", "failed-handshake", "error", where, story)


PLANTS: tuple[Plant, ...] = (
    as_stored,
    expired_certificate_served,
    former_certificate_served,
    leaf_alone_served,
    default_certificate_served,
    self_signed_served,
    old_settings_served,
    router_not_started,
    no_cipher,
    proxy_protocol,
    plain_http,
)
