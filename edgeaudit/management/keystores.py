"""Reading keystores of every generation, and the certificates of each alias's chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.inventory import Alias, Gap, Keystore, Section, StoredCertificate
from edgeaudit.location import numbered, place
from edgeaudit.management import resources
from edgeaudit.management.crawl import At
from edgeaudit.management.source import TEXT
from edgeaudit.management.values import as_names
from edgeaudit.x509.certificate import Unreadable, read_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgeaudit.management.crawl import Crawl, Names
    from edgeaudit.x509.certificate import Certificate


class ListedKeystore(NamedTuple):
    """A keystore whose aliases are still to be read; `body` is what it says of itself."""

    at: At
    environment: str
    body: resources.KeystoreBody


class ListedAliases(NamedTuple):
    """The names in a keystore; those in `certs` are of certificates and not of aliases."""

    store: ListedKeystore
    names: Names | None
    certs: Names = ()
    has_aliases: bool = True


def read_keystore(crawl: Crawl, at: At, environment: str) -> ListedKeystore | None:
    """The keystore there, without its aliases."""
    body = crawl.read(at, resources.keystore)
    return None if body is None else ListedKeystore(at, environment, body)


def read_aliases(crawl: Crawl, keystores: Sequence[ListedKeystore]) -> dict[str, Keystore]:
    """The keystores with all that their aliases hold, by place."""
    listed = crawl.each("lists of aliases", lambda store: _listed(crawl, store), keystores)
    sections = crawl.sections(
        "aliases",
        listed,
        lambda each: each.names,
        lambda each, name: _read_alias(crawl, each, name),
    )
    return {
        each.store.at.where: _keystore(each.store, aliases, has_aliases=each.has_aliases)
        for each, aliases in zip(listed, sections, strict=True)
    }


def without_aliases(keystores: Iterable[ListedKeystore]) -> dict[str, Keystore]:
    """The keystores by place, where nobody asked for their aliases."""
    unread: Section[Alias] = Section(is_listed=False)
    return {store.at.where: _keystore(store, unread, has_aliases=True) for store in keystores}


def _keystore(store: ListedKeystore, aliases: Section[Alias], *, has_aliases: bool) -> Keystore:
    keys = None if has_aliases else frozenset(store.body.keys)
    return Keystore(store.at.where, store.environment, store.at.name, aliases, keys)


def _listed(crawl: Crawl, store: ListedKeystore) -> ListedAliases:
    """What the body lists, else the list of aliases, else, on Edge 4.17.09 and older, of certs."""
    if (aliases := store.body.aliases) is not None:
        loose = tuple(name for name in store.body.loose_certs if name not in aliases)
        return ListedAliases(store, aliases + loose, loose)
    at = store.at.below("aliases")
    answer = crawl.get(at)
    if answer.status != 404:
        return ListedAliases(store, crawl.taken(at, answer, as_names))
    certs = store.body.certs
    if certs is None:
        certs = crawl.read(store.at.below("certs"), as_names)
    return ListedAliases(store, certs, certs or (), has_aliases=False)


def _read_alias(crawl: Crawl, listed: ListedAliases, name: str) -> Alias | None:
    keystore, is_alias = listed.store.at, name not in listed.certs
    kind, file = ("aliases", "certificate") if is_alias else ("certs", "export")
    where = f"{keystore.where}/{place(name)}"
    at = At((*keystore.path, kind, name), where)
    body = crawl.read(at, resources.alias if is_alias else resources.certificate_entry)
    described = () if body is None else body.described
    chain, is_complete = _chain(crawl, At((*at.path, file), where), described)
    if body is None and not chain:
        return None
    return Alias(
        where=where,
        keystore=keystore.where,
        name=name,
        has_key=None if body is None else body.has_key,
        chain=chain,
        is_complete=is_complete,
    )


def _chain(
    crawl: Crawl, at: At, described: Sequence[Certificate]
) -> tuple[tuple[StoredCertificate, ...], bool]:
    """The certificates of an alias, and whether they are all; by description if need be."""
    answer = crawl.get(at, TEXT)
    bundle = read_bundle(answer.body) if answer.is_good else ()
    if not bundle:
        why = answer.detail or "the answer holds no certificate"
        known = "; judged by its description" if described else ""
        told = f"its certificate could not be read{known}: {why}"
        crawl.miss(Gap(at.where, answer.reason or "unparsable", told, answer.hint))
        return _stored(at.where, enumerate(described)), False
    for block in bundle:
        if isinstance(block, Unreadable):
            crawl.miss(Gap(numbered(at.where, block.position), "unparsable", block.reason))
    good = [(i, block) for i, block in enumerate(bundle) if not isinstance(block, Unreadable)]
    return _stored(at.where, good), len(good) == len(bundle)


def _stored(
    alias: str, certificates: Iterable[tuple[int, Certificate]]
) -> tuple[StoredCertificate, ...]:
    return tuple(
        StoredCertificate(numbered(alias, index), alias, index, certificate)
        for index, certificate in certificates
    )
