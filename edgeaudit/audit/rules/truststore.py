"""Truststores that trust nobody, too few, too closely, or that hold what nobody should see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.x509.certificate import is_signed_by
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.message_processor import MessageProcessor
    from edgeaudit.inventory import Keystore, StoredCertificate
    from edgeaudit.x509.certificate import Certificate


@rule(over=Evidence.truststores, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.ERROR)
def empty_truststore(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A truststore holds no certificate.

    Who trusts nobody accepts nobody: Java refuses every backend (`the trustAnchors parameter must
    be non-empty`), and the Router every client certificate.

    Remedy: upload the CA certificates of the other side, or point the reference at the truststore
    that holds them.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Unknown certificate", "Keystores and
    truststores"; Java, `PKIXParameters`.
    """
    if _is_wholly_read(store) and not any(alias.chain for alias in store.aliases):
        engine = evidence.engine(evidence.impact.direction(store))
        yield Hit("it holds no certificate", facts={"engine": engine})


@rule(
    over=Evidence.client_truststores,
    cause=Cause.UNKNOWN_CLIENT_CERTIFICATE,
    severity=Severity.ERROR,
)
def incomplete_truststore(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A truststore for clients holds an intermediate CA without its root.

    The Router (nginx with OpenSSL) accepts a client certificate only where the path can be built up
    to a self-signed certificate in the truststore; an intermediate alone does not do (OpenSSL
    errors 2 and 20, HTTP 400 "The SSL certificate error"). For backends the same truststore would
    be in order: Java takes any certificate in it as trust anchor. The entries of a truststore
    complete one another.

    Remedy: upload the missing issuers up to the root as further aliases of the truststore. Where a
    virtual host names it by a reference, build a new truststore with all of them and move the
    reference: then no Router needs a restart.

    Source: Apigee Edge, "Validating client certificates against truststore", "400 Bad request - SSL
    certificate error"; nginx, `ssl_client_certificate`; OpenSSL, X509_V_FLAG_PARTIAL_CHAIN.
    """
    if not _is_wholly_read(store):
        return
    certificates = dict.fromkeys(s.certificate for alias in store.aliases for s in alias.chain)
    rootless = _rootless(list(certificates))
    if rootless:
        missing = sorted({each.issuer for each in _topmost(rootless)})
        yield Hit(
            f"it holds no way to a root: the issuer {', '.join(missing)} is missing",
            facts={
                "missing_issuers": missing,
                "intermediates": sorted({each.subject for each in rootless}),
                "engine": "OpenSSL",
            },
        )


@rule(over=Evidence.truststores, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.WARNING)
def truststore_pins_leaf(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A truststore holds the other side's own certificate instead of its CA's.

    Java accepts it, until the other side renews: then the new certificate is not the one that is
    trusted, and every handshake fails (`unable to find valid certification path`). The Router
    refuses it at once, since no path leads from it to a root. A certificate that signed itself is
    its own root and cannot be trusted in another way; beside its issuer a leaf does no harm.

    Remedy: upload the CA certificate that issued it (up to its root, for clients) as an alias of
    the truststore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Unknown certificate"; RFC 5280, 6.1.1
    (d).
    """
    if not _is_wholly_read(store):
        return
    anchors = [stored for alias in store.aliases for stored in alias.chain]
    leaves = [each for each in anchors if _is_issued_leaf(each.certificate)]
    issuers = _by_subject(each.certificate for each in anchors if each.certificate.is_ca)
    for leaf in leaves:
        certificate = leaf.certificate
        is_shown = evidence.impact.aliases[leaf.alias].has_key  # private-key-in-truststore says so
        if not is_shown and not _has_signer(certificate, issuers):
            told = f"{certificate.subject} is no CA: it is trusted until its renewal only"
            facts = {"engine": evidence.engine(evidence.impact.direction(store))}
            yield Hit(told, facts, where=leaf.where, certificate=certificate)


@rule(over=Evidence.backend_truststores, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.ERROR)
def unusable_trust_anchor(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A truststore for backends holds a CA from which Java accepts nothing.

    Its key is too short (RSA under 1024 bits, EC under 224) or of a kind or on a curve that Java
    disables or does not know, or its key usage does not allow it to sign certificates. The
    Message Processor's Java then refuses every backend whose certificate it issued (`Algorithm
    constraints check failed`, `does not have keyCertSign bit set`), however complete the chain.
    Beside a CA that is good it is a warning, and nothing is said of the issuer of such a one, at
    which Java need not arrive. Where the version of Java is not known, only what all
    from 8 to 25 refuse is told. Where the Message Processors' own files set
    jdk.certpath.disabledAlgorithms, that is what is disabled.

    Remedy: upload the CA certificate that replaces it, and have the backend's certificate issued by
    that; the CA must sign with RSA of 2048 bits or more, or EC P-256, P-384 or P-521.

    Source: Java, `jdk.certpath.disabledAlgorithms`, `jdk.disabled.namedCurves`, `PKIXValidator`;
    RFC 5280, 4.2.1.3.
    """
    if not _is_wholly_read(store):
        return
    anchors = [stored for alias in store.aliases for stored in alias.chain]
    processors = evidence.message_processors
    unusable = {each.host: _unusable(anchors, each) for each in processors}
    for anchor in anchors if any(unusable.values()) else ():
        where = anchor.where
        for hit in hits(processors, lambda each: unusable[each.host].get(where)):  # noqa: B023
            yield replace(hit, where=where)


def _unusable(anchors: Sequence[StoredCertificate], processor: MessageProcessor) -> dict[str, Hit]:
    """What its Java refuses, by place."""
    refusals = [processor.anchor_refusal(each.certificate) for each in anchors]
    if not any(refusals):
        return {}
    judged = list(zip(anchors, refusals, strict=True))
    usable = [each.certificate for each, refusal in judged if refusal is None]
    spared = {each.issuer_canonical for each in usable}
    return {
        anchor.where: Hit(
            f"Java accepts nothing that {anchor.certificate.subject} issued: {refusal}",
            {"engine": processor.engine},
            Severity.WARNING if usable else Severity.ERROR,
            certificate=anchor.certificate,
        )
        for anchor, refusal in judged
        if refusal and anchor.certificate.subject_canonical not in spared
    }


@rule(over=Evidence.truststores, cause=Cause.WIRING, severity=Severity.WARNING)
def private_key_in_truststore(store: Keystore, evidence: Evidence) -> Iterator[Hit]:
    """A truststore holds a private key.

    To judge the other side no private key is needed. Often a keystore was named where its
    truststore was meant, and then the other side is checked against Edge's own certificate; or the
    other side handed over its key with its certificate, and that key is now known to two.

    Remedy: name the truststore that was meant, or upload the CA certificate alone to a new
    truststore. If the key belongs to the other side, have its certificate replaced.

    Source: Apigee Edge, "Keystores and truststores" (a truststore holds certificates, a keystore a
    certificate and its private key); Java, `KeyStore.TrustedCertificateEntry`.
    """
    for alias in store.aliases:
        if alias.has_key:
            leaf = evidence.leaf(alias)
            certificate = leaf.certificate if leaf else None
            yield Hit("it has a private key", where=alias.where, certificate=certificate)


def _is_wholly_read(store: Keystore) -> bool:
    return store.aliases.is_complete and all(alias.is_complete for alias in store.aliases)


def _is_issued_leaf(certificate: Certificate) -> bool:
    return not certificate.is_ca and not certificate.is_self_issued


def _rootless(certificates: list[Certificate]) -> list[Certificate]:
    """The CA certificates from which nothing leads to a root among `certificates`.

    Not those whose CA has another certificate that does so: which of the two OpenSSL takes turns
    on their order in the Router's file, which Edge does not tell.
    """
    rooted = _rooted(certificates)
    twins = _by_subject(rooted)
    return [
        each
        for each in certificates
        if each.is_ca
        and each not in rooted
        and all(shares_key(each, twin) is False for twin in twins.get(each.subject_canonical, ()))
    ]


def _rooted(certificates: list[Certificate]) -> set[Certificate]:
    """Those from which signatures lead to a root among them."""
    issued: dict[bytes, list[Certificate]] = defaultdict(list)
    for each in certificates:
        issued[each.issuer_canonical].append(each)
    rising = [each for each in certificates if _is_root(each)]
    rooted = set(rising)
    while rising:
        issuer = rising.pop()
        for each in issued[issuer.subject_canonical]:
            if each not in rooted and is_signed_by(each, issuer):
                rooted.add(each)
                rising.append(each)
    return rooted


def _is_root(certificate: Certificate) -> bool:
    """Whether OpenSSL ends a path with it; the signature it made on itself is not looked at.

    (`EXFLAG_SS` in crypto/x509/v3_purp.c; `X509_V_FLAG_CHECK_SS_SIGNATURE` is off by itself.)
    """
    own, signer = certificate.subject_key_id, certificate.authority_key_id
    return certificate.is_self_issued and (None in (own, signer) or own == signer)


def _topmost(certificates: list[Certificate]) -> list[Certificate]:
    """Those that none of the others issued; all of them, where they issued one another."""
    issuers = _by_subject(certificates)
    return [each for each in certificates if not _has_signer(each, issuers)] or certificates


def _has_signer(certificate: Certificate, issuers: dict[bytes, list[Certificate]]) -> bool:
    named = issuers.get(certificate.issuer_canonical, ())
    return any(is_signed_by(certificate, each) for each in named)


def _by_subject(certificates: Iterable[Certificate]) -> dict[bytes, list[Certificate]]:
    found: dict[bytes, list[Certificate]] = defaultdict(list)
    for each in certificates:
        found[each.subject_canonical].append(each)
    return found
