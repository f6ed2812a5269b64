"""Why Java and OpenSSL judge a path differently, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeaudit.x509.jsse import JavaVerdict
    from edgeaudit.x509.path import Verdict

# Part of Java's message, and why OpenSSL may be content where Java is not.
_JAVA_REFUSES = {
    "Algorithm constraints": "Java disables this algorithm or key size, OpenSSL does not",
    "Usage constraint": "Java disables this algorithm, OpenSSL does not",
    "TrustAnchor with subject": "Java wants whatever it trusts above a leaf to be a CA",
    "path building": "Java tries other paths than OpenSSL does",
    "Illegal given domain name": "Java takes no host name with such characters",
    "chain length": "Java takes no longer chain",
    "incomplete": "Java reads no certificate with an empty subject and no critical name",
    "Empty issuer": "Java reads no certificate without an issuer's name",
    "No name matching": "Java reads names its own way",
    "No subject alternative": "Java reads names its own way",
    "signature check": "Java does not verify signatures of this kind of key",
    "KeyUsage does not allow": "Java wants digitalSignature for a key exchange with signatures",
    "does not permit use": "Java checks the purpose of a leaf, OpenSSL only if it is asked to",
}
_DATES = {"cert_has_expired", "cert_not_yet_valid"}
_NO_ROOT = {
    "unable_to_get_issuer_cert",
    "unable_to_get_issuer_cert_locally",
    "unable_to_verify_leaf_signature",
    "depth_zero_self_signed_cert",
    "self_signed_cert_in_chain",
}


def difference(java: JavaVerdict, openssl: Verdict) -> str | None:
    """Why the verdicts on one chain and one truststore differ; None where they are the same."""
    if java.ok == openssl.ok:
        return None
    if not java.ok:
        reason = java.reason or ""
        fitting = (why for part, why in _JAVA_REFUSES.items() if part in reason)
        return next(fitting, "Java asks for something that OpenSSL does not ask for")
    errors = {error.code for error in openssl.errors}
    if errors & _NO_ROOT and not java.chain[-1].is_self_signed:
        return "Java takes any certificate of its truststore for an anchor, OpenSSL only a root"
    if errors and errors <= _DATES:
        return "Java does not look at the dates of a trust anchor"
    return "Java does not ask for something that OpenSSL asks for"
