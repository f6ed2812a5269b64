"""Certificates of truststores that are too old, too young, or soon too old.

Southbound the worst is a warning: Java does not look at the dates of a trust anchor. Northbound
nginx refuses every client whose path leads through an expired certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls
from ..services import TlsService

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def expired_backend_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Partner Root 2010", days=(-5000, -30))
    issuing = ca.mint.authority("Partner Issuing 2018", root)
    entry = Alias("chain", (issuing.certificate, root.certificate), has_key=False)
    host = "mainframe.partner.example"
    draft.backend("mainframe", Tls(trust_store=draft.truststore("mainframe", entry)), host=host)
    # no finding of a probe: Java does not look at the dates of a trust anchor
    shown = (ca.mint.leaf(issuing, host), issuing.certificate)
    draft.answer(f"{host}:443", TlsService(shown))
    draft.defect(
        "expired-backend-ca",
        "expired-certificate",
        "warning",
        "keystores/mainframe/chain#1",
        "The mainframe is trusted through a root that expired last month",
    )


def expired_client_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Wholesale Root 2015", days=(-3650, -2))
    truststore = draft.truststore("wholesalers", Alias("root-2015", (root.certificate,), False))
    draft.mutual_host("wholesale", ca, truststore)
    draft.defect(
        "expired-client-ca",
        "expired-certificate",
        "error",
        "keystores/wholesalers/root-2015#0",
        "Since the day before yesterday no wholesaler can sign on: their root expired",
    )


def expired_ca_of_both_sides(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Exchange Root", days=(-3650, -9))
    truststore = draft.truststore("exchange-members", Alias("root", (root.certificate,), False))
    draft.mutual_host("exchange", ca, truststore)
    draft.backend("exchange", Tls(trust_store=truststore))
    draft.defect(
        "expired-ca-of-both-sides",
        "expired-certificate",
        "error",
        "keystores/exchange-members/root#0",
        "One truststore serves clients and a backend; the clients are the stricter side",
    )


def expiring_backend_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Customs Root", days=(-3650, 3))
    truststore = draft.truststore("customs", Alias("root", (root.certificate,), False))
    draft.backend("customs", Tls(trust_store=truststore))
    draft.defect(
        "expiring-backend-ca",
        "expiring-certificate",
        "warning",
        "keystores/customs/root#0",
        "The root of the customs office has three days left",
    )


def expiring_client_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Franchise Root", days=(-3650, 6))
    truststore = draft.truststore("franchisees", Alias("root", (root.certificate,), False))
    draft.mutual_host("franchise", ca, truststore)
    draft.defect(
        "expiring-client-ca",
        "expiring-certificate",
        "error",
        "keystores/franchisees/root#0",
        "In six days every franchisee will be refused",
    )


def superseded_client_ca(draft: Draft, ca: Authorities) -> None:
    old = ca.mint.authority("Guild Root", days=(-3650, -20))
    new = ca.mint.authority("Guild Root", key=old.key)
    entries = (Alias(n, (c.certificate,), has_key=False) for n, c in (("old", old), ("new", new)))
    draft.mutual_host("guild", ca, draft.truststore("guild-roots", *entries))
    draft.defect(
        "superseded-client-ca",
        "superseded-certificate",
        "note",
        "keystores/guild-roots/old#0",
        "The guild's root has expired, and its renewed edition was uploaded in time",
    )


def superseded_backend_ca(draft: Draft, ca: Authorities) -> None:
    old = ca.mint.authority("Harbour Issuing", ca.partner_root, days=(-3650, 4))
    new = ca.mint.authority("Harbour Issuing", ca.partner_root, key=old.key)
    entry = Alias("editions", (new.certificate, old.certificate), has_key=False)
    draft.backend("harbour", Tls(trust_store=draft.truststore("harbour", entry)))
    draft.defect(
        "superseded-backend-ca",
        "superseded-certificate",
        "note",
        "keystores/harbour/editions#1",
        "The old edition of the CA has four days left, the new one lies beside it",
    )


def expired_namesake(draft: Draft, ca: Authorities) -> None:
    """Not superseded: the CA was set up anew, with another key."""
    old = ca.mint.authority("Ferry Root", days=(-3650, -20))
    new = ca.mint.authority("Ferry Root")
    entries = (Alias(n, (c.certificate,), has_key=False) for n, c in (("old", old), ("new", new)))
    draft.mutual_host("ferry-line", ca, draft.truststore("ferry-roots", *entries))
    draft.defect(
        "expired-namesake",
        "expired-certificate",
        "error",
        "keystores/ferry-roots/old#0",
        "The ferries' CA has a new key, and some of them still have certificates of the old one",
    )


def early_backend_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Courier Root", days=(4, 3650))
    truststore = draft.truststore("couriers", Alias("root", (root.certificate,), False))
    draft.backend("couriers", Tls(trust_store=truststore))
    draft.defect(
        "early-backend-ca",
        "not-yet-valid-certificate",
        "warning",
        "keystores/couriers/root#0",
        "The couriers' new root was taken in four days before it starts",
    )


PLANTS: tuple[Plant, ...] = (
    expired_backend_ca,
    expired_client_ca,
    expired_ca_of_both_sides,
    expiring_backend_ca,
    expiring_client_ca,
    superseded_client_ca,
    superseded_backend_ca,
    expired_namesake,
    early_backend_ca,
)
