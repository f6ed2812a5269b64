"""A target, the backend that it calls, and what is found of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.inventory import Told
from tests.audit.estate import ISSUING, ROOT, Estate
from tests.audit.services import observed
from tests.factories import CA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.tls.service import Service
    from tests.factories import Made


HOST = "backend.example.com"
NAMED = ISSUING.leaf(HOST)
GOOD = (NAMED, ISSUING)
STRANGE = CA.root("Strange Root")
STRANGE_CA = STRANGE.intermediate("Strange CA")
JAVA_8 = Told(java=8, edge_version="4.53.00")


def target(told: Told = JAVA_8, store: Sequence[Made] = (ROOT,), **tls: Any) -> Estate:
    """A target server with a truststore, and a client certificate of ours at hand."""
    mine = ISSUING.leaf("client.example.com")
    estate = Estate().store("trust", keys=False, ca=store).store("client", me=(mine, ISSUING))
    estate.server("one", truststore="trust", **tls)
    estate.told = told
    return estate


def found(estate: Estate, of: Service) -> list[Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    return [each for each in report.findings if each.where == f"{HOST}:443"]


def rules(estate: Estate, of: Service) -> list[str]:
    return [each.rule for each in found(estate, of)]
