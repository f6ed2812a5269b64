"""PEM blocks out of whatever stands around them."""

from __future__ import annotations

import base64
import binascii
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The labels that OpenSSL reads as a certificate (PEM_STRING_X509, _X509_OLD, _X509_TRUSTED).
# After a TRUSTED one follow OpenSSL's own trust settings, which are no part of the certificate.
CERTIFICATE = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
# PEM_STRING_PKCS7, _PKCS7_SIGNED, _CMS.
PKCS7 = frozenset({b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS"})
_MARK = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #]{1,60})-----")


def certificate_blocks(
    data: bytes, labels: frozenset[bytes] = CERTIFICATE
) -> Iterator[bytes | None]:
    """The content of each block with one of `labels`, None for a damaged one.

    Line ends, blank lines, indentation and text around the blocks do not matter (RFC 7468 asks
    parsers for that). Linear in the size of `data`.
    """
    begin: re.Match[bytes] | None = None
    for mark in _MARK.finditer(data):
        if begin and begin[2] in labels:
            closed = mark[1] == b"END" and mark[2] in labels
            yield _decoded(data[begin.end() : mark.start()]) if closed else None
        begin = mark if mark[1] == b"BEGIN" else None
    if begin and begin[2] in labels:
        yield None


def all_labels(data: bytes) -> set[bytes]:
    """The labels of all blocks, damaged ones too."""
    return {mark[2] for mark in _MARK.finditer(data) if mark[1] == b"BEGIN"}


def lacks_begin(data: bytes) -> bool:
    """Whether more certificate blocks end than begin."""
    marks = [mark[1] for mark in _MARK.finditer(data) if mark[2] in CERTIFICATE]
    return marks.count(b"END") > marks.count(b"BEGIN")


def is_spaced(data: bytes) -> bool:
    """Whether each certificate block but the first comes after an empty line, as Edge wants it."""
    marks = (mark for mark in _MARK.finditer(data) if mark[2] in CERTIFICATE)
    begins = [mark.start() for mark in marks if mark[1] == b"BEGIN"]
    lines = (data[:begin].rsplit(b"\n", 2) for begin in begins[1:])
    return all(len(each) > 1 and not each[-2].strip() for each in lines)


def as_pem(ders: Iterable[bytes | None]) -> str:
    """One PEM block a certificate, in their order (RFC 7468, 5).

    Those that are known by description only, None, are left out.
    """
    return "".join(
        "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(textwrap.wrap(base64.b64encode(each).decode("ascii"), 64))
        + "\n-----END CERTIFICATE-----\n"
        for each in ders
        if each is not None
    )


def _decoded(body: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return None
