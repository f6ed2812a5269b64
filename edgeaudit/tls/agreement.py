"""Whether what Java offers and what a probed service does make a handshake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeaudit.tls.ciphers import on_the_wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgeaudit.tls.ciphers import Suite
    from edgeaudit.tls.java import JavaOffer
    from edgeaudit.tls.protocols import Version
    from edgeaudit.tls.service import Service

Lack = Literal["offer", "protocol", "cipher"]


@dataclass(frozen=True)
class Agreement:
    """What a handshake comes to: a version and a suite, None where that is not known.

    Where none is possible `lack` tells of what: of an `offer` at all, for Java does not even
    begin, or of a common `protocol` or `cipher`; `told` is the reason, in one sentence.
    """

    version: Version | None = None
    suite: Suite | None = None
    lack: Lack | None = None
    told: str = ""


def agreement(offer: JavaOffer, service: Service) -> Agreement | None:
    """What a handshake of `offer` with `service` comes to; None where that is not known.

    A server takes the newest common version (RFC 8446, 4.2.1; RFC 5246, E.1) and stays with it if
    that leaves no suite. Groups, signature algorithms and certificates are not looked at.
    """
    if offer.refusal:
        return Agreement(lack="offer", told=f"Java {offer.java} does not begin: {offer.refusal}")
    version = next((each for each in offer.versions if service.versions.get(each, True)), None)
    if version is None:
        return Agreement(lack="protocol", told=_no_version(offer, service))
    if version not in service.versions:
        return None
    if version not in service.suites:
        return Agreement(version)
    common = _common(offer, service, version)
    if not common:
        return Agreement(version, lack="cipher", told=_no_suite(offer, version))
    return Agreement(version, common[0])


def _common(offer: JavaOffer, service: Service, version: Version) -> list[Suite]:
    """The suites of both, in the order of the service where it has one, else in Java's."""
    own = [found for each in service.suites[version] if (found := on_the_wire(each))]
    mine = [each for each in offer.suites if each.works_in(version, "java")]
    first, second = (own, mine) if service.orders.get(version) else (mine, own)
    return [each for each in first if each in second]


def _no_version(offer: JavaOffer, service: Service) -> str:
    spoken = _listed(each for each, is_spoken in service.versions.items() if is_spoken)
    return f"the server speaks {spoken}, and Java {offer.java} offers {_listed(offer.versions)}"


def _no_suite(offer: JavaOffer, version: Version) -> str:
    count = sum(each.works_in(version, "java") for each in offer.suites)
    named = "the only cipher suite" if count == 1 else f"any of the {count} cipher suites"
    return f"the server speaks {version.spelling} without {named} that Java {offer.java} offers"


def _listed(versions: Iterable[Version]) -> str:
    names = [each.spelling for each in sorted(versions)]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "nothing"
