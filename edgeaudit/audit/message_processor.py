"""The Message Processor as a client of backends: which Java it is, and what it offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.tls import java, protocols
from edgeaudit.x509.java_algorithms import RELEASES

if TYPE_CHECKING:
    from edgeaudit.audit.offer import Offer
    from edgeaudit.inventory import Told
    from edgeaudit.tls.java import JavaOffer
    from edgeaudit.x509.java_algorithms import Release

# Edge for Private Cloud, "Supported software": Java 8 up to 4.53, 21 from then on
_SINCE_21 = (4, 54)


def release(told: Told) -> Release | None:
    """The Java that is told of, or that the Edge version brings along; None where neither is."""
    if told.java is not None:
        return RELEASES.get(told.java)
    if told.edge_version is None:
        return None
    is_late = tuple(map(int, told.edge_version.split(".")[:2])) >= _SINCE_21
    return RELEASES[21 if is_late else 8]


def java_offer(offer: Offer, told: Told) -> JavaOffer | None:
    """The most that it may offer a backend for which `offer` is set; None where it is not known.

    Where no protocols are set, they are those that this version of Edge enables. Which algorithms
    its java.security disables differs by update: here, as few as that may be. None too where Java
    does not even begin: unknown-protocol and unknown-cipher say so.
    """
    found = release(told)
    names = offer.protocols or _defaults(told)
    if found is None or offer.is_open or not names:
        return None
    disabled = java.DISABLED_AT_LEAST[found.number]
    offered = java.java_offer(found.number, names, offer.ciphers, disabled=disabled)
    return None if offered.refusal else offered


def _defaults(told: Told) -> tuple[str, ...]:
    versions = protocols.default_versions(told.edge_version) if told.edge_version else ()
    return tuple(each.spelling for each in versions)
