"""Services as a probe would have found them, made in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.observed import Asked, Observation
from edgeaudit.audit.to_ask import endpoints
from edgeaudit.tls.handshake import Alert, Ending, Endpoint, Handshake
from edgeaudit.tls.messages import CertificateRequest
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.service import Service
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.audit.estate import Estate
    from tests.factories import CA, Made

HERE = Endpoint("127.0.0.1", 50000)
THERE = Endpoint("127.0.0.1", 443)
BOTH = {Version.TLSV1_2: True, Version.TLSV1_3: True, Version.TLSV1: False, Version.TLSV1_1: False}


def handshake(
    chain: Sequence[Made] | None = None, ending: Ending = Ending.COMPLETED, **fields: Any
) -> Handshake:
    """A handshake that showed the chain."""
    shown = None if chain is None else tuple(each.certificate for each in chain)
    return Handshake(HERE, THERE, NOW, 0, ending, server_chain=shown, **fields)


def refused(number: int) -> Handshake:
    """One that the server ended with that alert."""
    return handshake(None, Ending.ALERT, alerts=(Alert("server", 2, number),))


def asking_for(*issuers: CA) -> CertificateRequest:
    """The request of a server that takes certificates of those."""
    return CertificateRequest(
        (1, 64),
        (0x0403, 0x0804),
        authorities=tuple(each.parsed.subject.public_bytes() for each in issuers),
    )


def service(chain: Sequence[Made] | None = None, **fields: Any) -> Service:
    """A service that shows the chain with or without its name."""
    request = fields.pop("request", None)
    known = {
        "with_name": handshake(chain, request=request),
        "without_name": handshake(chain),
        "versions": BOTH,
    }
    return Service("", 0, NOW, **{**known, **fields})


def unnamed(found: Service, host: str = "backend.example.com") -> list[Observation]:
    """The service, of which nothing else is known."""
    return [Observation(Asked(host, 443, host), found)]


def observed(estate: Estate, found: Service) -> list[Observation]:
    """What every endpoint of the estate did, all of them the same."""
    asked, _ = endpoints(estate.inventory())
    return [Observation(each, found) for each in asked]
