"""What an upload would break, heal and leave as it is, told before it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit import acceptance
from edgeaudit.audit.changes import Side, compare
from edgeaudit.audit.engine import judge
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.remarks import remarks
from edgeaudit.audit.remedies import renewal_steps
from edgeaudit.audit.remedies.site import Site
from edgeaudit.audit.upload import refusals
from edgeaudit.inventory import Alias, Section, StoredCertificate
from edgeaudit.location import numbered, place
from edgeaudit.x509.bundle import best_verdict, lacks_issuer, mended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.acceptance import Objection
    from edgeaudit.audit.changes import Comparison
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.impact import Impact
    from edgeaudit.audit.policy import Policy
    from edgeaudit.audit.upload import Upload
    from edgeaudit.inventory import Endpoint, Environment, Inventory, Keystore, Reference
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.trust import Trust


@dataclass(frozen=True)
class Slot:
    """Where a chain is to be put: an alias of a keystore, there already or not.

    With a `reference`, into a new keystore that it is then moved to.
    """

    inventory: Inventory
    environment: Environment
    keystore: Keystore
    alias: str
    reference: Reference | None = None

    @property
    def where(self) -> str:
        """The place of the alias."""
        return f"{self.keystore.where}/{place(self.alias)}"

    @property
    def present(self) -> Alias | None:
        """What lies there now."""
        return self.keystore.alias(self.alias) or self.keystore.aliases.get(self.alias)

    def showers(self, impact: Impact) -> tuple[Endpoint, ...]:
        """Those that name the alias as their own, be it there or not."""
        named = impact.namers(self.present) if self.present else ()
        by_name = (
            each
            for each in self.environment.endpoints
            if impact.keystore(each) is self.keystore
            and each.tls
            and each.tls.key_alias == self.alias
        )
        return (*named, *by_name)

    def users(self, impact: Impact) -> list[str]:
        """The places of those that show the alias, or check against its store."""
        return [each.where for each in (*self.showers(impact), *impact.trusters(self.keystore))]


@dataclass(frozen=True)
class Preflight:
    """What would follow: why it is `refused`, which findings come, go and stay, and what to know.

    `bundle` is the chain as it should be uploaded, `lacks` the issuer that is missing there;
    `steps` are the commands of the renewal.
    """

    slot: Slot
    upload: Upload
    refused: tuple[str, ...]
    compared: Comparison
    stays: tuple[Finding, ...]
    remarks: tuple[str, ...]
    bundle: tuple[Certificate, ...]
    lacks: str | None
    steps: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether something would."""
        came = self.compared.came
        return bool(self.refused) or any(each.severity is Severity.ERROR for each in came)


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
        remarks=(
            *(each.told for each in objections if not each.is_certain),
            *remarks(slot, upload, evidence.impact),
        ),
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
    known = tuple(_issuers(upload.chain, inventory))
    bundle = mended(upload.chain, best_verdict(upload.chain, trust, now, known), known)
    is_whole = not lacks_issuer(best_verdict(bundle, trust, now))
    return bundle, None if is_whole else bundle[-1].issuer


def _issuers(chain: Sequence[Certificate], inventory: Inventory) -> Iterator[Certificate]:
    """The certificates of the installation that may stand above the chain."""
    by_subject: dict[bytes, dict[Certificate, None]] = {}
    for env in inventory.environments:
        for store in env.keystores:
            for alias in store.aliases:
                for each in alias.certificates:
                    if each.is_ca and each.der is not None:
                        by_subject.setdefault(each.subject_canonical, {})[each] = None
    wanted, seen = [each.issuer_canonical for each in chain], set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            yield from by_subject.get(name, ())
            wanted += [each.issuer_canonical for each in by_subject.get(name, ())]
