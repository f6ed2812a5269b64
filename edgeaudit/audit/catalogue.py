"""Finding the thing that somebody means, among all that was read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.finding import without_revision
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.tree import kind_of
from edgeaudit.errors import InputError
from edgeaudit.inventory import Alias, Revision, StoredCertificate
from edgeaudit.location import place, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.audit.tree import Kind, Thing
    from edgeaudit.inventory import Inventory
    from edgeaudit.x509.certificate import Certificate

MOST_CANDIDATES = 10
_HEXADECIMAL = re.compile(r"[0-9a-f]+(:[0-9a-f]+)*")


class Installed(NamedTuple):
    """A thing, and where it is: its place, and the installation.

    A certificate has no place here where all of its places are meant, and a deployed revision may
    have that of its proxy.
    """

    where: str
    thing: Thing
    inventory: Inventory
    impact: Impact

    @property
    def full_place(self) -> str:
        """The place with its installation, as reports on several write it."""
        return f"{self.inventory.installation}:{self.where}"


@dataclass(frozen=True)
class Found:
    """What somebody means: one thing, a certificate wherever it lies (perhaps nowhere), or a proxy
    in all its deployed revisions."""

    kind: Kind
    things: tuple[Installed, ...]
    certificate: Certificate | None = None

    @property
    def name(self) -> str:
        """Its place; of a certificate that is not meant in one place only, its subject."""
        if self.certificate:
            return self.certificate.subject or f"serial {self.certificate.serial}"
        return self.things[0].where


class _Wanted(NamedTuple):
    """A text, the place that it is if it holds bare names, and its hexadecimal digits."""

    text: str
    place: str
    digits: str | None


class Catalogue:
    """All that was read, to be found by its place, a part of that, or what a certificate says."""

    def __init__(self, inventories: Sequence[Inventory]) -> None:
        self.inventories = inventories
        self._all = [each for one in inventories for each in _everything(one)]

    def find(self, text: str) -> Found:
        """The one thing that `text` means.

        In this order: a place as reports write it, whole (ORG/ENV/KEYSTORE/ALIAS is one, too); the
        SHA-256 of a certificate; the end of a place (`web`, `keystores/web`), a serial number or a
        whole subject; a part of a subject. Raises InputError where several are meant, which it
        names, or none.
        """
        wanted = _Wanted(text, place(*text.split("/")), _digits(text))
        for is_meant in (_is_place, _is_fingerprint, _is_name, _is_part_of_subject):
            if found := self._meant(is_meant, wanted):
                return self._only(found, text)
        raise InputError(f'nothing that was read is called "{text}"', self._suggestion(text))

    def holding(self, certificate: Certificate) -> Found:
        """All the places where a certificate lies, perhaps none."""
        things = tuple(each for each in self._all if _is_certificate(each, certificate))
        return Found("certificate", things, certificate)

    def _meant(
        self, is_meant: Callable[[Installed, _Wanted], bool], wanted: _Wanted
    ) -> list[Found]:
        groups: dict[object, list[Installed]] = {}
        for each in self._all:
            if is_meant(each, wanted):
                groups.setdefault(_anywhere(each) or each.full_place, []).append(each)
        return [
            Found(kind_of(group[0].thing), tuple(group), _anywhere(group[0]))
            for group in groups.values()
        ]

    def _only(self, found: list[Found], text: str) -> Found:
        if len(found) == 1:
            return found[0]
        told = sorted(f"  {each.kind} {self._told(each)}" for each in found)
        more = len(told) - MOST_CANDIDATES
        rest = [f"  and {more} more"] if more > 0 else []
        lines = [f'"{printable(text)}" may be any of these {len(told)}:', *told[:MOST_CANDIDATES]]
        hint = "give the whole place, or more of it; of a certificate the sha256"
        raise InputError("\n".join([*lines, *rest]), hint)

    def _told(self, found: Found) -> str:
        if certificate := found.certificate:
            return f"{found.name}, sha256 {certificate.sha256 or 'not known'}"
        has_several = len(self.inventories) > 1
        return found.things[0].full_place if has_several else found.name

    def places(self, inventory: Inventory) -> set[str]:
        """Where the things of one installation are, less the number of a revision."""
        own = (each for each in self._all if each.inventory is inventory)
        return {without_revision(each.where) for each in own if each.where}

    def _suggestion(self, text: str) -> str:
        """Places that look like it: their last names do, and of those whichever is most alike."""
        named: dict[str, list[str]] = {}
        for where in dict.fromkeys(each.where for each in self._all if each.where):
            named.setdefault(where.rpartition("/")[2], []).append(where)
        names = get_close_matches(text.rpartition("/")[2], named, 3)
        alike = [where for name in names for where in named[name][:MOST_CANDIDATES]]
        close = get_close_matches(text, alike, 3, cutoff=0)
        return f"did you mean {' or '.join(close)}?" if close else "`edgeaudit list` tells what is"


def _everything(inventory: Inventory) -> Iterator[Installed]:
    impact = Impact(inventory)
    for thing in _things(impact):
        yield Installed(thing.where, thing, inventory, impact)
        if isinstance(thing, StoredCertificate):
            yield Installed("", thing, inventory, impact)
        elif isinstance(thing, Revision):
            proxy = f"{thing.environment}/{place(thing.kind, thing.name)}"
            yield Installed(proxy, thing, inventory, impact)


def _things(impact: Impact) -> Iterator[Thing]:
    yield from impact.keystores.values()
    for alias in impact.aliases.values():
        yield alias
        yield from alias.chain
    for env in impact.environments.values():
        yield from (*env.references, *env.endpoints, *env.revisions)


def _anywhere(one: Installed) -> Certificate | None:
    """The certificate, where all of its places are meant."""
    is_anywhere = not one.where and isinstance(one.thing, StoredCertificate)
    return one.thing.certificate if is_anywhere else None  # type: ignore[union-attr]


def _is_place(one: Installed, wanted: _Wanted) -> bool:
    if not one.where:
        return False
    places = {one.where, one.full_place, _short(one)}
    return wanted.text in places or wanted.place in places


def _short(one: Installed) -> str:
    """The place without `keystores`, as ORG/ENV/KEYSTORE/ALIAS."""
    if isinstance(one.thing, Alias):
        organization, env, _, store, alias = one.where.split("/")
        return f"{organization}/{env}/{store}/{alias}"
    return one.where


def _is_fingerprint(one: Installed, wanted: _Wanted) -> bool:
    certificate = _anywhere(one)
    return certificate is not None and certificate.sha256 == (wanted.digits or "")


def _is_name(one: Installed, wanted: _Wanted) -> bool:
    if certificate := _anywhere(one):
        serial = wanted.digits and (wanted.digits.lstrip("0") or "0")
        return certificate.subject == wanted.text or certificate.serial == serial
    return one.where.endswith((f"/{wanted.text}", f"/{wanted.place}"))


def _is_part_of_subject(one: Installed, wanted: _Wanted) -> bool:
    part, certificate = wanted.text.strip().casefold(), _anywhere(one)
    return bool(part) and certificate is not None and part in certificate.subject.casefold()


def _digits(text: str) -> str | None:
    """Hexadecimal digits in lower case, without the colons that may stand between them."""
    found = _HEXADECIMAL.fullmatch(text.strip().lower())
    return found[0].replace(":", "") if found else None


def _is_certificate(one: Installed, wanted: Certificate) -> bool:
    """Whether it is that certificate; of one that is known by description only, the name and
    number that its issuer gave it are compared (RFC 5280, 4.1.2.2)."""
    if (known := _anywhere(one)) is None:
        return False
    if known.sha256 and wanted.sha256:
        return known.sha256 == wanted.sha256
    numbered = (known.issuer_canonical, known.serial)
    return numbered == (wanted.issuer_canonical, wanted.serial)
