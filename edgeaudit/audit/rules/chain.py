"""Chains that do not lead from the certificate to a root."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.diagnosed import by_side, hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Alias


@rule(over=Evidence.judged_chains, cause=Cause.INCOMPLETE_CHAIN, severity=Severity.ERROR)
def incomplete_chain(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """An issuer is missing between a certificate and the trusted roots.

    Edge sends exactly the certificates of the key alias. A client that does not happen to know the
    missing issuer cannot build a path to a root and ends the handshake (OpenSSL error 20, Java
    `unable to find valid certification path`). Browsers often hide the defect, since they fetch
    or remember issuers. Southbound it is a warning: the backend may hold the rest.

    Remedy: upload the certificate again with all its issuers but the root, leaf first, to a new
    keystore, with the private key and under the same alias name, and point the reference (or the
    virtual host or target server) at that keystore. Where nothing but your own root is missing,
    name its file with --trust instead.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 8446, 4.4.2.
    """
    yield from hits(alias, evidence, "incomplete-chain", by_side(alias, evidence))


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.ERROR)
def wrong_issuer(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A chain holds a certificate that issued nothing in it.

    In the place of the issuer that is needed it leaves the chain without a path to a root, and the
    client ends the handshake (OpenSSL error 20). Beside a complete path it is ballast that some
    clients stumble over. Often a CA has changed its intermediate and the old one was uploaded.

    Remedy: replace it by the issuer that the certificate below it names; upload the mended chain,
    leaf first, to a new keystore, with the private key and under the same alias name, and point the
    reference at that keystore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 5246, 7.4.2 (each certificate certifies the one before it).
    """
    for hit in hits(alias, evidence, "wrong-issuer", Severity.WARNING):
        is_in_place = "missing_issuer" in hit.facts
        yield replace(hit, severity=by_side(alias, evidence)) if is_in_place else hit


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.ERROR)
def invalid_signature(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """An issuer has the right name and the wrong key.

    The certificate below it was signed with another key, so the path breaks there (OpenSSL errors
    7 and 20). Often a CA was set up anew under its old name, and the other edition was uploaded.

    Remedy: find the edition of the issuer whose key signed the certificate (compare the key
    identifiers), and upload the mended chain, leaf first, to a new keystore, with the private key
    and under the same alias name.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 5280, 6.1.3 (a)(1).
    """
    for hit in hits(alias, evidence, "invalid-signature", by_side(alias, evidence)):
        issuers = [alias.chain[position].where for position in hit.facts.get("issuers", [])]
        yield replace(hit, facts={"issuers": issuers, "engine": "OpenSSL"})


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.WARNING)
def misordered_chain(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """The certificates of a chain are not in order: leaf first, each followed by its issuer.

    Edge sends them as they lie. Browsers, OpenSSL and Java put them in order; clients that go by
    the letter (TLS 1.2 asks for it) do not, and end the handshake. Where the leaf is not first it
    is an error: the other side takes the first certificate for the server's own.

    Remedy: upload the certificates again in the order that is told (`#N` is the one that is N-th
    now, from 0), to a new keystore, with the private key and under the same alias name, and point
    the reference at that keystore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 5246, 7.4.2; RFC 8446, 4.4.2 (which asks to bear with it).
    """
    for hit in hits(alias, evidence, "misordered-chain", Severity.WARNING):
        leaf = alias.chain[hit.facts["leaf"]]
        severity = by_side(alias, evidence) if hit.facts["leaf"] else Severity.WARNING
        yield replace(hit, severity=severity, where=alias.where, certificate=leaf.certificate)


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.ERROR)
def issuer_not_ca(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A certificate acts as an issuer and must not.

    It is no CA by its basicConstraints, its key usage does not allow it to sign certificates, or
    there are more CAs below it than its path length allows. Clients refuse the path (OpenSSL errors
    79, 32 and 25; Java `basic constraints check failed`). Old tools for internal CAs forget the
    extensions, and a leaf's key may have been used to sign another leaf.

    Remedy: have the certificate issued by a CA that may do so, or the CA's own certificate issued
    anew with basicConstraints CA:TRUE, a sufficient path length, and keyCertSign; then upload the
    chain to a new keystore, with the private key and under the same alias name, and point the
    reference at that keystore.

    Source: RFC 5280, 4.2.1.9 and 4.2.1.3, 6.1.4 (k) to (n).
    """
    yield from hits(alias, evidence, "issuer-not-ca", by_side(alias, evidence))
