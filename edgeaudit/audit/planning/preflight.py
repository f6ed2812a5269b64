"""What an upload would break, heal and leave as it is, told before it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.comparing.changes import compare
from edgeaudit.audit.comparing.side import Side
from edgeaudit.audit.engine import judge
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.planning import acceptance
from edgeaudit.audit.planning.issuers import issuers_above
from edgeaudit.audit.planning.remarks import remarks
from edgeaudit.audit.planning.root_changed import unknown_to_others
from edgeaudit.audit.planning.trust_lost import may_be_refused, severed
from edgeaudit.audit.planning.upload import refusals, unproved_key
from edgeaudit.audit.remedies import renewal_steps
from edgeaudit.audit.remedies.site import Site
from edgeaudit.inventory import Alias, Section, StoredCertificate
from edgeaudit.location import numbered
from edgeaudit.x509.bundle import best_verdict, lacks_issuer, mended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgeaudit.audit.comparing.changes import Comparison
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.planning.acceptance import Objection
    from edgeaudit.audit.planning.slot import Slot
    from edgeaudit.audit.planning.trust_lost import Severed
    from edgeaudit.audit.planning.upload import Upload
    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import Inventory
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.trust import Trust


@dataclass(frozen=True)
class Preflight:
    """What would follow: why it is `refused`, which findings come, go and stay, and what to know.

    `severed` are handshakes of the installation with itself that would fail, `may_break` sentences
    on what only the other sides, or the machine, can tell.
    `bundle` is the chain as it should be uploaded, `lacks` the issuer that is missing there;
    `steps` are the commands of the renewal.
    """

    slot: Slot
    upload: Upload
    refused: tuple[str, ...]
    compared: Comparison
    stays: tuple[Finding, ...]
    severed: tuple[Severed, ...]
    may_break: tuple[str, ...]
    remarks: tuple[str, ...]
    bundle: tuple[Certificate, ...]
    lacks: str | None
    steps: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether something would, for certain."""
        is_worse = any(each.severity is Severity.ERROR for each in self.compared.came)
        return bool(self.refused or self.severed) or is_worse


def preflight(
    slot: Slot, upload: Upload, trust: Trust, policy: Policy, now: datetime, made_at: datetime
) -> Preflight:
    """What would follow if the upload were made at `now`."""
    before, after = slot.inventory, _changed(slot, upload)
    today = Side([before], judge([before], trust, policy, now, made_at))
    then = Side([after], judge([after], trust, policy, now, made_at))
    compared = compare(today, then)
    evidence = Evidence(before, trust, policy, now)
    site = Site(before, evidence)
    trusted = not upload.has_key and evidence.impact.trusters(slot.keystore)
    bundle, lacks = (upload.chain, None) if trusted else _mended(upload, before, trust, now)
    concerned = {slot.where, *slot.users(evidence.impact)}
    came = set(map(id, compared.came))
    objections = tuple(_objections(slot, upload, evidence))
    return Preflight(
        slot=slot,
        upload=upload,
        refused=(
            *refusals(upload, slot.present, now, takes_pkcs12_only=site.takes_pkcs12_only),
            *(each.told for each in objections if each.is_certain),
        ),
        compared=compared,
        stays=tuple(
            each
            for each in then.report.findings
            if id(each) not in came and each.where.partition("#")[0] in concerned
        ),
        severed=tuple(severed(slot, upload, evidence)),
        may_break=(
            *(each.told for each in objections if not each.is_certain),
            *unproved_key(upload, slot.present),
            *may_be_refused(slot, upload, evidence),
            *unknown_to_others(slot, upload, evidence),
        ),
        remarks=tuple(remarks(slot, upload, evidence.impact)),
        bundle=bundle,
        lacks=lacks,
        steps=renewal_steps(site, slot.keystore, slot.present, slot.alias, has_key=upload.has_key),
    )


def _changed(slot: Slot, upload: Upload) -> Inventory:
    """The inventory as it would be."""
    present, store = slot.present, slot.keystore
    name = present.name if present else slot.alias
    where = present.where if present else slot.where
    chain = (
        StoredCertificate(numbered(where, at), where, at, each)
        for at, each in enumerate(upload.chain)
    )
    has_key = upload.has_key or (present is not None and present.has_key)
    alias = Alias(where, store.where, name, has_key, tuple(chain))
    keys = None if store.keys is None else store.keys | ({slot.alias} if has_key else set())
    aliases = _with(store.aliases, name, alias)
    stores = _with(
        slot.environment.keystores, store.name, replace(store, aliases=aliases, keys=keys)
    )
    env = replace(slot.environment, keystores=stores)
    environments = tuple(
        env if each is slot.environment else each for each in slot.inventory.environments
    )
    return replace(slot.inventory, environments=environments)


def _with(section: Section[Any], name: str, thing: Any) -> Section[Any]:
    unread = section.unread - {name}
    return replace(section, items={**section.items, name: thing}, unread=unread)


def _objections(slot: Slot, upload: Upload, evidence: Evidence) -> Iterator[Objection]:
    """What nginx and Java have against it, as far as they are to show it."""
    sides = {each.direction for each in slot.showers(evidence.impact)}
    for each in sorted(sides):
        yield from acceptance.of_peers(upload.chain[0], each)
    if "northbound" in sides:
        yield from acceptance.of_nginx(upload.chain)
    if "southbound" in sides:
        for java in dict.fromkeys(each.java for each in evidence.message_processors):
            yield from acceptance.of_java(upload.chain[0], java)


def _mended(
    upload: Upload, inventory: Inventory, trust: Trust, now: datetime
) -> tuple[tuple[Certificate, ...], str | None]:
    """The chain as it should be, with issuers that lie elsewhere; and whose issuer is missing."""
    if any(each.der is None for each in upload.chain):
        return upload.chain, None
    known = tuple(issuers_above(upload.chain, inventory))
    bundle = mended(upload.chain, best_verdict(upload.chain, trust, now, known), known)
    is_whole = not lacks_issuer(best_verdict(bundle, trust, now))
    return bundle, None if is_whole else bundle[-1].issuer
