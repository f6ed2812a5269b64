"""Which certificate lies where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.report import CertificateFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.shown import Shown
    from edgeaudit.inventory import Inventory, StoredCertificate
    from edgeaudit.x509.certificate import Certificate


class Places:
    """Every distinct certificate of the inventories, and all the places where it lies; what is
    `shown` is at the endpoints that show it or call what does.
    """

    def __init__(self, inventories: Sequence[Inventory], shown: Sequence[Shown] = ()) -> None:
        self._has_several = len(inventories) > 1
        self._found: dict[str | Certificate, list[str]] = defaultdict(list)
        self._shown: dict[str | Certificate, set[str]] = defaultdict(set)
        self._certificates: dict[str | Certificate, Certificate] = {}
        for inventory in inventories:
            for stored in _all_stored(inventory):
                where = self._told(inventory.installation, stored.where)
                self._found[self._key(stored.certificate)].append(where)
        for each in shown:
            for certificate in each.unstored:
                where = self._told(each.installation, each.where)
                self._shown[self._key(certificate)].add(where)

    def also_told(self, finding: Finding) -> Finding:
        """The finding with the other places where its certificate lies."""
        if finding.certificate is None:
            return finding
        own = self._told(finding.installation, finding.where)
        found = self._found.get(_key(finding.certificate), [])
        others = [where for where in found if where != own]
        return replace(finding, also_at=tuple(sorted(others)))

    def certificates(self) -> tuple[CertificateFound, ...]:
        """What was found, in order of expiry."""
        found = [
            CertificateFound(certificate, tuple(sorted({*self._found[key], *self._shown[key]})))
            for key, certificate in self._certificates.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.certificate.not_after, one.found_at)))

    def _key(self, certificate: Certificate) -> str | Certificate:
        key = _key(certificate)
        self._certificates[key] = certificate
        return key

    def _told(self, installation: str, where: str) -> str:
        return f"{installation}:{where}" if self._has_several else where


def _key(certificate: Certificate) -> str | Certificate:
    return certificate.sha256 or certificate


def _all_stored(inventory: Inventory) -> Iterator[StoredCertificate]:
    for env in inventory.environments:
        for store in env.keystores:
            for alias in store.aliases:
                yield from alias.chain
