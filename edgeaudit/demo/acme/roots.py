"""Key aliases whose chain ends in a root of its own, or carries what need not be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def self_signed_leaf(draft: Draft, ca: Authorities) -> None:
    """No chain is incomplete of a leaf that signed itself, and no root untrusted."""
    leaf = ca.mint.leaf(None, "intranet.acme.example")
    draft.secure_host("intranet", Alias("server", (leaf,)))
    draft.defect(
        "self-signed-leaf",
        "self-signed-certificate",
        "warning",
        "keystores/intranet/server#0",
        "The intranet never had more than a certificate of its own making",
    )


def root_of_another_company(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.partner_issuing, "florist.acme.example")
    chain = (leaf, ca.partner_issuing.certificate, ca.partner_root.certificate)
    draft.secure_host("florist", Alias("server", chain))
    draft.defect(
        "root-of-another-company",
        "untrusted-root",
        "warning",
        "keystores/florist/server#2",
        "The chain is whole, and leads to the partner's root, which clients do not have",
    )


def root_sent_along(draft: Draft, ca: Authorities) -> None:
    chain = (*ca.chain("garage.acme.example"), ca.root.certificate)
    draft.secure_host("garage", Alias("server", chain))
    draft.defect(
        "root-sent-along",
        "root-in-chain",
        "note",
        "keystores/garage/server#2",
        "The whole chain was uploaded, up to the root",
    )


def issuer_sent_twice(draft: Draft, ca: Authorities) -> None:
    leaf, issuing = ca.chain("jukebox.acme.example")
    draft.secure_host("jukebox", Alias("server", (leaf, issuing, issuing)))
    draft.defect(
        "issuer-sent-twice",
        "duplicate-certificate",
        "note",
        "keystores/jukebox/server#2",
        "The CA's file was appended to what held it already",
    )


PLANTS: tuple[Plant, ...] = (
    self_signed_leaf,
    root_of_another_company,
    root_sent_along,
    issuer_sent_twice,
)
