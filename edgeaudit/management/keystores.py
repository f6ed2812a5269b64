"""Reading the aliases of keystores, and the certificates of each alias's chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.inventory import Alias, Gap, Keystore, Section, StoredCertificate
from edgeaudit.location import numbered, place
from edgeaudit.management import resources
from edgeaudit.management.source import TEXT
from edgeaudit.management.values import as_names
from edgeaudit.x509.certificate import Unreadable, read_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgeaudit.management.crawl import At, Crawl, Names
    from edgeaudit.x509.certificate import Certificate


class ListedKeystore(NamedTuple):
    """A keystore whose aliases are still to be read; `alias_names` is None where none are named."""

    at: At
    environment: str
    alias_names: Names | None


def read_keystore(crawl: Crawl, at: At, environment: str) -> ListedKeystore | None:
    """The keystore there, without its aliases."""
    body = crawl.read(at, resources.keystore)
    return None if body is None else ListedKeystore(at, environment, body.aliases)


def read_aliases(crawl: Crawl, keystores: Sequence[ListedKeystore]) -> dict[str, Keystore]:
    """The keystores with all that their aliases hold, by place."""

    def names_in(store: ListedKeystore) -> Names | None:
        if store.alias_names is not None:
            return store.alias_names
        return crawl.read(store.at.below("aliases"), as_names)

    def read(store: ListedKeystore, name: str) -> Alias | None:
        return _read_alias(crawl, store.at, name)

    sections = crawl.sections("aliases", keystores, names_in, read)
    return {
        store.at.where: _keystore(store, aliases)
        for store, aliases in zip(keystores, sections, strict=True)
    }


def without_aliases(keystores: Iterable[ListedKeystore]) -> dict[str, Keystore]:
    """The keystores by place, where nobody asked for their aliases."""
    return {store.at.where: _keystore(store, Section(is_listed=False)) for store in keystores}


def _keystore(store: ListedKeystore, aliases: Section[Alias]) -> Keystore:
    return Keystore(store.at.where, store.environment, store.at.name, aliases)


def _read_alias(crawl: Crawl, keystore: At, name: str) -> Alias | None:
    at = keystore.below("aliases", name)._replace(where=f"{keystore.where}/{place(name)}")
    body = crawl.read(at, resources.alias)
    chain, is_complete = _chain(crawl, at)
    if body is None and not chain:
        return None
    described = () if body is None else body.described
    return Alias(
        where=at.where,
        keystore=keystore.where,
        name=name,
        has_key=None if body is None else body.has_key,
        chain=chain or _stored(at.where, enumerate(described)),
        is_complete=is_complete,
    )


def _chain(crawl: Crawl, alias: At) -> tuple[tuple[StoredCertificate, ...], bool]:
    at = alias.below("certificate")._replace(where=alias.where)
    answer = crawl.ask(at, TEXT)
    if answer is None:
        return (), False
    bundle = read_bundle(answer.body)
    if not bundle:
        crawl.miss(Gap(at.where, "unparsable", "the answer holds no certificate"))
    for block in bundle:
        if isinstance(block, Unreadable):
            crawl.miss(Gap(numbered(at.where, block.position), "unparsable", block.reason))
    good = [(i, block) for i, block in enumerate(bundle) if not isinstance(block, Unreadable)]
    return _stored(at.where, good), bool(bundle) and len(good) == len(bundle)


def _stored(
    alias: str, certificates: Iterable[tuple[int, Certificate]]
) -> tuple[StoredCertificate, ...]:
    return tuple(
        StoredCertificate(numbered(alias, index), alias, index, certificate)
        for index, certificate in certificates
    )
