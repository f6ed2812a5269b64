"""What a file is that holds no certificate."""

from __future__ import annotations

from itertools import islice

from edgeaudit.x509.der import CONTEXT_0, INTEGER, OCTET_STRING, SEQUENCE, children, tlv
from edgeaudit.x509.pem import all_labels

KEY = "a private key"
_LABELS = (
    (b"PRIVATE KEY", KEY),
    (b"CERTIFICATE REQUEST", "a certificate signing request"),
    (b"X509 CRL", "a revocation list"),
    (b"PUBLIC KEY", "a public key"),
)
_STARTS = (
    (b"\xff\xfe", "text in UTF-16, which OpenSSL does not read either"),
    (b"\xfe\xff", "text in UTF-16, which OpenSSL does not read either"),
    (b"PK\3\4", "a ZIP or JAR archive"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
)
# Tags of the first elements inside: PKCS#8, its encrypted form, RSA (PKCS#1), EC (SEC 1).
_KEYS = (
    (INTEGER, SEQUENCE, OCTET_STRING),
    (SEQUENCE, OCTET_STRING),
    (INTEGER, INTEGER, INTEGER),
    (INTEGER, OCTET_STRING, CONTEXT_0),
)
_TIMES = {0x17, 0x18}


def told_instead(data: bytes) -> str:
    """What `data` is instead of certificates, as the end of a sentence; empty if unknown."""
    found, text = all_labels(data), data.strip()
    for label, kind in _LABELS:
        if any(each.endswith(label) for each in found):
            return f", but {kind}"
    for start, kind in _STARTS:
        if text.startswith(start):
            return f": it is {kind}"
    if not text:
        return ": it is empty"
    kind = der_kind(data) if data[:1] == bytes([SEQUENCE]) else ""
    return kind and f", but {kind}"


def der_kind(data: bytes) -> str:
    """What the element at the start of `data` is, if it is one of a few other things."""
    try:
        outer = _tags(data, 0)
        # A request (RFC 2986, 4.1) has version, subject, key and [0]; a revocation list
        # (RFC 5280, 5.1) a time after its issuer, and before that, at most, its version.
        inner = _tags(data, tlv(data, 0)[1]) if outer[:2] == (SEQUENCE, SEQUENCE) else ()
    except ValueError:
        return ""
    if outer[:3] in _KEYS or outer[:2] in _KEYS:
        return KEY
    if inner == (INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0):
        return "a certificate signing request"
    return "a revocation list" if _TIMES.intersection(inner[2:]) else ""


def _tags(data: bytes, at: int) -> tuple[int, ...]:
    """The tags of the first four elements inside of that at `at`."""
    _, start, end = tlv(data, at)
    return tuple(tag for tag, _, _ in islice(children(data, start, end), 4))
