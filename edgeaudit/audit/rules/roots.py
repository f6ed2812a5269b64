"""Where a chain ends, and what in it is one certificate too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.diagnosed import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Alias


@rule(over=Evidence.northbound_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.WARNING)
def untrusted_root(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A chain is complete and ends in a root that is neither public nor configured.

    Only clients that were given this root can end the handshake well; all others refuse (OpenSSL
    error 19, `self-signed certificate in certificate chain`). That a root is sent along makes
    nobody trust it.

    Remedy: if all clients hold this root, name its file with --trust, and leave it out of the
    chain; otherwise have the certificate issued by a CA that the clients trust.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Incomplete or incorrect certificate
    chain"; RFC 8446, 4.4.2.
    """
    yield from hits(alias, evidence, "untrusted-root")


@rule(over=Evidence.northbound_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.WARNING)
def self_signed_certificate(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host shows a certificate that signed itself.

    A client refuses it (OpenSSL error 18) unless it was given this very certificate, and then again
    after each renewal. The Public Cloud does not take such certificates for virtual hosts: there it
    is an error.

    Remedy: have a certificate issued by a CA that the clients trust, upload it with its chain to a
    new keystore, with the private key and under the same alias name, and point the reference at
    that keystore.

    Source: Apigee Edge, "Configuring TLS access to an API for the Cloud" (a certificate signed by a
    trusted entity is needed); RFC 5280, 3.2.
    """
    severity = Severity.ERROR if evidence.is_public_cloud else None
    yield from hits(alias, evidence, "self-signed-certificate", severity)


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.NOTE)
def root_in_chain(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A chain carries its root along, which need not be sent.

    It breaks nothing. Whoever trusts the root holds it, and whoever does not will not trust it for
    being sent; each handshake is a kilobyte longer.

    Remedy: leave the root out at the next renewal.

    Source: RFC 8446, 4.4.2 (a certificate that specifies a trust anchor may be omitted).
    """
    yield from hits(alias, evidence, "root-in-chain")


@rule(over=Evidence.judged_chains, cause=Cause.INCORRECT_CHAIN, severity=Severity.NOTE)
def duplicate_certificate(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """The same certificate stands twice in one chain.

    It breaks nothing with most clients, but those that take each certificate for the issuer of the
    one before stumble over it. Often a file with the whole chain was appended to the leaf.

    Remedy: leave the later copy out, and upload the chain to a new keystore, with the private key
    and under the same alias name.

    Source: RFC 5246, 7.4.2 (each certificate certifies the one before it).
    """
    yield from hits(alias, evidence, "duplicate-certificate")
