"""Certificates of keystores that are too old, too young, or soon too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def expired_leaf(draft: Draft, ca: Authorities) -> None:
    draft.secure_host("orders", Alias("server", ca.chain("orders.acme.example", days=(-400, -3))))
    draft.defect(
        "expired-leaf",
        "expired-certificate",
        "error",
        "keystores/orders/server#0",
        "The certificate of orders ran out three days ago and nobody renewed it",
    )


def expired_intermediate(draft: Draft, ca: Authorities) -> None:
    issuing = ca.mint.authority("Acme Issuing 2019", ca.root, days=(-1800, -12))
    leaf = ca.mint.leaf(issuing, "billing.acme.example")
    draft.secure_host("billing", Alias("server", (leaf, issuing.certificate)))
    draft.defect(
        "expired-intermediate",
        "expired-certificate",
        "error",
        "keystores/billing/server#1",
        "The certificate of billing is young, but the CA that issued it has expired",
    )


def expired_client_certificate(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("ledger-client.acme.example", days=(-400, -1))
    draft.secure_backend("ledger", Alias("client", chain))
    draft.defect(
        "expired-client-certificate",
        "expired-certificate",
        "error",
        "keystores/ledger/client#0",
        "What Edge shows to the ledger backend expired yesterday",
    )


def expired_old_alias(draft: Draft, ca: Authorities) -> None:
    old = Alias("server-2023", ca.chain("catalog.acme.example", days=(-800, -70)))
    new = Alias("server-2024", ca.chain("catalog.acme.example"))
    draft.keystore("catalog", old, new)
    draft.host("catalog", Tls(draft.reference("catalog", "catalog"), "server-2024"))
    draft.defect(
        "expired-old-alias",
        "expired-certificate",
        "note",
        "keystores/catalog/server-2023#0",
        "catalog was renewed under another alias, and the old one was left behind",
    )


def expired_in_forgotten_keystore(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("campaign.acme.example", days=(-1500, -1100))
    # A percent sign may stand in a name; where a finding stands it is told as %25.
    draft.keystore("campaign 50%", Alias("server", chain))
    draft.defect(
        "expired-in-forgotten-keystore",
        "expired-certificate",
        "note",
        "keystores/campaign 50%25/server#0",
        "A campaign ended years ago; its keystore is still there",
    )
    draft.defect(
        "forgotten-keystore",
        "unused-keystore",
        "note",
        "keystores/campaign 50%25",
        "Nothing has named the campaign's keystore since it ended",
    )


def expired_behind_unused_reference(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("retired.acme.example", days=(-900, -500))
    draft.keystore("retired", Alias("server", chain))
    draft.reference("retired", "retired")
    draft.defect(
        "expired-behind-unused-reference",
        "expired-certificate",
        "note",
        "keystores/retired/server#0",
        "A virtual host was removed, its expired keystore was not",
    )
    draft.defect(
        "reference-of-removed-host",
        "unused-reference",
        "note",
        "references/retired",
        "A virtual host was removed, its reference was not",
    )
    draft.defect(
        "keystore-of-removed-host",
        "unused-keystore",
        "note",
        "keystores/retired",
        "Only a reference leads to the keystore, and nobody names that one",
    )


def expiring_in_weeks(draft: Draft, ca: Authorities) -> None:
    draft.secure_host("search", Alias("server", ca.chain("search.acme.example", days=(-345, 20))))
    draft.defect(
        "expiring-in-weeks",
        "expiring-certificate",
        "warning",
        "keystores/search/server#0",
        "The certificate of search has twenty days left",
    )


def expiring_in_days(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("checkout.acme.example", days=(-360, 5))
    draft.secure_host("checkout", Alias("server", chain))
    draft.defect(
        "expiring-in-days",
        "expiring-certificate",
        "error",
        "keystores/checkout/server#0",
        "The certificate of checkout has five days left",
    )


def expiring_intermediate(draft: Draft, ca: Authorities) -> None:
    issuing = ca.mint.authority("Acme Issuing 2020", ca.root, days=(-1800, 25))
    leaf = ca.mint.leaf(issuing, "returns.acme.example")
    draft.secure_host("returns", Alias("server", (leaf, issuing.certificate)))
    draft.defect(
        "expiring-intermediate",
        "expiring-certificate",
        "warning",
        "keystores/returns/server#1",
        "In 25 days returns will fail, though its own certificate is good for months",
    )


def expiring_unused(draft: Draft, ca: Authorities) -> None:
    draft.keystore("summer-sale", Alias("server", ca.chain("sale.acme.example", days=(-90, 10))))
    draft.defect(
        "expiring-unused",
        "expiring-certificate",
        "note",
        "keystores/summer-sale/server#0",
        "The summer sale is over and its certificate may run out in peace",
    )
    draft.defect(
        "keystore-of-summer-sale",
        "unused-keystore",
        "note",
        "keystores/summer-sale",
        "The summer sale is over and its keystore was left",
    )


def early_leaf(draft: Draft, ca: Authorities) -> None:
    draft.secure_host("loyalty", Alias("server", ca.chain("loyalty.acme.example", days=(2, 367))))
    draft.defect(
        "early-leaf",
        "not-yet-valid-certificate",
        "error",
        "keystores/loyalty/server#0",
        "loyalty was switched to its new certificate two days too early",
    )


def early_next_alias(draft: Draft, ca: Authorities) -> None:
    today = Alias("server", ca.chain("gifts.acme.example", days=(-320, 45)))
    following = Alias("server-next", ca.chain("gifts.acme.example", days=(30, 395)))
    draft.keystore("gifts", today, following)
    draft.host("gifts", Tls(draft.reference("gifts", "gifts"), "server"))
    draft.defect(
        "early-next-alias",
        "not-yet-valid-certificate",
        "note",
        "keystores/gifts/server-next#0",
        "The next certificate of gifts lies ready, for a month from now",
    )


PLANTS: tuple[Plant, ...] = (
    expired_leaf,
    expired_intermediate,
    expired_client_certificate,
    expired_old_alias,
    expired_in_forgotten_keystore,
    expired_behind_unused_reference,
    expiring_in_weeks,
    expiring_in_days,
    expiring_intermediate,
    expiring_unused,
    early_leaf,
    early_next_alias,
)
