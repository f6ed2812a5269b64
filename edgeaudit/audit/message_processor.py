"""The Message Processor as a client of backends: which Java it is, and what it offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.tls import protocols
from edgeaudit.x509.java_algorithms import RELEASES

if TYPE_CHECKING:
    from edgeaudit.audit.offer import Offer
    from edgeaudit.inventory import Told
    from edgeaudit.tls.ciphers import Suite
    from edgeaudit.tls.protocols import Version
    from edgeaudit.x509.java_algorithms import Release

# Edge for Private Cloud, "Supported software": Java 8 up to 4.53, 21 from then on
_SINCE_21 = (4, 54)


class Offered(NamedTuple):
    """The versions and suites that a ClientHello of the Message Processor has."""

    versions: tuple[Version, ...]
    suites: tuple[Suite, ...]


def release(told: Told) -> Release | None:
    """The Java that is told of, or that the Edge version brings along; None where neither is."""
    if told.java is not None:
        return RELEASES.get(told.java)
    if told.edge_version is None:
        return None
    is_late = tuple(map(int, told.edge_version.split(".")[:2])) >= _SINCE_21
    return RELEASES[21 if is_late else 8]


def java_offer(offer: Offer, told: Told) -> Offered | None:
    """What it offers a backend for which `offer` is set; None where that is not known.

    Where no protocols are set, those that this version of Edge enables; where no ciphers are, all
    that its Java has and does not disable as too weak (jdk.tls.disabledAlgorithms).
    """
    java = release(told)
    if java is None or offer.is_open:
        return None
    versions = offer.versions if offer.protocols else _defaults(told)
    known = f"java{21 if java.number > 8 else 8}"
    suites = offer.suites()["Java"]
    enabled = [each for each in suites if known in each.known_by and not each.weaknesses]
    return Offered(versions, tuple(enabled)) if versions else None


def _defaults(told: Told) -> tuple[Version, ...]:
    return protocols.default_versions(told.edge_version) if told.edge_version else ()
