"""The Message Processor as a client of backends: what it offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.tls import java, protocols
from edgeaudit.x509.java_algorithms import RELEASES

if TYPE_CHECKING:
    from edgeaudit.audit.offer import Offer
    from edgeaudit.tls.java import JavaOffer


def java_offer(offer: Offer, edge_version: str | None) -> JavaOffer | None:
    """The most that it may offer a backend for which `offer` is set; None where it is not known.

    Where no protocols are set, they are those that this version of Edge enables. Which algorithms
    its java.security disables differs by update: here, as few as that may be. None too where Java
    does not even begin: unknown-protocol and unknown-cipher say so.
    """
    names = offer.protocols or _defaults(edge_version)
    if offer.java not in RELEASES or offer.is_open or not names:
        return None
    disabled = java.DISABLED_AT_LEAST[offer.java]
    offered = java.java_offer(offer.java, names, offer.ciphers, disabled=disabled)
    return None if offered.refusal else offered


def _defaults(edge_version: str | None) -> tuple[str, ...]:
    versions = protocols.default_versions(edge_version) if edge_version else ()
    return tuple(each.spelling for each in versions)
