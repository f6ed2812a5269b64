"""Keystores and truststores, what lies in them, and how they are named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.inventory.section import Section

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class StoreName:
    """How a configuration names a keystore or truststore.

    A literal name, `ref://REFERENCE`, or a flow variable in braces, which only the running
    proxy can resolve (Edge: "Update a TLS certificate for the Cloud").
    """

    text: str

    @cached_property
    def reference(self) -> str | None:
        """The reference's name, if it is one, and not left to a flow variable."""
        is_one = self.text.startswith("ref://") and not self.is_dynamic
        return self.text[len("ref://") :] if is_one else None

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether a flow variable decides."""
        return "{" in self.text

    @cached_property
    def literal(self) -> str | None:
        """The store's own name, if that is what stands there."""
        return None if self.is_dynamic or self.reference is not None else self.text


@dataclass(frozen=True)
class StoredCertificate:
    """The certificate at `index` (from 0) in the chain of the alias at `alias`."""

    where: str
    alias: str
    index: int
    certificate: Certificate


@dataclass(frozen=True)
class Alias:
    """An entry of a keystore: a chain of certificates, leaf first as a rule, perhaps with a key.

    `has_key` is None where Edge does not tell. `is_complete` is false where a certificate of
    the chain could not be read.
    """

    where: str
    keystore: str
    name: str
    has_key: bool | None
    chain: tuple[StoredCertificate, ...] = ()
    is_complete: bool = True

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that could be read, in their order."""
        return tuple(stored.certificate for stored in self.chain)

    @property
    def can_be_verified(self) -> bool:
        """Whether its whole chain could be read, from the certificates themselves."""
        return self.is_complete and all(each.der is not None for each in self.certificates)


@dataclass(frozen=True)
class Keystore:
    """A keystore or truststore: to Edge one and the same resource.

    Edge 4.17.09 and older has no alias resources: `keys` then holds the names of the private
    keys, which are the aliases, and `aliases` one entry for each certificate, under its own name.
    Elsewhere `keys` is None.
    """

    where: str
    environment: str
    name: str
    aliases: Section[Alias] = Section()
    keys: frozenset[str] | None = None

    def lacks_alias(self, name: str) -> bool:
        """Whether there is no alias of that name, for certain."""
        return self.aliases.lacks(name) if self.keys is None else name not in self.keys

    def alias(self, name: str | None) -> Alias | None:
        """The alias of that name, where it is known.

        Which certificate belongs to a key is known without alias resources only where the store
        holds a single one.
        """
        if self.keys is None or name is None:
            return self.aliases.get(name)
        alone = list(self.aliases)
        is_proved = name in self.keys and self.aliases.is_complete and len(alone) == 1
        return alone[0] if is_proved else None


@dataclass(frozen=True)
class Reference:
    """A name that stands for a store, so that a renewal needs no restart.

    `resource_type` is `KeyStore` or `TrustStore`, empty where Edge does not say.
    """

    where: str
    environment: str
    name: str
    refers: str
    resource_type: str = ""
