"""Key aliases whose certificates are all there, in the wrong order or in the wrong role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def intermediates_swapped(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.regional, "auctions.acme.example")
    chain = (leaf, ca.policy.certificate, ca.regional.certificate)
    draft.secure_host("auctions", Alias("server", chain))
    draft.defect(
        "intermediates-swapped",
        "misordered-chain",
        "warning",
        "keystores/auctions/server",
        "The two intermediates were pasted in the wrong order",
    )


def leaf_behind_its_issuer(draft: Draft, ca: Authorities) -> None:
    leaf, issuing = ca.chain("bakery.acme.example")
    draft.secure_host("bakery", Alias("server", (issuing, leaf)))
    draft.defect(
        "leaf-behind-its-issuer",
        "misordered-chain",
        "error",
        "keystores/bakery/server",
        "The file of the CA was put before the certificate, and is what clients are shown first",
    )


def leaf_last_southbound(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.regional, "charters-client.acme.example")
    chain = (ca.policy.certificate, ca.regional.certificate, leaf)
    draft.secure_backend("charters", Alias("client", chain))
    draft.defect(
        "leaf-last-southbound",
        "misordered-chain",
        "warning",
        "keystores/charters/client",
        "A tool wrote the client's chain from the top down",
    )


def issuer_that_is_no_ca(draft: Draft, ca: Authorities) -> None:
    issuer = ca.mint.authority("Acme Workshop", ca.issuing, is_ca=False)
    leaf = ca.mint.leaf(issuer, "dispatch.acme.example")
    chain = (leaf, issuer.certificate, ca.issuing.certificate)
    draft.secure_host("dispatch", Alias("server", chain))
    draft.defect(
        "issuer-that-is-no-ca",
        "issuer-not-ca",
        "error",
        "keystores/dispatch/server#1",
        "Somebody signed with a certificate that was never meant to be a CA",
    )


def path_too_long_southbound(draft: Draft, ca: Authorities) -> None:
    short = ca.mint.authority("Acme Short", ca.root, path_length=0)
    lower = ca.mint.authority("Acme Below", short)
    leaf = ca.mint.leaf(lower, "escrow-client.acme.example")
    chain = (leaf, lower.certificate, short.certificate)
    draft.secure_backend("escrow", Alias("client", chain))
    draft.defect(
        "path-too-long-southbound",
        "issuer-not-ca",
        "warning",
        "keystores/escrow/client#2",
        "A CA that may only issue to leaves has set up another below itself",
    )


PLANTS: tuple[Plant, ...] = (
    intermediates_swapped,
    leaf_behind_its_issuer,
    leaf_last_southbound,
    issuer_that_is_no_ca,
    path_too_long_southbound,
)
