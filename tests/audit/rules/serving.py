"""Services that were asked, and what is found of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Inventory, Told
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST, Estate
from tests.audit.services import observed, unnamed
from tests.factories import CA, NOW, Made, issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.tls.service import Service

GOOD = (LEAF, ISSUING)
HOST = "api.example.com"
OLD = ISSUING.leaf(HOST, not_after=NOW + timedelta(days=3))
EXPIRED = ISSUING.leaf(HOST, not_after=NOW - timedelta(days=1))
FUTURE = ISSUING.leaf(HOST, not_before=NOW + timedelta(days=1))
NAMED = ISSUING.leaf("backend.example.com")
OTHER = ISSUING.leaf("other.example.com")
FOREIGN_ROOT = CA.root("Foreign Root")
FOREIGN_CA = FOREIGN_ROOT.intermediate("Foreign CA")
FOREIGN = FOREIGN_CA.leaf(HOST)
OLD_CA = ROOT.intermediate("Acme Old CA", not_after=NOW - timedelta(days=1))
LEAF_OF_OLD = OLD_CA.leaf(HOST)
CA_ENDING = ROOT.intermediate("Acme Ending CA", not_after=NOW + timedelta(days=5))
LEAF_OF_CA_ENDING = CA_ENDING.leaf(HOST)
FORGED = Made(*issue(ISSUING, HOST, names=[HOST], signed_with=OTHER.private_key))


def found(of: Service, host: str = HOST) -> dict[str, Finding]:
    """What is found of a service of which nothing else is known."""
    nothing = [Inventory("default", "probe")]
    report = judge(nothing, TRUST, Policy(), NOW, NOW, unnamed(of, host))
    assert not report.gaps
    return {each.rule: each for each in report.findings}


def hosts(stored: Sequence[Made] = GOOD, name: str = "ref://web") -> Estate:
    """A virtual host with that chain, by a reference."""
    estate = Estate().store("web", server=stored).reference("web", "web")
    return estate.host("web", [HOST], keystore=name, key_alias="server")


def of_host(estate: Estate, of: Service) -> dict[str, Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    return {each.rule: each for each in report.findings if each.where == f"{HOST}:443"}


def backend(*, java: int | None = 8, store: Sequence[Made] = (ROOT,), **tls: Any) -> Estate:
    """A target server, and its truststore."""
    estate = Estate().store("trust", keys=False, ca=store)
    estate.server("one", truststore="trust", **tls)
    estate.told = Told(java=java)
    return estate


def of_backend(estate: Estate, of: Service) -> dict[str, Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    at = "backend.example.com:443"
    return {each.rule: each for each in report.findings if each.where == at}
