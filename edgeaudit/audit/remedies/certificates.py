"""Certificates that must be replaced: in key aliases and in truststores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.remedies.proofs import ordered
from edgeaudit.audit.remedies.renewal import key_renewed, trust_renewed
from edgeaudit.audit.remedies.shell import CURL, says
from edgeaudit.audit.remedies.stores import chain_replaced
from edgeaudit.audit.time_left import has_expired, is_not_yet_valid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.remedies.site import Case
    from edgeaudit.inventory import Alias, Keystore

_REST = "then its issuers in order, up to the root, which is left out"
_OWN_KEY = "its private key"
_SAME_KEY = "the private key of the certificate, which Edge does not give out"


def dated(case: Case) -> Iterator[str]:
    """Expired, about to expire, or not valid yet: of a key alias, or of a truststore."""
    evidence, certificate = case.site.evidence, case.subject.certificate
    alias = evidence.impact.aliases[case.subject.alias]
    store = evidence.impact.keystores[alias.keystore]
    if evidence.impact.namers(alias):
        chain = f"a certificate that is valid today, {_REST}; all of them valid"
        yield from key_renewed(case, store, alias, chain, _OWN_KEY)
        return
    is_bad = has_expired(certificate, evidence.now) or is_not_yet_valid(certificate, evidence.now)
    yield from trust_renewed(
        case,
        store,
        f"the certificate that takes the place of {certificate.subject}, and what stands with it",
        (alias.name,) if is_bad else (),
    )
    if not is_bad:
        yield says("The old one stays beside it until it has expired, for those who show it still.")


def uncovered(case: Case) -> Iterator[str]:
    """Reissued, with all host aliases of the virtual host."""
    alias = case.site.evidence.impact.key_alias(case.subject)
    hosts = ", ".join(ordered(case.subject.host_aliases))
    chain = f"a certificate with {hosts} in subjectAltName, {_REST}"
    yield from _key_alias(case, alias, chain, _OWN_KEY)


def names_in_common_name(case: Case) -> Iterator[str]:
    """Reissued, with the host names where clients look for them."""
    chain = f"a certificate with its host names in subjectAltName, {_REST}"
    yield from _key_alias(case, case.subject, chain, _OWN_KEY)


def reissued(case: Case) -> Iterator[str]:
    """Issued anew, as it cannot be mended: too weak, or signed by itself."""
    chain = f"a new certificate of a CA that the other side trusts, {_REST}"
    yield from _key_alias(case, case.subject, chain, _OWN_KEY)


def chain_mended(case: Case) -> Iterator[str]:
    """The certificate is good, what lies beside it is not."""
    alias = case.subject
    name = ("aliases", alias.name, "certificate")
    if not case.site.has_aliases(case.env):
        name = ("certs", alias.name, "export")
    store = case.site.evidence.impact.keystores[alias.keystore]
    yield f"{CURL} -o chain.pem {case.at('keystores', store.name, *name)}"
    yield says(
        "edgeaudit verify chain.pem --fetch-issuers --write new-chain.pem mends it, where the"
        " issuers can be had; --trust names your own roots."
    )
    yield from _key_alias(case, alias, f"the certificate, {_REST}", _SAME_KEY)
    if case.site.has_aliases(case.env):
        put = chain_replaced(case, store.name, alias.name)
        yield says(
            f"Where that key cannot be had, the chain can go into the old alias: {put}; then what"
            " uses it must restart, in the Public Cloud by Apigee Support."
        )


def key_added(case: Case) -> Iterator[str]:
    """The alias has a certificate without a key."""
    alias = case.site.evidence.impact.key_alias(case.subject)
    yield from _key_alias(case, alias, f"the certificate, {_REST}", _OWN_KEY)


def _key_alias(case: Case, alias: Alias | None, chain: str, key: str) -> Iterator[str]:
    if alias:
        store = case.site.evidence.impact.keystores[alias.keystore]
        yield from key_renewed(case, store, alias, chain, key)


def truststore_filled(case: Case) -> Iterator[str]:
    """A truststore without a certificate."""
    yield from trust_renewed(case, case.subject, "the CA certificates of the other side")


def truststore_completed(case: Case) -> Iterator[str]:
    """A truststore from which no path leads to a root."""
    missing = "; ".join(case.hit.facts["missing_issuers"])
    holds = f"the certificates of {missing}, and of their issuers, up to and with the root"
    yield from trust_renewed(case, case.subject, holds)


def truststore_unpinned(case: Case) -> Iterator[str]:
    """A truststore with the other side's own certificate instead of its CA's."""
    holds = "the certificate of the CA that issued it, and of its issuers, up to and with the root"
    yield from trust_renewed(case, case.subject, holds, _entry(case))


def anchor_replaced(case: Case) -> Iterator[str]:
    """A truststore with a CA from which Java accepts nothing."""
    holds = (
        "the certificate of the CA that replaces it, with a key of RSA with 2048 bits or more, or"
        " EC P-256, P-384 or P-521"
    )
    yield from trust_renewed(case, case.subject, holds, _entry(case))


def _entry(case: Case) -> list[str]:
    """The alias of the truststore that the hit is about."""
    store: Keystore = case.subject
    places = {stored.where: alias for alias in store.aliases for stored in alias.chain}
    return [places[case.hit.where].name] if case.hit.where in places else []
