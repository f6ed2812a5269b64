"""Key aliases whose chain lacks an issuer, or holds one that has nothing to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def missing_intermediate(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("payments.acme.example")
    draft.secure_host("payments", Alias("server", (leaf,)))
    draft.defect(
        "missing-intermediate",
        "incomplete-chain",
        "error",
        "keystores/payments/server#0",
        "payments works in browsers, which know the missing CA from elsewhere, and nowhere else",
    )


def missing_upper_intermediate(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.regional, "stock.acme.example")
    draft.secure_host("stock", Alias("server", (leaf, ca.regional.certificate)))
    draft.defect(
        "missing-upper-intermediate",
        "incomplete-chain",
        "error",
        "keystores/stock/server#1",
        "The chain has two intermediates, and only the lower one was uploaded",
    )


def missing_intermediate_southbound(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("fraud-client.acme.example")
    draft.secure_backend("fraud-check", Alias("client", (leaf,)))
    draft.defect(
        "missing-intermediate-southbound",
        "incomplete-chain",
        "warning",
        "keystores/fraud-check/client#0",
        "Edge sends a client certificate alone; the backend may or may not know its issuer",
    )


def missing_intermediate_of_both_sides(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("mesh.acme.example")
    draft.secure_host("mesh", Alias("both", (leaf,)))
    draft.backend("mesh", Tls("ref://mesh", "both", "ref://partners", client_auth=True))
    draft.defect(
        "missing-intermediate-of-both-sides",
        "incomplete-chain",
        "error",
        "keystores/mesh/both#0",
        "One certificate faces clients and a backend; the clients are the stricter side",
    )


def stranger_for_issuer(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("invoices.acme.example")
    draft.secure_host("invoices", Alias("server", (leaf, ca.stranger.certificate)))
    draft.defect(
        "stranger-for-issuer",
        "wrong-issuer",
        "error",
        "keystores/invoices/server#1",
        "The intermediate of the former CA was uploaded with the new certificate",
    )


def stranger_beside_path(draft: Draft, ca: Authorities) -> None:
    chain = (*ca.chain("reviews.acme.example"), ca.stranger.certificate)
    draft.secure_host("reviews", Alias("server", chain))
    draft.defect(
        "stranger-beside-path",
        "wrong-issuer",
        "warning",
        "keystores/reviews/server#2",
        "The chain is complete, and carries another CA's intermediate about",
    )


def stranger_southbound(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("tax-client.acme.example")
    draft.secure_backend("tax-office", Alias("client", (leaf, ca.stranger.certificate)))
    draft.defect(
        "stranger-southbound",
        "wrong-issuer",
        "warning",
        "keystores/tax-office/client#1",
        "What Edge shows to the tax office comes with the intermediate of another CA",
    )


def namesake_for_issuer(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("vouchers.acme.example")
    namesake = ca.mint.authority("Acme Issuing", ca.root)
    draft.secure_host("vouchers", Alias("server", (leaf, namesake.certificate)))
    draft.defect(
        "namesake-for-issuer",
        "invalid-signature",
        "error",
        "keystores/vouchers/server#0",
        "The issuing CA was set up anew under its name, and its new edition was uploaded",
    )


PLANTS: tuple[Plant, ...] = (
    missing_intermediate,
    missing_upper_intermediate,
    missing_intermediate_southbound,
    missing_intermediate_of_both_sides,
    stranger_for_issuer,
    stranger_beside_path,
    stranger_southbound,
    namesake_for_issuer,
)
