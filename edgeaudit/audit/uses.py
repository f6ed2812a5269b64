"""Which endpoints stand on which certificate, and where each stands now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from edgeaudit.audit.endpoints import does_tls
from edgeaudit.audit.finding import Cause, Finding, Severity, without_revision
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.standing import Chains, Role, own_chains, trusted_chains
from edgeaudit.audit.suppressing import Suppressions
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.policy import Policy
    from edgeaudit.audit.shown import Shown
    from edgeaudit.inventory import Endpoint, Environment, Inventory, Section, StoredCertificate
    from edgeaudit.x509.certificate import Certificate

_SHOWN = ("shown leaf", "shown issuer")


class Use(NamedTuple):
    """An endpoint that stands on a certificate: where (the revision left out), and as what."""

    installation: str
    endpoint: str
    role: Role


@dataclass(frozen=True, order=True)
class Holding:
    """A place in which a certificate lies and is used, or may be: then perhaps without `uses`.

    Where a `service`, HOST:PORT, was seen to show it, the place is the endpoint that is that
    service or calls it.
    """

    installation: str
    where: str
    is_mild: bool
    affects: tuple[str, ...]
    uses: tuple[Use, ...]
    service: str | None = None


@dataclass(frozen=True)
class InUse:
    """A certificate in use, and every place in which it is."""

    certificate: Certificate
    holdings: tuple[Holding, ...]

    @property
    def is_mild(self) -> bool:
        """Whether only backends are judged by it, as a trust anchor: Java does not look at the
        dates of those; or are told not to be."""
        return all(each.is_mild for each in self.holdings)

    @property
    def is_stored(self) -> bool:
        """Whether it lies in Edge, and is not only shown by services."""
        return any(each.service is None for each in self.holdings)

    @property
    def services(self) -> list[str]:
        """Those that were seen to show it, HOST:PORT."""
        return sorted({each.service for each in self.holdings if each.service})


class Usage:
    """What stands on what in the inventories of one run; `shown` is what endpoints showed."""

    def __init__(self, inventories: Sequence[Inventory], shown: Sequence[Shown] = ()) -> None:
        self._shown: dict[tuple[str, str], list[Shown]] = defaultdict(list)
        for each in shown:
            self._shown[each.installation, each.where].append(each)
        self._impacts = {one.installation: Impact(one) for one in inventories}
        self._endpoints: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        for one in inventories:
            for endpoint in (each for env in one.environments for each in env.endpoints):
                self._endpoints[one.installation, without_revision(endpoint.where)].append(endpoint)

    def in_use(self, policy: Policy, at: datetime) -> tuple[InUse, ...]:
        """The certificates in use, in order of their end.

        Left out are places where `policy` has the expiry suppressed at the time `at` or its rule
        switched off, and trust anchors beside their successor.
        """
        suppressions = Suppressions(policy.suppressions, at)
        found: dict[Certificate, list[Holding]] = defaultdict(list)
        for certificate, holding in self._held():
            end = _end_of(certificate, holding, at)
            if suppressions.divided(policy.overridden([end]))[0]:
                found[certificate].append(holding)
        used = [InUse(each, tuple(holdings)) for each, holdings in found.items()]
        return tuple(sorted(used, key=lambda each: (each.certificate.not_after, each.holdings)))

    def _held(self) -> Iterator[tuple[Certificate, Holding]]:
        for installation, impact in self._impacts.items():
            for stored in _in_use(impact):
                yield stored.certificate, _holding(stored, installation, impact)
        for each in chain.from_iterable(self._shown.values()):
            for certificate in each.unstored:
                yield certificate, _held_by(certificate, each)

    def chains(self, use: Use) -> Chains | None:
        """What the endpoint stands on now, in that role: a chain for each of its revisions.

        None of them where it is no more, is not called any more, or has its TLS off; None where
        that could not be read, or where nothing stands in the place of what it needs.
        """
        impact = self._impacts.get(use.installation)
        if impact is None:
            return None
        env = impact.environments.get("/".join(use.endpoint.split("/")[:2]))
        if env is None:
            return None
        endpoints = self._endpoints.get((use.installation, use.endpoint), [])
        if not endpoints and not _of_its_kind(env, use.endpoint).is_complete:
            return None
        live = [each for each in endpoints if does_tls(each) and impact.is_live(each)]
        standing = [self._standing(use, impact, each) for each in live]
        if any(each is None for each in standing):
            return None
        return tuple(chain for each in standing for chain in each or ())

    def _standing(self, use: Use, impact: Impact, endpoint: Endpoint) -> Chains | None:
        if use.role in _SHOWN:
            found = self._shown.get((use.installation, endpoint.where))
            return tuple(each.chain for each in found) if found else None
        return (
            trusted_chains(impact, endpoint)
            if use.role == "anchor"
            else own_chains(impact, endpoint)
        )


def _in_use(impact: Impact) -> Iterator[StoredCertificate]:
    namesakes: dict[tuple[str, bytes], list[Certificate]] = defaultdict(list)
    for alias in impact.aliases.values():
        for each in alias.certificates:
            namesakes[alias.keystore, each.subject_canonical].append(each)
    for alias in impact.aliases.values():
        is_named = bool(impact.namers(alias))
        for stored in alias.chain:
            others = namesakes[alias.keystore, stored.certificate.subject_canonical]
            is_superseded = not is_named and _has_successor(stored.certificate, others)
            if impact.is_in_use(stored) and not is_superseded:
                yield stored


def _has_successor(own: Certificate, others: Sequence[Certificate]) -> bool:
    """Whether a CA's certificate has a twin that lives longer beside it in its truststore."""
    return own.is_ca and any(
        each.not_after > own.not_after and shares_key(own, each) is not False for each in others
    )


def _holding(stored: StoredCertificate, installation: str, impact: Impact) -> Holding:
    as_own = {each.where for each in impact.namers(impact.aliases[stored.alias])}
    in_chain: Role = "issuer" if stored.certificate.is_ca else "leaf"
    uses = {
        Use(
            installation,
            without_revision(each.where),
            in_chain if each.where in as_own else "anchor",
        )
        for each in impact.users(stored)
        if impact.is_live(each)
    }
    return Holding(
        installation,
        stored.where,
        impact.only_anchors_backends(stored),
        impact.affected(stored),
        tuple(sorted(uses)),
    )


def _held_by(certificate: Certificate, shown: Shown) -> Holding:
    role: Role = "shown leaf" if certificate == shown.chain[0] else "shown issuer"
    use = Use(shown.installation, without_revision(shown.where), role)
    return Holding(
        shown.installation, shown.where, shown.is_mild, shown.affects, (use,), shown.service
    )


def _end_of(certificate: Certificate, holding: Holding, at: datetime) -> Finding:
    """What the rule for before or for after its end would say of it, whatever its thresholds."""
    end = "expired" if certificate.not_after <= at else "expiring"
    return Finding(
        rule=f"served-certificate-{end}" if holding.service else f"{end}-certificate",
        severity=Severity.ERROR,
        cause=Cause.EXPIRED_CERTIFICATE,
        direction=None,
        installation=holding.installation,
        where=holding.service or holding.where,
        message="",
        certificate=certificate,
    )


def _of_its_kind(env: Environment, endpoint: str) -> Section[Any]:
    kind = endpoint.split("/")[2]
    if kind == "virtualhosts":
        return env.virtual_hosts
    return env.target_servers if kind == "targetservers" else env.revisions
