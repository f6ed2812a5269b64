"""Keystores that hold nothing, or what lies elsewhere too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.inventory import Alias, Keystore


@rule(over=Evidence.accountable_keystores, cause=Cause.WIRING, severity=Severity.NOTE)
def empty_keystore(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A keystore holds nothing.

    As it is, nobody can show a certificate from it. Often it was made for a renewal whose
    certificate was never uploaded. Nothing is said where not all that could name it was read.

    Remedy: upload the certificate with its private key as an alias, or delete the keystore.

    Source: Apigee Edge, "Keystores and truststores".
    """
    if store.keys or store.aliases.items or not store.aliases.is_complete:
        return
    users = evidence.impact.users(store)
    is_missed = any(
        user.tls and (user.tls.key_alias or user.direction == "northbound") for user in users
    )
    if not is_missed and not evidence.impact.checkers(store):
        yield Hit("it has no alias")  # elsewhere missing-alias or empty-truststore says so


@rule(over=Evidence.private_aliases, cause=Cause.WIRING, severity=Severity.NOTE)
def shared_certificate(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A certificate lies with its private key in more than one environment.

    It breaks nothing by itself. But whoever may read the key in the least guarded environment can
    speak for all of them, and a renewal must reach every one: where it is forgotten, handshakes
    fail on the day the old certificate expires.

    Remedy: give each environment a key and a certificate of its own, or make sure that the renewal
    is done in all of them.

    Source: Apigee Edge, "Keystores and truststores" (a store serves its own environment only),
    "Update a TLS certificate"; NIST SP 800-57 part 1, 5.2.
    """
    leaf = evidence.leaf(alias)
    environments = evidence.neighbours.environments(leaf.certificate) if leaf else ()
    if leaf and len(environments) > 1:
        own = evidence.impact.environment(alias).where
        others = sorted(each for each in environments if each != own)
        yield Hit(*shared_with(others), where=leaf.where, certificate=leaf.certificate)


def shared_with(others: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """What shared-certificate says where the key lies in `others` too, and its facts."""
    return f"it lies with its private key in {', '.join(others)} too", {"environments": others}


def keys_held(evidence: Evidence) -> Iterator[tuple[Alias, Hit]]:
    """What shared-certificate would look at, were other environments known."""
    for alias in evidence.private_aliases():
        if leaf := evidence.leaf(alias):
            yield alias, Hit(*shared_with([]), where=leaf.where, certificate=leaf.certificate)
