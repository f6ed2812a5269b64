"""What lies beside a certificate: in its truststore, on its port, in other environments."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeaudit.audit.subjects import Subjects
    from edgeaudit.inventory import StoredCertificate, VirtualHost
    from edgeaudit.x509.certificate import Certificate


class Neighbours:
    """The certificates of `subjects`, by what they have in common; each index is made once."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def namesakes(self, stored: StoredCertificate) -> tuple[StoredCertificate, ...]:
        """The other trust anchors in its truststore that have its subject; none if it is none."""
        found = self._by_subject.get(self._store_and_subject(stored), {})
        others = (each for where, each in found.items() if where != stored.where)
        return tuple(others) if stored.where in found else ()

    def on_port(self, host: VirtualHost) -> tuple[Certificate, ...]:
        """The distinct certificates that are shown on the host's port in its environment."""
        return tuple(self._by_port.get((host.environment, host.port), ()))

    def environments(self, leaf: Certificate) -> tuple[str, ...]:
        """The environments in which the certificate lies with a private key."""
        return self._by_leaf.get(leaf.sha256 or leaf, ())

    def _store_and_subject(self, stored: StoredCertificate) -> tuple[str, bytes]:
        store = self._subjects.impact.aliases[stored.alias].keystore
        return store, stored.certificate.subject_canonical

    @cached_property
    def _by_subject(self) -> dict[tuple[str, bytes], dict[str, StoredCertificate]]:
        found: dict[tuple[str, bytes], dict[str, StoredCertificate]] = defaultdict(dict)
        for stored in self._subjects.trust_anchors():
            found[self._store_and_subject(stored)][stored.where] = stored
        return found

    @cached_property
    def _by_port(self) -> dict[tuple[str, int | None], dict[Certificate, None]]:
        found: dict[tuple[str, int | None], dict[Certificate, None]] = defaultdict(dict)
        for host in self._subjects.tls_hosts():
            alias = self._subjects.impact.key_alias(host)
            if leaf := alias and self._subjects.leaf(alias):
                found[host.environment, host.port][leaf.certificate] = None
        return found

    @cached_property
    def _by_leaf(self) -> dict[str | Certificate, tuple[str, ...]]:
        found: dict[str | Certificate, tuple[str, ...]] = {}
        keystores = self._subjects.impact.keystores
        for alias in self._subjects.private_aliases():
            if leaf := self._subjects.leaf(alias):
                key = leaf.certificate.sha256 or leaf.certificate
                where = keystores[alias.keystore].environment
                others = found.get(key, ())
                found[key] = others if where in others else (*others, where)
        return found
