"""Healthy chains and dates of virtual hosts. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from ..installation import Alias

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities

_MINUTE = 1 / (24 * 60)


def two_intermediates(draft: Draft, ca: Authorities) -> None:
    """Not incomplete: the root that is left out is trusted."""
    leaf = ca.mint.leaf(ca.regional, "deep.wellkept.example")
    chain = (leaf, ca.regional.certificate, ca.policy.certificate)
    draft.secure_host("deep", Alias("server", chain))


def trusted_intermediate(draft: Draft, ca: Authorities) -> None:
    """Not incomplete: the intermediate that is left out is itself configured as trusted."""
    leaf = ca.mint.leaf(ca.branch, "branch.wellkept.example")
    draft.secure_host("branch", Alias("server", (leaf,)))


def leaf_of_root(draft: Draft, ca: Authorities) -> None:
    """Not incomplete: the root itself signed the leaf."""
    leaf = ca.mint.leaf(ca.root, "short.wellkept.example")
    draft.secure_host("short", Alias("server", (leaf,)))


def cross_signed_root(draft: Draft, ca: Authorities) -> None:
    """Not incomplete, not a stranger: old clients reach the new root through an old one."""
    leaf = ca.mint.leaf(ca.issuing_g2, "crossed.wellkept.example")
    chain = (leaf, ca.issuing_g2.certificate, ca.cross_root.certificate)
    draft.secure_host("crossed", Alias("server", chain))


def cross_signed_intermediate(draft: Draft, ca: Authorities) -> None:
    """Not a stranger: both certificates of the intermediate issued the leaf."""
    leaf = ca.mint.leaf(ca.issuing_g2, "twofold.wellkept.example")
    chain = (leaf, ca.issuing_g2.certificate, ca.cross_issuing.certificate)
    draft.secure_host("twofold", Alias("server", chain))


def renewed_in_time(draft: Draft, ca: Authorities) -> None:
    """Not expiring: 31 days are more than 30."""
    chain = ca.chain("timely.wellkept.example", days=(-334, 31))
    draft.secure_host("timely", Alias("server", chain))


def just_issued(draft: Draft, ca: Authorities) -> None:
    """Not early: valid for a minute already."""
    chain = ca.chain("fresh.wellkept.example", days=(-_MINUTE, 365))
    draft.secure_host("fresh", Alias("server", chain))


def path_length_of_one(draft: Draft, ca: Authorities) -> None:
    """Not too long a path: one CA may stand below, and one does."""
    upper = ca.mint.authority("Acme Upper", ca.root, path_length=1)
    lower = ca.mint.authority("Acme Lower", upper, path_length=0)
    leaf = ca.mint.leaf(lower, "length.wellkept.example")
    chain = (leaf, lower.certificate, upper.certificate)
    draft.secure_host("length", Alias("server", chain))


def strong_enough(draft: Draft, ca: Authorities) -> None:
    """Not weak: 224 bits are enough for an elliptic curve, though not for every client."""
    key = ec.generate_private_key(ec.SECP224R1())
    leaf = ca.mint.leaf(ca.issuing, "strong.wellkept.example", key=key)
    draft.secure_backend("strong", Alias("client", (leaf, ca.issuing.certificate)))


def southbound_self_signed(draft: Draft, ca: Authorities) -> None:
    """Not a self-signed server: the backend knows the client by this very certificate."""
    leaf = ca.mint.leaf(None, "client.wellkept.example")
    draft.secure_backend("pinned", Alias("client", (leaf,)))


PLANTS: tuple[Plant, ...] = (
    two_intermediates,
    trusted_intermediate,
    leaf_of_root,
    cross_signed_root,
    cross_signed_intermediate,
    renewed_in_time,
    just_issued,
    path_length_of_one,
    strong_enough,
    southbound_self_signed,
)
