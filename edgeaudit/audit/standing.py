"""On which certificates an endpoint stands, and whether it does without one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.impact import Impact
    from edgeaudit.inventory import Alias, Endpoint
    from edgeaudit.x509.certificate import Certificate

# as what it is stored for an endpoint; or as what the service shows that is it, or that it calls
Role = Literal["leaf", "issuer", "anchor", "shown leaf", "shown issuer"]
Chains = tuple[tuple["Certificate", ...], ...]


def own_chains(impact: Impact, endpoint: Endpoint) -> Chains | None:
    """The chains of which an endpoint may show one; None where that could not be read."""
    if endpoint.direction == "southbound" and endpoint.tls and endpoint.tls.keystore is None:
        return ()  # it has no certificate of its own any more
    alias = impact.key_alias(endpoint)
    return _read([alias] if alias else impact.possible_aliases(endpoint))


def trusted_chains(impact: Impact, endpoint: Endpoint) -> Chains | None:
    """All that an endpoint trusts, as one chain; None where that could not be read."""
    if endpoint.tls and endpoint.tls.truststore is None:
        return ()
    store = impact.truststore(endpoint)
    chains = _read(list(store.aliases)) if store and store.aliases.is_complete else None
    return chains and (tuple(each for chain in chains for each in chain),)


def _read(aliases: list[Alias]) -> Chains | None:
    is_whole = bool(aliases) and all(each.chain and each.is_complete for each in aliases)
    return tuple(each.certificates for each in aliases) if is_whole else None


def identity(certificate: Certificate) -> str:
    """What tells a certificate from all others: its SHA-256, or else issuer and serial number."""
    return certificate.sha256 or f"{certificate.issuer} {certificate.serial}"


def is_replaced(certificate: str, end: datetime, role: Role, chains: Chains) -> bool:
    """Whether each of the chains does without the certificate of that identity, which ends at
    `end`, and has one that lives longer."""
    return all(
        certificate not in map(identity, chain) and _outlives(chain, role, end) for chain in chains
    )


def leaves(chain: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Those of a chain that are for hosts or clients; all of it where every one is a CA's."""
    return tuple(each for each in chain if not each.is_ca) or chain


def _outlives(chain: tuple[Certificate, ...], role: Role, end: datetime) -> bool:
    if role in ("leaf", "shown leaf"):
        return all(each.not_after > end for each in leaves(chain))
    return any(each.not_after > end for each in chain)
