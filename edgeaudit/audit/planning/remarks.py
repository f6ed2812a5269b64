"""What is to be known of an upload, though no rule speaks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.answer import listed
from edgeaudit.audit.impact import is_dynamic, names_dynamically
from edgeaudit.audit.time_left import day
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    yield from _about_the_key(slot, upload)
    if slot.present and slot.present.chain:
        if impact.trusters(slot.keystore):
            yield from _no_longer_trusted(slot, upload, impact)
        if impact.namers(slot.present) or not impact.trusters(slot.keystore):
            old, new = slot.present.chain[0].certificate, upload.chain[0]
            yield from _differences(slot, old, new, impact)
    if slot.reference:
        yield from _expected(slot, impact)


def _about_the_key(slot: Slot, upload: Upload) -> Iterator[str]:
    """How the steps get it, and what is not known of it."""
    if upload.has_key:
        if upload.form in _TO_PEM:
            yield f"the steps take PEM: --write has the chain, and the key {_TO_PEM[upload.form]}"
        if upload.fits is None and upload.form != "JKS":
            yield "whether the private key is its own could not be told"
        return
    held = slot.present.certificates if slot.present and slot.present.has_key else ()
    if held and shares_key(held[0], upload.chain[0]) is None:
        yield "whether it is for the private key that the alias holds could not be told"


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
    """The CAs that go, with what they issued, and nothing of their name and key comes or stays."""
    others = (each for each in slot.keystore.aliases if each is not slot.present)
    staying = [*upload.chain, *(each for alias in others for each in alias.certificates)]
    trusters = listed(sorted(each.where for each in impact.trusters(slot.keystore)))
    gone = [
        old
        for old in (slot.present.certificates if slot.present else ())
        if not any(_stands_for(each, old) for each in staying)
    ]
    for whose in dict.fromkeys(_whose(old) for old in gone):
        yield f"{whose} will no longer be trusted by {trusters}"


def _stands_for(other: Certificate, old: Certificate) -> bool:
    """Whether it may be one of the same CA, with the same key."""
    is_named_so = other.subject_canonical == old.subject_canonical
    return is_named_so and shares_key(other, old) is not False


def _whose(old: Certificate) -> str:
    return f"what {old.subject} issued" if old.is_ca else old.subject


def _differences(slot: Slot, old: Certificate, new: Certificate, impact: Impact) -> Iterator[str]:
    if lost := [each for each in old.names if each not in new.names]:
        yield f"it no longer has the names {', '.join(lost)}"
    if gained := [each for each in new.names if each not in old.names]:
        yield f"it has the new names {', '.join(gained)}"
    if old.issuer_canonical != new.issuer_canonical:
        yield from _issuer_changed(slot, old, new, impact)
    if shares_key(old, new) is False:
        yield "it has another public key: who pins the old one will refuse it"
    if new.not_after < old.not_after:
        yield f"it ends on {day(new.not_after)}, before the present one does ({day(old.not_after)})"


def _issuer_changed(
    slot: Slot, old: Certificate, new: Certificate, impact: Impact
) -> Iterator[str]:
    told = f"its issuer was {old.issuer} and is {new.issuer}"
    sides = {each.direction for each in impact.namers(slot.present or slot.keystore)}
    if "northbound" in sides:
        yield f"{told}: clients that pin the old one, or know it alone, will refuse it"
    if "southbound" in sides:
        yield f"{told}: backends must trust that before it is shown to them"
    if not sides:
        yield told


def _expected(slot: Slot, impact: Impact) -> Iterator[str]:
    """What does not follow the reference, and who expects another alias."""
    reference = slot.reference
    for each in impact.namers(slot.keystore):
        names = [each.tls.keystore, each.tls.truststore] if each.tls else []
        if not any(name and reference and name.reference == reference.name for name in names):
            yield f"{each.where} does not name the reference, and keeps what it has"
        elif (
            each.tls
            and impact.keystore(each) is slot.keystore
            and each.tls.key_alias not in (None, slot.alias)
        ):
            told = "decides by a flow variable" if is_dynamic(each.tls.key_alias) else "expects"
            yield f"{each.where} {told} {each.tls.key_alias}, which must be in the new store too"
