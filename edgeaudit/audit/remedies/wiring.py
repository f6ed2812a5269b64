"""Names that lead nowhere, and names that are wanting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.audit.remedies import proofs
from edgeaudit.audit.remedies.endpoints import processors_restart, redeployed, set_tls
from edgeaudit.audit.remedies.shell import says
from edgeaudit.audit.remedies.site import can_be_made, told
from edgeaudit.audit.remedies.stores import (
    cert_uploaded,
    created,
    key_uploaded,
    new_files,
    reference_made,
    reference_moved,
)
from edgeaudit.inventory import VirtualHost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from edgeaudit.audit.remedies.site import Case
    from edgeaudit.inventory import Endpoint, Keystore

_CHAIN = "the certificate, then its issuers in order, up to the root, which is left out"
_CA = "the CA certificates of the other side, up to and with their roots"
_BACKEND = " -CAfile new-ca.pem -partial_chain -verify_return_error"
_CLIENT = " -cert new-chain.pem -cert_chain new-chain.pem -key new-key.pem"


def without_keystore(case: Case, besides: Mapping[str, object] | None = None) -> Iterator[str]:
    """A virtual host or target that names no keystore gets one, by a reference.

    `besides` are other settings that it needs for that.
    """
    endpoint: Endpoint = case.subject
    alias = endpoint.tls.key_alias if endpoint.tls else None
    alias = alias if alias and not is_dynamic(alias) else _default_alias(endpoint)
    store = case.new_store(endpoint.name)
    yield from _key_files(case, [endpoint])
    yield from created(case, store)
    yield from key_uploaded(case, store, alias)
    reference = case.new_reference(endpoint.name)
    yield from reference_made(case, reference, store, "KeyStore")
    settings = {"keyStore": f"ref://{reference}", "keyAlias": alias}
    yield from set_tls(case, endpoint, {**settings, **(besides or {})})
    yield from redeployed(case, endpoint)
    yield from proofs.handshakes([endpoint], _CLIENT)


def without_key(case: Case) -> Iterator[str]:
    """A target that is to show a certificate and names no keystore, or no alias of it."""
    store = case.site.evidence.impact.keystore(case.subject)
    if case.subject.tls.keystore is None:
        yield from without_keystore(case)
    elif store:
        yield from _alias_named(case, store)


def without_truststore(case: Case) -> Iterator[str]:
    """A virtual host or target that checks the other side, and names nothing to check against."""
    endpoint: Endpoint = case.subject
    name = f"{endpoint.name}-trust"
    store = case.new_store(name)
    yield from _ca_file([endpoint])
    yield from created(case, store)
    yield from cert_uploaded(case, store, "ca")
    reference = case.new_reference(name)
    yield from reference_made(case, reference, store, "TrustStore")
    yield from set_tls(case, endpoint, {"trustStore": f"ref://{reference}"})
    yield from redeployed(case, endpoint)
    yield from proofs.backends_handshake(_backends([endpoint]), _BACKEND)


def missing_keystore(case: Case) -> Iterator[str]:
    """The keystore is made under the name that is asked for."""
    name = case.subject.tls.keystore.text
    if not can_be_made(name) or (isinstance(case.subject, VirtualHost) and "{" in name):
        yield from without_keystore(case)  # under no such name can there be a keystore
        return
    users = case.naming("keyStore", name)
    yield from _key_files(case, users)
    yield from created(case, name)
    yield from _keys_uploaded(case, name, users)
    yield from _alias_said(case)
    yield from _processors_where(case, users)
    yield from proofs.handshakes(users, _CLIENT)


def missing_truststore(case: Case) -> Iterator[str]:
    """The truststore is made under the name that is asked for."""
    name = case.subject.tls.truststore.text
    if not can_be_made(name) or (isinstance(case.subject, VirtualHost) and "{" in name):
        yield from without_truststore(case)
        return
    users = case.naming("trustStore", name)
    yield from _ca_file(users)
    yield from created(case, name)
    yield from cert_uploaded(case, name, "ca")
    yield from _processors_where(case, users)
    yield from proofs.backends_handshake(_backends(users), _BACKEND)


def missing_reference(case: Case) -> Iterator[str]:
    """Each reference is made, to the store of its name if there is one, else to a new one."""
    tls = case.subject.tls
    for name in case.hit.facts["references"]:
        text = f"ref://{name}"
        if tls.keystore and tls.keystore.text == text:
            users = case.naming("keyStore", text)
            store, steps = _keystore_for(case, name, users)
            yield from steps
            yield from reference_made(case, name, store, "KeyStore")
            yield from proofs.handshakes(users, _CLIENT)
        else:
            users = case.naming("trustStore", text)
            store, steps = _truststore_for(case, name, users)
            yield from steps
            yield from reference_made(case, name, store, "TrustStore")
            yield from proofs.backends_handshake(_backends(users), _BACKEND)


def dangling_reference(case: Case) -> Iterator[str]:
    """The reference is pointed at a new store, which holds what those who name it want of it."""
    text = f"ref://{case.subject.name}"
    showing, trusting = case.naming("keyStore", text), case.naming("trustStore", text)
    if not showing and not trusting:
        return
    store = case.new_store(case.subject.refers or case.subject.name)
    if showing:
        yield from _key_files(case, showing)
    if trusting:
        yield from _ca_file(trusting)
    yield from created(case, store)
    yield from _keys_uploaded(case, store, showing)
    if trusting:
        yield from cert_uploaded(case, store, "ca")
    kind = case.subject.resource_type or ("KeyStore" if showing else "TrustStore")
    uploads = len(_aliases(showing)) + bool(trusting)
    yield from reference_moved(case, case.subject.name, store, kind, uploads)
    yield from proofs.handshakes(showing, _CLIENT)
    yield from proofs.backends_handshake(_backends(trusting), _BACKEND)


def missing_alias(case: Case) -> Iterator[str]:
    """The alias is uploaded under the name that is asked for, or one that is there is named."""
    endpoint: Endpoint = case.subject
    store = case.site.evidence.impact.keystore(endpoint)
    if store is None or endpoint.tls is None:
        return
    if endpoint.tls.key_alias is None:
        yield from _alias_named(case, store)
        return
    yield from _key_files(case, [endpoint])
    yield from key_uploaded(case, store.name, endpoint.tls.key_alias)
    yield from redeployed(case, endpoint, "If the handshake still fails after some minutes")
    yield from proofs.handshakes([endpoint], _CLIENT)


def _alias_named(case: Case, store: Keystore) -> Iterator[str]:
    """The only alias with a key is named, or a new one where there is none or a choice."""
    endpoint: Endpoint = case.subject
    usable = sorted(each.name for each in store.aliases if each.has_key)
    if store.keys is not None:
        usable = sorted(store.keys)
    alias = (
        usable[0] if len(usable) == 1 else case.site.unused(_default_alias(endpoint), store.aliases)
    )
    if len(usable) != 1:
        others = f"; or name one that is there: {told(usable)}" if usable else ""
        yield says(f"The alias {alias} is new{others}.")
        yield from _key_files(case, [endpoint])
        yield from key_uploaded(case, store.name, alias)
    yield from set_tls(case, endpoint, {"keyAlias": alias})
    yield from redeployed(case, endpoint)
    yield from proofs.hosts_handshake([endpoint] if isinstance(endpoint, VirtualHost) else [])


def _alias_said(case: Case) -> Iterator[str]:
    """Who names a keystore and none of its aliases is told of the one that was uploaded."""
    endpoint: Endpoint = case.subject
    tls = endpoint.tls
    is_missed = tls and (tls.client_auth or isinstance(endpoint, VirtualHost))
    if tls and tls.key_alias is None and is_missed:
        yield from set_tls(case, endpoint, {"keyAlias": _default_alias(endpoint)})


def _keystore_for(case: Case, name: str, users: Collection[Endpoint]) -> tuple[str, list[str]]:
    """A store for a reference, and the steps that make it; none if it is there."""
    present = case.env.keystores.get(name)
    if present and not any(present.lacks_alias(alias) for alias in _aliases(users)):
        return name, []
    is_free = can_be_made(name) and case.env.keystores.lacks(name)
    store = name if is_free else case.new_store(name)
    uploaded = [*created(case, store), *_keys_uploaded(case, store, users)]
    return store, [*_key_files(case, users), *uploaded]


def _truststore_for(case: Case, name: str, users: Collection[Endpoint]) -> tuple[str, list[str]]:
    present = case.env.keystores.get(name)
    if present and any(alias.chain for alias in present.aliases):
        return name, []
    is_free = can_be_made(name) and case.env.keystores.lacks(name)
    store = name if is_free else case.new_store(name)
    return store, [*_ca_file(users), *created(case, store), *cert_uploaded(case, store, "ca")]


def _key_files(case: Case, users: Collection[Endpoint]) -> Iterator[str]:
    yield says(f"new-chain.pem: {_CHAIN}; new-key.pem: its private key, both in PEM.")
    for number, alias in enumerate(_aliases(users)[1:], 2):
        chain, key = new_files(number)
        yield says(f'{chain} and {key}: the same for the alias "{alias}".')
    hosts = [each for each in users if isinstance(each, VirtualHost)]
    first = [
        each for each in hosts if each.tls and each.tls.key_alias in {None, *_aliases(users)[:1]}
    ]
    yield from proofs.new_chain(name for each in first for name in each.host_aliases)


def _ca_file(users: Collection[Endpoint]) -> Iterator[str]:
    yield says(f"new-ca.pem: {_CA}, in PEM.")
    if any(isinstance(each, VirtualHost) for each in users):
        yield from proofs.new_clients_ca()


def _keys_uploaded(case: Case, store: str, users: Collection[Endpoint]) -> Iterator[str]:
    for number, alias in enumerate(_aliases(users), 1):
        yield from key_uploaded(case, store, alias, number)
    if any(each.tls and is_dynamic(each.tls.key_alias) for each in users):
        yield says("A flow variable names the alias: upload one of each name that it may take.")


def _aliases(users: Collection[Endpoint]) -> list[str]:
    """The key aliases that they want, or one for those who say nothing."""
    named = {each.tls.key_alias or _default_alias(each) for each in users if each.tls}
    return sorted(each for each in named if not is_dynamic(each))


def _default_alias(endpoint: Endpoint) -> str:
    return "server" if isinstance(endpoint, VirtualHost) else "client"


def _processors_where(case: Case, users: Collection[Endpoint]) -> Iterator[str]:
    """A store that is made again under its name is seen by the Routers, not by the others."""
    if any(not isinstance(each, VirtualHost) for each in users):
        yield from processors_restart(case)


def _backends(endpoints: Collection[Endpoint]) -> list[Endpoint]:
    return [each for each in endpoints if not isinstance(each, VirtualHost)]
