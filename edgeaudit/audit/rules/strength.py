"""Keys and signatures that are too weak for today's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.diagnosed import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Alias


@rule(over=Evidence.key_aliases, cause=Cause.INCORRECT_CHAIN, severity=Severity.WARNING)
def weak_key(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A certificate of the path has an RSA or DSA key under 2048 bits, or an EC key under 224.

    Clients set to security level 2, as OpenSSL is in Debian and Ubuntu and by itself from 3.2 on,
    refuse it (`ee key too small`, `ca key too small`); Java refuses RSA under 1024 bits
    (`jdk.certpath.disabledAlgorithms`). No public CA issues such a certificate any more.

    Remedy: make a new key (RSA 2048 or EC P-256), have a certificate issued for it, upload both
    with the chain to a new keystore, under the same alias name, and point the reference at that
    keystore. For a CA's key: obtain the certificate from another CA.

    Source: NIST SP 800-131A, 3; OpenSSL, SSL_CTX_set_security_level; CA/Browser Forum, Baseline
    Requirements, 6.1.5.
    """
    yield from hits(alias, evidence, "weak-key")


@rule(over=Evidence.key_aliases, cause=Cause.INCORRECT_CHAIN, severity=Severity.WARNING)
def weak_signature(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A certificate below the root is signed over MD5 or SHA-1.

    Such a signature can be forged. Browsers refuse it, Java refuses MD5, and OpenSSL 3 refuses
    both from security level 1 on (`ca md too weak`). The signature of a root does not matter, since
    nobody checks it.

    Remedy: have the certificate reissued with SHA-256, upload it with its chain to a new keystore,
    with the private key and under the same alias name, and point the reference at that keystore.
    For a CA's certificate: ask the CA for its present one.

    Source: RFC 9155; RFC 6151; RFC 8446, 4.4.2.2; OpenSSL, SSL_CTX_set_security_level.
    """
    yield from hits(alias, evidence, "weak-signature")
