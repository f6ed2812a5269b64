"""What the diagnosis of chains finds, as hits of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Hit, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.inventory import Alias


# what depends on the path that OpenSSL finds to a root
_OF_PATH = {"incomplete-chain", "invalid-signature", "issuer-not-ca", "untrusted-root"}


def hits(
    alias: Alias, evidence: Evidence, slug: str, severity: Severity | None = None
) -> Iterator[Hit]:
    """The flaws of one kind, each at its certificate; facts that nothing is known of are left out.

    The severity is that of the rule unless one is given.
    """
    for flaw in evidence.flaws(alias):
        if flaw.slug == slug:
            stored = alias.chain[flaw.position]
            facts = {key: fact for key, fact in flaw.facts.items() if fact not in (None, [])}
            is_of_path = slug in _OF_PATH or "missing_issuer" in facts
            facts |= {"engine": "OpenSSL"} if is_of_path else {}
            yield Hit(flaw.message, facts, severity, stored.where, stored.certificate)


def by_side(alias: Alias, evidence: Evidence) -> Severity:
    """How bad a broken chain is: southbound the backend may hold what is missing."""
    is_northbound = evidence.impact.direction(alias) == "northbound"
    return Severity.ERROR if is_northbound else Severity.WARNING
