"""Chains that do not lead from the certificate to a root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.audit.evidence import Evidence, lacks_issuer
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.x509.certificate import is_signed_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Alias, StoredCertificate

_SIGNATURE_FAILURE = 7  # X509_V_ERR_CERT_SIGNATURE_FAILURE


@rule(over=Evidence.judged_chains, cause=Cause.INCOMPLETE_CHAIN, severity=Severity.ERROR)
def incomplete_chain(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """An issuer is missing between a certificate and the trusted roots.

    Edge sends exactly the certificates of the key alias. A client that does not happen to know the
    missing issuer cannot build a path to a root and ends the handshake (OpenSSL error 20, Java
    `unable to find valid certification path`). Browsers often hide the defect, since they fetch
    or remember issuers. Southbound it is a warning: the backend may hold the rest.

    Remedy: upload the certificate again with all its issuers but the root, leaf first, as an alias
    in a new keystore, and point the reference (or the virtual host or target server) at that
    keystore. Where nothing but your own root is missing, name its file with --trust instead.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 8446, 4.4.2.
    """
    missing = _missing_issuer(alias, evidence)
    if missing is None or _stranger_in_place(alias, evidence) or evidence.chain(alias).impostors:
        return  # wrong-issuer or invalid-signature says so
    last = _last_link(alias, evidence)
    yield Hit(
        f"the issuer {missing} is missing",
        facts={"missing_issuer": missing},
        severity=_severity(alias, evidence),
        where=last.where,
        certificate=last.certificate,
    )


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.ERROR)
def wrong_issuer(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A chain holds a certificate that issued nothing in it.

    In the place of the issuer that is needed it leaves the chain without a path to a root, and the
    client ends the handshake (OpenSSL error 20). Beside a complete path it is ballast that some
    clients stumble over. Often a CA has changed its intermediate and the old one was uploaded.

    Remedy: replace it by the issuer that the certificate below it names; upload the mended chain,
    leaf first, as an alias in a new keystore, and point the reference at that keystore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 5246, 7.4.2 (each certificate certifies the one before it).
    """
    if set(alias.certificates) <= set(evidence.verdict(alias).chain):
        return  # all of them are on the path
    in_place = _stranger_in_place(alias, evidence)
    for index in evidence.chain(alias).strangers:
        stranger = alias.chain[index]
        told = f"{stranger.certificate.subject} issued nothing in this chain"
        if stranger is not in_place:
            yield _about(stranger, told, Severity.WARNING, {})
            continue
        missing = _missing_issuer(alias, evidence)
        told += f"; the issuer that is needed is {missing}"
        yield _about(stranger, told, _severity(alias, evidence), {"missing_issuer": missing})


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.ERROR)
def invalid_signature(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """An issuer has the right name and the wrong key.

    The certificate below it was signed with another key, so the path breaks there (OpenSSL errors
    7 and 20). Often a CA was set up anew under its old name, and the other edition was uploaded.

    Remedy: find the edition of the issuer whose key signed the certificate (compare the key
    identifiers), and upload the mended chain, leaf first, as an alias in a new keystore.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 5280, 6.1.3 (a)(1).
    """
    below = _unsigned(alias, evidence)
    if below is None:
        return
    issuers = [
        each.where
        for each in alias.chain
        if each.certificate.subject_canonical == below.certificate.issuer_canonical
        and not is_signed_by(below.certificate, each.certificate)
    ]
    told = f"{below.certificate.subject} was not signed by the key of the issuer beside it"
    yield _about(below, told, _severity(alias, evidence), {"issuers": issuers})


def _unsigned(alias: Alias, evidence: Evidence) -> StoredCertificate | None:
    """The certificate of the path below an issuer with the right name and the wrong key."""
    verdict = evidence.verdict(alias)
    depth = next((e.depth for e in verdict.errors if e.number == _SIGNATURE_FAILURE), None)
    if depth is None and not lacks_issuer(verdict):
        return None
    chain = evidence.chain(alias)
    if chain.impostors:
        return alias.chain[chain.path[-1]]
    # the right issuer is there too, but OpenSSL took the other, as its order has it
    broken = None if depth is None else verdict.chain[depth]
    return next((each for each in alias.chain if each.certificate == broken), None)


def _about(stored: StoredCertificate, told: str, severity: Severity, facts: dict[str, Any]) -> Hit:
    return Hit(told, facts, severity, stored.where, stored.certificate)


def _severity(alias: Alias, evidence: Evidence) -> Severity:
    is_northbound = evidence.impact.direction(alias) == "northbound"
    return Severity.ERROR if is_northbound else Severity.WARNING


def _missing_issuer(alias: Alias, evidence: Evidence) -> str | None:
    verdict = evidence.verdict(alias)
    return verdict.chain[-1].issuer if lacks_issuer(verdict) else None


def _last_link(alias: Alias, evidence: Evidence) -> StoredCertificate:
    return alias.chain[evidence.chain(alias).path[-1]]


def _stranger_in_place(alias: Alias, evidence: Evidence) -> StoredCertificate | None:
    chain = evidence.chain(alias)
    following = chain.path[-1] + 1
    if _missing_issuer(alias, evidence) is None or following not in chain.strangers:
        return None
    return alias.chain[following]
