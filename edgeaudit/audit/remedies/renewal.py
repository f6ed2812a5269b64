"""A certificate is renewed by a new store: Edge, "Update a TLS certificate".

What names the old store by a reference follows when that is moved, and nothing restarts. What names
it directly must be changed, and something restarts or is deployed again: the remedy then makes a
reference, so that it is for the last time. Where a flow variable names it, its owner must be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.audit.remedies import proofs
from edgeaudit.audit.remedies.endpoints import redeployed, restarts, set_tls
from edgeaudit.audit.remedies.shell import says
from edgeaudit.audit.remedies.site import MOST, told
from edgeaudit.audit.remedies.stores import (
    alias_deleted,
    cert_uploaded,
    certs_copied,
    created,
    key_uploaded,
    new_files,
    reference_made,
    reference_moved,
)
from edgeaudit.inventory import VirtualHost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edgeaudit.audit.remedies.site import Case, Role
    from edgeaudit.audit.remedies.stores import Kind
    from edgeaudit.inventory import Alias, Endpoint, Keystore, Reference

_ROLES: dict[Role, Kind] = {"keyStore": "KeyStore", "trustStore": "TrustStore"}


_NO_RESTART = "No Router and no Message Processor needs a restart, no proxy to be deployed again."


class _Wiring(NamedTuple):
    """How a store is named: by references, and directly by endpoints, in which of two roles."""

    references: list[Reference]
    direct: list[tuple[Endpoint, Role]]
    endpoints: list[Endpoint]


def renewed(
    case: Case, store: Keystore, present: Alias | None, alias: str, *, has_key: bool
) -> Iterator[str]:
    """A chain under an alias of the store: by a new store where that is in use, else there."""
    if present and case.site.evidence.impact.namers(present):
        yield from key_renewed(case, store, present, "the new chain, leaf first", "its private key")
    elif case.site.evidence.impact.trusters(store) and not has_key:
        old = [alias] if present else []
        yield from trust_renewed(case, store, "the new certificates", old, alias)
    else:
        if present:
            yield says(f'Nothing uses the alias "{alias}": it goes, and comes again.')
            yield from alias_deleted(case, store.name, alias)
        if has_key:
            yield says("new-chain.pem: the new chain, leaf first; new-key.pem: its private key.")
            yield from key_uploaded(case, store.name, alias)
        else:
            yield says("new-ca.pem: the new certificates.")
            yield from cert_uploaded(case, store.name, alias)


def key_renewed(case: Case, store: Keystore, alias: Alias, chain: str, key: str) -> Iterator[str]:
    """A new keystore with a new chain under the alias's name, and all that names the old one moved.

    `chain` and `key` say what the user's files must hold. Nothing where nothing uses the store.
    """
    wiring = _wiring(case, store)
    if not wiring.references and not wiring.direct:
        yield from _dynamic(case)
        return
    users = [each for each in wiring.endpoints if case.site.evidence.impact.keystore(each) == store]
    name = _alias_name(alias, users)
    hosts = [each for each in users if isinstance(each, VirtualHost)]
    shown = [each for each in hosts if each.tls and each.tls.key_alias == name]
    yield says(f"new-chain.pem: {chain}; new-key.pem: {key}. Both in PEM, without a password.")
    yield from proofs.new_chain(host for each in shown for host in each.host_aliases)
    new = case.new_store(store.name)
    yield from created(case, new)
    yield from key_uploaded(case, new, name)
    others = _others(store, name, users)
    yield from _others_carried(case, store, new, name, others)
    is_truststore = bool(case.site.evidence.impact.trusters(store))
    left_out = {*case.site.expired(store), name, *others}
    copied = [
        each for each in sorted(store.aliases.items) if is_truststore and each not in left_out
    ]
    yield from _moved(case, store, new, wiring, 1 + len(others[:MOST]) + len(copied))
    backends = [each for each in users if each not in hosts]
    yield from proofs.hosts_handshake(shown)
    client = " -cert new-chain.pem -cert_chain new-chain.pem -key new-key.pem"
    yield from proofs.backends_handshake(backends, client)


def _alias_name(alias: Alias, users: Collection[Endpoint]) -> str:
    """What endpoints call it: without alias resources another name than the certificate's."""
    named = {each.tls.key_alias for each in users if each.tls and each.tls.key_alias}
    known = sorted(each for each in named if not is_dynamic(each))
    return alias.name if alias.name in known or len(known) != 1 else known[0]


def _others(store: Keystore, name: str, users: Collection[Endpoint]) -> list[str]:
    """The other aliases that are shown; one that a flow variable names may be any of them."""
    named = {each.tls.key_alias for each in users if each.tls and each.tls.key_alias} - {name}
    return sorted(
        each
        for each in (sorted(store.aliases.items) if any(map(is_dynamic, named)) else named)
        if each != name and not store.lacks_alias(each)
    )


def _others_carried(
    case: Case, store: Keystore, new: str, name: str, others: list[str]
) -> Iterator[str]:
    """What else is in use of the store must be in the new one as well."""
    if case.site.evidence.impact.trusters(store):
        yield from certs_copied(case, store.name, new, [name, *others, *_refused(case, store)])
    for number, other in enumerate(others[:MOST], 2):
        chain, key = new_files(number)
        yield says(f'The alias "{other}" is in use too: {chain} and {key} are its chain and key.')
        yield from key_uploaded(case, new, other, number)
    if others[MOST:]:
        yield says(f"Likewise, before the next step, for the aliases {told(others[MOST:])}.")


def _refused(case: Case, store: Keystore) -> list[str]:
    """The aliases that Edge does not take again, as they have expired; the first of very many."""
    return case.site.expired(store)[: MOST * MOST]


def trust_renewed(
    case: Case,
    store: Keystore,
    holds: str,
    dropped: Collection[str] = (),
    alias: str | None = None,
) -> Iterator[str]:
    """The truststore with more certificates, and without those of the `dropped` aliases.

    `holds` says what the user's file must hold, `alias` where it is to lie if that is known. By a
    reference that is a new truststore. What names the store directly gets them into the store
    itself, beside what is dropped after that, and must restart.
    """
    wiring = _wiring(case, store)
    trusters = sorted(case.site.evidence.impact.trusters(store), key=lambda each: each.where)
    if not trusters:
        yield from _dynamic(case)
        return
    yield says(f"new-ca.pem: {holds}, in PEM.")
    if any(isinstance(each, VirtualHost) for each in trusters):
        yield from proofs.new_clients_ca()
    fresh = case.site.unused("ca", store.aliases)
    if wiring.references:
        new = case.new_store(store.name)
        yield from created(case, new)
        yield from cert_uploaded(case, new, alias or fresh)
        yield from _others_kept(case, store, new, dropped)
        kept = store.aliases.items.keys() - {*dropped, *case.site.expired(store)}
        for each in wiring.references:
            kind = _type(each, "TrustStore")
            yield from reference_moved(case, each.name, new, kind, 1 + len(kept))
    if not wiring.direct:
        yield says(_NO_RESTART)
    else:
        yield from cert_uploaded(case, store.name, fresh if dropped or not alias else alias)
        for name in dropped:
            yield from alias_deleted(case, store.name, name)
        yield from restarts(case, [endpoint for endpoint, _ in wiring.direct])
    yield from _unread(case)
    backends = [each for each in trusters if not isinstance(each, VirtualHost)]
    options = " -CAfile new-ca.pem -partial_chain -verify_return_error"
    yield from proofs.backends_handshake(backends, options)


def _others_kept(case: Case, store: Keystore, new: str, dropped: Collection[str]) -> Iterator[str]:
    """The other certificates, and the keys where the store is someone's keystore too."""
    impact = case.site.evidence.impact
    some = sorted(store.aliases, key=lambda alias: alias.where)[: MOST * MOST]
    keys = [each.name for each in some if impact.is_key_alias(each) and each.name not in dropped]
    left_out = sorted({*dropped, *keys, *_refused(case, store)})
    if len(left_out) < len(store.aliases.items):
        yield from certs_copied(case, store.name, new, left_out)
    for number, name in enumerate(sorted(keys), 1):
        chain, key = new_files(number)
        yield says(f'"{name}" is also shown with its key: {chain} and {key} are its chain and key.')
        yield from key_uploaded(case, new, name, number)


def _wiring(case: Case, store: Keystore) -> _Wiring:
    names = case.names
    references = [
        each
        for each in names.references[store.name]
        if any(names.endpoints.get((role, f"ref://{each.name}")) for role in _ROLES)
    ]
    direct: list[tuple[Endpoint, Role]] = [
        (endpoint, role) for role in _ROLES for endpoint in names.endpoints[role, store.name][:MOST]
    ]
    return _Wiring(
        references,
        direct,
        sorted(case.site.evidence.impact.namers(store), key=lambda each: each.where)[: MOST * MOST],
    )


def _moved(case: Case, store: Keystore, new: str, wiring: _Wiring, least: int) -> Iterator[str]:
    """References and endpoints go over to the new store."""
    for each in wiring.references:
        yield from reference_moved(case, each.name, new, _type(each, "KeyStore"), least)
    if not wiring.direct:
        yield says(_NO_RESTART)
    made: dict[str, str] = {}
    for endpoint, role in wiring.direct:
        if role not in made:
            made[role] = case.new_reference(store.name if not made else f"{store.name}-trust")
            yield says("With a reference nothing needs to be changed for the next renewal.")
            yield from reference_made(case, made[role], new, _ROLES[role])
        yield from set_tls(case, endpoint, {role: f"ref://{made[role]}"})
        yield from redeployed(case, endpoint)
    yield from _unread(case)
    yield from _dynamic(case)


def _type(reference: Reference, otherwise: Kind) -> str:
    return reference.resource_type or otherwise


def _unread(case: Case) -> Iterator[str]:
    if not case.env.references.is_complete:
        yield says("Not all references could be read: see whether another one is to be moved.")


def _dynamic(case: Case) -> Iterator[str]:
    places = case.names.dynamic
    if places:
        yield says(
            "A flow variable may name the old store too: ask the owners of"
            f" {told(places)} for the names that it takes."
        )
