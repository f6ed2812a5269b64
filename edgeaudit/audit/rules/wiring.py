"""Names that lead nowhere: between virtual hosts, target servers, references and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.inventory import VirtualHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Endpoint, Keystore, Reference, StoreName


@rule(over=Evidence.tls_hosts, cause=Cause.WIRING, severity=Severity.ERROR)
def tls_without_keystore(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host has TLS on and names no keystore.

    The Router has no certificate to show, so no handshake with it can succeed. Only hosts on the
    vendor's free-trial certificate need none.

    Remedy: name a keystore (best by a reference, ref://NAME) and a key alias in the virtual host.

    Source: Apigee Edge, "Virtual host property reference", "About virtual hosts".
    """
    if host.tls and host.tls.keystore is None:
        yield Hit("TLS is on, and no keystore is named")


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.ERROR)
def missing_keystore(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host, target server or deployed proxy names a keystore that does not exist.

    Without it there is no certificate to show: a client of the virtual host, or a backend that
    demands a client certificate, ends the handshake.

    Remedy: create the keystore under that name in the same environment and upload the alias, or
    name the one that was meant; better, name a reference, so that a renewal needs no restart.

    Source: Apigee Edge, "Keystores and truststores"; a store serves its own environment only.
    """
    if endpoint.tls:
        yield from _missing_store(endpoint, endpoint.tls.keystore, "keystore", evidence)


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.ERROR)
def missing_truststore(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host, target server or deployed proxy names a truststore that does not exist.

    Without it no certificate of the other side can be judged: client certificates are refused by
    the Router, and backends are refused, or not validated at all, by the Message Processor.

    Remedy: create the truststore under that name in the same environment and upload the CA
    certificates, or name the one that was meant.

    Source: Apigee Edge, "Keystores and truststores"; a store serves its own environment only.
    """
    if endpoint.tls:
        yield from _missing_store(endpoint, endpoint.tls.truststore, "truststore", evidence)


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.ERROR)
def missing_reference(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host, target server or deployed proxy names a reference that does not exist.

    The name cannot be resolved to a store, so there is no certificate to show or to trust, and
    the handshake fails.

    Remedy: create the reference in the same environment, referring to the keystore or truststore
    that was meant, or correct its name.

    Source: Apigee Edge, "Working with references".
    """
    names = (endpoint.tls.keystore, endpoint.tls.truststore) if endpoint.tls else ()
    references = evidence.impact.environment(endpoint).references
    wanted = dict.fromkeys(name.reference for name in names if name)
    missing = [name for name in wanted if name is not None and references.lacks(name)]
    if missing:
        told = ", ".join(f'"ref://{name}"' for name in missing)
        yield Hit(f"{told} does not exist", facts={"references": missing})


@rule(over=Evidence.references, cause=Cause.WIRING, severity=Severity.ERROR)
def dangling_reference(reference: Reference, evidence: Evidence) -> Iterator[Hit]:
    """A reference refers to a store that does not exist.

    Whoever names the reference ends up without a store: there is no certificate to show or to
    trust, and the handshake fails. Edge checks a reference when it is written, not when the store
    behind it is deleted.

    Remedy: point the reference at an existing store in the same environment, or create the store
    it refers to and upload its alias.

    Source: Apigee Edge, "Working with references".
    """
    if not reference.refers:
        yield Hit("it refers to nothing")
    elif evidence.impact.environment(reference).keystores.lacks(reference.refers):
        told = f'it refers to "{reference.refers}", which does not exist'
        yield Hit(told, facts={"refers": reference.refers})


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.WARNING)
def wrong_reference_type(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A reference to a keystore stands where a truststore belongs, or the reverse.

    As a rule the wrong name was written into the wrong line: the other side is then checked against
    Edge's own certificate, or Edge is to show one from a store of other people's CAs.

    Remedy: name the reference that was meant; if it is the right one, create it again with the
    right `resourceType` (KeyStore or TrustStore).

    Source: Apigee Edge, "Working with references" (`resourceType`).
    """
    tls, references = endpoint.tls, evidence.impact.environment(endpoint).references
    asked = {"KeyStore": tls.keystore, "TrustStore": tls.truststore} if tls else {}
    named = {kind: references.get(name.reference) for kind, name in asked.items() if name}
    wrong = {
        reference.name: f'"ref://{reference.name}" is no {kind} but a {reference.resource_type}'
        for kind, reference in named.items()
        if reference and reference.resource_type.lower() not in {"", kind.lower()}
    }
    if wrong:
        yield Hit("; ".join(wrong.values()), facts={"references": list(wrong)})


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.ERROR)
def missing_alias(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """The key alias that is named is not in the keystore, or a virtual host names none.

    A reference leads to a keystore, never to an alias: when it is moved, the alias must exist
    under the same name in the new keystore, or there is no certificate to show.

    Remedy: upload the certificate to the keystore under the alias that is named, or name an alias
    that is there.

    Source: Apigee Edge, "Working with references", "Virtual host property reference".
    """
    store = evidence.impact.keystore(endpoint)
    if store is None or endpoint.tls is None:
        return  # missing-keystore, dangling-reference or a gap says so
    alias = endpoint.tls.key_alias
    if is_dynamic(alias):
        return
    facts = {
        "keystore": store.where,
        "aliases": sorted(store.aliases.items if store.keys is None else store.keys),
    }
    if alias is None and endpoint.direction == "northbound":
        yield Hit("no key alias is named", facts)
    elif alias is not None and store.lacks_alias(alias):
        yield Hit(f'{store.where} has no alias "{alias}"', {"alias": alias, **facts})


@rule(over=Evidence.tls_endpoints, cause=Cause.WIRING, severity=Severity.ERROR)
def alias_without_key(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """The key alias that is named has a certificate and no private key.

    To show a certificate one must prove to hold its key; without the key the Router or Message
    Processor has nothing to show, and the handshake fails.

    Remedy: upload the certificate together with its private key to a new keystore, under the same
    alias name, and point the reference at that keystore; or name an alias that has a key.

    Source: Edge API specification, keystores (`keyName`); RFC 8446, 4.4.3.
    """
    alias = evidence.impact.key_alias(endpoint)
    if alias and alias.has_key is False:
        leaf = evidence.leaf(alias)
        yield Hit(
            f"{alias.where} has no private key",
            facts={"alias": alias.where},
            certificate=leaf.certificate if leaf else None,
        )


@rule(over=Evidence.accountable_references, cause=Cause.WIRING, severity=Severity.NOTE)
def unused_reference(reference: Reference, evidence: Evidence) -> Iterator[Hit]:
    """Nothing names this reference: no virtual host, no target server and no deployed proxy.

    It breaks nothing. It may be left over from a renewal, or something names a store directly where
    this reference was meant. Nothing is said where not all that could name it was read.

    Remedy: delete it, or put it to the use that it was meant for.

    Source: Apigee Edge, "Working with references".
    """
    store = evidence.impact.environment(reference).keystores.get(reference.refers)
    if store and not evidence.impact.namers(reference):  # dangling-reference, or a gap, says so
        yield Hit(_UNNAMED)


@rule(over=Evidence.accountable_keystores, cause=Cause.WIRING, severity=Severity.NOTE)
def unused_keystore(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """Nothing uses this store: no virtual host, no target server and no deployed proxy.

    It breaks nothing, but its certificates go on to expire, and who reads of that must find out
    again that nobody is hit. A reference that nobody names does not count as a use; a target server
    that is switched off does. Nothing is said where not all that could name it was read.

    Remedy: delete it, with its references, if no undeployed revision is to come back that needs it.

    Source: Apigee Edge, "Update a TLS certificate" (renewal leaves the former keystore behind).
    """
    if not evidence.impact.namers(store):
        yield Hit(_UNNAMED)


_UNNAMED = "no virtual host, no target server and no deployed proxy names it"


def _missing_store(
    endpoint: Endpoint, name: StoreName | None, kind: str, evidence: Evidence
) -> Iterator[Hit]:
    if name is None or name.reference is not None:
        return
    if name.is_dynamic and isinstance(endpoint, VirtualHost):
        told = f'the {kind} "{name.text}" does not exist: a virtual host knows no flow variables'
        yield Hit(told, facts={kind: name.text})
    elif not name.is_dynamic and evidence.impact.environment(endpoint).keystores.lacks(name.text):
        yield Hit(f'the {kind} "{name.text}" does not exist', facts={kind: name.text})
