"""Whether those who are shown a certificate, and trust the root of the old one, trust the new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.planning.issuers import issuers_above
from edgeaudit.x509.bundle import best_verdict, is_anchored
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.inventory import Direction, Inventory
    from edgeaudit.x509.certificate import Certificate

_WHOSE = {"northbound": "clients", "southbound": "backends"}


def unknown_to_others(slot: Slot, upload: Upload, evidence: Evidence) -> Iterator[str]:
    """Who may not know the new root, as only they know whom they trust; each in a sentence."""
    sides = {each.direction for each in slot.showers(evidence.impact)}
    old = slot.present.certificates if slot.present else ()
    if sides and old and (told := _change(old, upload.chain, slot.inventory, evidence)):
        for side in sorted(sides):
            yield f"{told}: {_refusing(side)}"


def _refusing(side: Direction) -> str:
    if side == "southbound":
        return "backends must trust that root before it is shown to them"
    return "clients that trust the old root alone would refuse it"


def _change(
    old: Sequence[Certificate],
    new: Sequence[Certificate],
    inventory: Inventory,
    evidence: Evidence,
) -> str | None:
    """What has changed above the leaf; None where who trusts the old top trusts the new chain.

    The top is the root of the old chain, or what is known of the way to it.
    """
    if any(each.der is None for each in (*old, *new)):
        return _unknown(old[0], new[0])
    known = tuple(issuers_above((*old, *new), inventory))
    top = best_verdict(old, evidence.trust, evidence.now, known).chain[-1]
    if top == old[0] and not top.is_self_signed:
        return _unknown(old[0], new[0])
    trust = Trust([top], public_roots=False)
    if is_anchored(best_verdict(new, trust, evidence.now, known, partial_chain=True)):
        return None
    now = _name(best_verdict(new, evidence.trust, evidence.now, known).chain[-1])
    was = _name(top)
    other = "another " * (was == now)
    return f"its chain leads to {other}{now}, and that of the old one to {was}"


def _unknown(old: Certificate, new: Certificate) -> str | None:
    is_same = old.issuer_canonical == new.issuer_canonical
    return None if is_same else "whether its chain leads to the root of the old one is not known"


def _name(top: Certificate) -> str:
    return top.subject if top.is_self_signed else top.issuer
