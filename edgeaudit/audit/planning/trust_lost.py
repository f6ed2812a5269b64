"""Whom a truststore would no longer let in, were one of its CAs replaced."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.address import address
from edgeaudit.audit.answer import listed
from edgeaudit.audit.endpoints import calls_over_tls, has_tls
from edgeaudit.audit.time_left import has_expired
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.bundle import best_verdict, is_anchored
from edgeaudit.x509.hostname import bare_host
from edgeaudit.x509.public_key import shares_key
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgeaudit.audit.address import Address
    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.impact import Impact
    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.inventory import Endpoint, Inventory
    from edgeaudit.x509.certificate import Certificate


class Severed(NamedTuple):
    """A handshake within the installation that would fail: whose, and why."""

    where: str
    message: str


def gone(slot: Slot, upload: Upload) -> list[Certificate]:
    """What the alias holds, where nothing of its name and key comes or stays in its store."""
    staying = [*upload.chain, *_besides(slot)]
    present = slot.present.certificates if slot.present else ()
    return [old for old in present if not any(_stands_for(each, old) for each in staying)]


def strict_checkers(slot: Slot, impact: Impact) -> list[Endpoint]:
    """Those in use that refuse a certificate of which their store knows no issuer."""
    return [
        each
        for each in impact.checkers(slot.keystore)
        if impact.is_live(each) and not (each.tls and each.tls.ignores_validation_errors)
    ]


def may_be_refused(slot: Slot, upload: Upload, evidence: Evidence) -> Iterator[str]:
    """Who may be refused from then on, as only they know what they show; each in a sentence."""
    by_side: dict[str, list[str]] = defaultdict(list)
    for each in strict_checkers(slot, evidence.impact):
        by_side[each.direction].append(each.where)
    for side, wheres in sorted(by_side.items()):
        whose = "clients" if side == "northbound" else "backends"
        lost = [each for each in gone(slot, upload) if _matters(each, side, evidence)]
        if lost:
            names = " or of ".join(dict.fromkeys(each.subject for each in lost))
            yield f"{listed(sorted(wheres))} would refuse {whose} with certificates of {names}"


def severed(slot: Slot, upload: Upload, evidence: Evidence) -> Iterator[Severed]:
    """The handshakes of the installation with itself that would fail for want of the CA."""
    if not gone(slot, upload):
        return
    before = Trust([*_besides(slot), *_present(slot)], public_roots=False)
    after = Trust([*_besides(slot), *upload.chain], public_roots=False)
    at = _by_address(slot.inventory, evidence.impact)
    for checker in strict_checkers(slot, evidence.impact):
        for other in (each for where in _addresses(checker) for each in at.get(where, ())):
            alias = evidence.impact.key_alias(other)
            if alias is None or other.direction == checker.direction:
                continue
            chain = alias.certificates
            if _lets_in(checker, chain, before, evidence) and not _lets_in(
                checker, chain, after, evidence
            ):
                told = f"it would refuse {chain[0].subject}, which {other.where} shows it"
                yield Severed(checker.where, told)


def _besides(slot: Slot) -> list[Certificate]:
    """What the other aliases of the store hold."""
    others = (each for each in slot.keystore.aliases if each is not slot.present)
    return [each for alias in others for each in alias.certificates]


def _present(slot: Slot) -> tuple[Certificate, ...]:
    return slot.present.certificates if slot.present else ()


def _stands_for(other: Certificate, old: Certificate) -> bool:
    """Whether it may be one of the same CA, with the same key."""
    is_named_so = other.subject_canonical == old.subject_canonical
    return is_named_so and shares_key(other, old) is not False


def _matters(old: Certificate, side: str, evidence: Evidence) -> bool:
    """OpenSSL lets nobody in by a CA that has expired; Java asks for no date of an anchor."""
    return side == "southbound" or not has_expired(old, evidence.now)


def _by_address(inventory: Inventory, impact: Impact) -> Mapping[Address, Sequence[Endpoint]]:
    """The endpoints in use that show a certificate, by where they listen or what they call."""
    found: dict[Address, list[Endpoint]] = defaultdict(list)
    for env in inventory.environments:
        for each in filter(_shows_one, filter(impact.is_live, env.endpoints)):
            for where in _addresses(each):
                found[where].append(each)
    return found


def _shows_one(endpoint: Endpoint) -> bool:
    is_set_to = endpoint.tls is not None and endpoint.tls.client_auth
    return isinstance(endpoint, VirtualHost) or is_set_to


def _addresses(endpoint: Endpoint) -> set[Address]:
    """Where it listens for TLS, or calls over TLS."""
    if not isinstance(endpoint, VirtualHost):
        found = address(endpoint) if calls_over_tls(endpoint) else None
        return {found} if found else set()
    port = endpoint.port if has_tls(endpoint) else None
    return {(bare_host(each), port) for each in endpoint.host_aliases} if port else set()


def _lets_in(
    checker: Endpoint, chain: Sequence[Certificate], trust: Trust, evidence: Evidence
) -> bool:
    """Whether its path leads to `trust`, for Java to any of it; so is one that cannot be read."""
    if not chain or any(each.der is None for each in chain):
        return True
    is_java = checker.direction == "southbound"
    return is_anchored(best_verdict(chain, trust, evidence.now, partial_chain=is_java))
