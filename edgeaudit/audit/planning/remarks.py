"""What is to be known of an upload, though no rule speaks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.answer import listed
from edgeaudit.audit.endpoints import is_dynamic, names_dynamically
from edgeaudit.audit.planning.trust_lost import gone, strict_checkers
from edgeaudit.audit.time_left import day
from edgeaudit.x509.chain import leaf_index
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.impact import Impact
    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.x509.certificate import Certificate

_TO_PEM = {
    "PKCS#12": "comes by `openssl pkcs12 -in FILE -nocerts -nodes -out new-key.pem`",
    "JKS": "comes by `keytool -importkeystore -srckeystore FILE -destkeystore P12 -deststoretype"
    " PKCS12` and then `openssl pkcs12 -in P12 -nocerts -nodes -out new-key.pem`",
}


def remarks(slot: Slot, upload: Upload, impact: Impact) -> Iterator[str]:
    """What is no defect and yet to be known, each in a sentence."""
    users = slot.users(impact)
    if not users:
        yield _unnamed(slot, impact)
    if upload.has_key and upload.form in _TO_PEM:
        how = _TO_PEM[upload.form]
        yield f"the steps take PEM: --write has the chain, and the key {how}"
    if slot.present and slot.present.chain:
        if impact.trusters(slot.keystore):
            yield from _no_longer_trusted(slot, upload, impact)
        if impact.namers(slot.present) or not impact.trusters(slot.keystore):
            yield from _differences(_leaf(slot.present.certificates), _leaf(upload.chain))
    if slot.reference:
        yield from _expected(slot, impact)


def _unnamed(slot: Slot, impact: Impact) -> str:
    """That nobody names the alias, and what is named instead."""
    namers = impact.namers(slot.keystore)
    showing = (each.tls for each in namers if impact.keystore(each) is slot.keystore)
    named = {tls.key_alias for tls in showing if tls}
    expected = sorted(each for each in named if each and not is_dynamic(each))
    instead = f"; who names its keystore expects {listed(expected)}" if expected else ""
    doubt = "; a flow variable may" if names_dynamically(slot.environment) else ""
    return f"no virtual host and no target names this alias{instead}{doubt}"


def _no_longer_trusted(slot: Slot, upload: Upload, impact: Impact) -> Iterator[str]:
    """Who loses the CAs that go and refuses nobody for it today; and how they can stay."""
    lost = list(dict.fromkeys(each.subject for each in gone(slot, upload)))
    strict = strict_checkers(slot, impact)
    others = [each.where for each in impact.trusters(slot.keystore) if each not in strict]
    if lost and others:
        yield f"{listed(sorted(others))} would no longer trust {' or '.join(lost)}"
    if lost:
        yield f"under another alias of {slot.keystore.where} it comes besides, and no trust goes"


def _leaf(chain: Sequence[Certificate]) -> Certificate:
    """That of a chain in whatever order."""
    return chain[leaf_index(chain)]


def _differences(old: Certificate, new: Certificate) -> Iterator[str]:
    if lost := [each for each in old.names if each not in new.names]:
        yield f"it no longer has the names {', '.join(lost)}"
    if gained := [each for each in new.names if each not in old.names]:
        yield f"it has the new names {', '.join(gained)}"
    if old.issuer_canonical != new.issuer_canonical:
        told = f"its issuer was {old.issuer} and is {new.issuer}"
        yield f"{told}: who pins the old one will refuse it"
    if shares_key(old, new) is False:
        yield "it has another public key: who pins the old one will refuse it"
    if new.not_after < old.not_after:
        yield f"it ends on {day(new.not_after)}, before the present one does ({day(old.not_after)})"


def _expected(slot: Slot, impact: Impact) -> Iterator[str]:
    """What is left behind, what does not follow the reference, and who expects another alias."""
    reference = slot.reference
    yield f"{slot.keystore.where} is left behind, and may go once nothing has to go back to it"
    for each in impact.namers(slot.keystore):
        names = [each.tls.keystore, each.tls.truststore] if each.tls else []
        if not any(name and reference and name.reference == reference.name for name in names):
            told = "keeps what it has until it is changed, too, as in the steps"
            yield f"{each.where} does not name the reference, and {told}"
        elif (
            each.tls
            and impact.keystore(each) is slot.keystore
            and each.tls.key_alias not in (None, slot.alias)
        ):
            told = "decides by a flow variable" if is_dynamic(each.tls.key_alias) else "expects"
            yield f"{each.where} {told} {each.tls.key_alias}, which must be in the new store too"
