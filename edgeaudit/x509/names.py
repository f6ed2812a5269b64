"""Distinguished names: as Edge prints them, and in the form in which OpenSSL compares them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.location import printable
from edgeaudit.x509.der import children, oid, spans, tlv

if TYPE_CHECKING:
    from collections.abc import Sequence

# Type (dotted), ASN.1 tag and content octets of one attribute.
Attribute = tuple[str, int, bytes]

_UTF8, _NUMERIC = 12, 18
# UTF8String, PrintableString, T61String, IA5String, VisibleString, UniversalString, BMPString.
# OpenSSL reads T61String as Latin-1, whatever T.61 says (ASN1_STRING_to_UTF8, tbl_standard).
_ENCODINGS = {
    _UTF8: "utf-8",
    19: "latin-1",
    20: "latin-1",
    22: "latin-1",
    26: "latin-1",
    28: "utf-32-be",
    30: "utf-16-be",
}
# The keywords of Java's X500Principal.toString(), which Edge prints (sun.security.x509.AVA).
_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SURNAME",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS",
    "2.5.4.44": "GENERATION",
    "2.5.4.46": "DNQ",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
}
_TYPES = {keyword: dotted for dotted, keyword in _KEYWORDS.items()} | {
    "S": "2.5.4.8",
    "E": "1.2.840.113549.1.9.1",
    "DNQUALIFIER": "2.5.4.46",
}
_COMMON_NAME = "2.5.4.3"
_NEEDS_QUOTES = re.compile(r'[,+=\n<>#;\\"]|^ | $|  ')
_ASSERTION = re.compile(
    r"""
    \s*([\w.-]+)\s*=              # keyword
    (   \s*"(?:[^"\\]|\\.)*"\s*   # value in quotes
    |   (?:[^,;+"\\]|\\.)*         # or not
    ) ([,;+]|$)
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)


@dataclass(frozen=True)
class Name:
    """A distinguished name.

    `text` is what Java's `X500Principal.toString()` gives, most specific attribute first, with
    control characters escaped. `canonical` is equal for two names if and only if OpenSSL's
    `X509_NAME_cmp` says that they are equal.
    """

    text: str
    canonical: bytes
    common_names: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_name(der: bytes) -> Name:
    """The Name encoded in `der` (RFC 5280, 4.1.2.4). Raises ValueError if it is not one."""
    _, start, end = tlv(der, 0)
    return name([_rdn(der[at:after]) for at, after in spans(der, start, end)])


def parse_name(text: str) -> Name:
    """The name that `text` spells as Java or RFC 4514 do; any other text is a name of its own."""
    rdns: list[list[Attribute]] = []
    at, separator = 0, "," if text.strip() else ""
    while separator:
        match = _ASSERTION.match(text, at)
        attribute = match and _parsed(match[1], match[2].strip())
        if not match or not attribute:
            return Name(printable(text), b"text " + text.encode("utf-8", "replace"), ())
        if separator != "+":
            rdns.append([])
        rdns[-1].append(attribute)
        at, separator = match.end(), match[3]
    return name(rdns[::-1])


def name(rdns: Sequence[Sequence[Attribute]]) -> Name:
    """The name made of `rdns`, in the order of their encoding (least specific first).

    Raises ValueError if a value is not in the encoding that its tag says.
    """
    told = [_told(tuple(rdn)) for rdn in rdns]
    return Name(
        text=", ".join(each.text for each in reversed(told)),
        # Canonical values hold no tab and no line feed, so these separate attributes and RDNs.
        canonical=b"\n".join(each.canonical for each in told),
        common_names=tuple(name for each in told for name in each.common_names),
    )


@lru_cache(maxsize=4096)
def _rdn(der: bytes) -> tuple[Attribute, ...]:
    """The attributes of an RDN; nearly all names share theirs with others, but for the last."""
    _, start, end = tlv(der, 0)
    return tuple(_attribute(der, at) for _, at, _ in children(der, start, end))


@lru_cache(maxsize=4096)
def _told(rdn: tuple[Attribute, ...]) -> Name:
    return Name(
        text=printable(" + ".join(map(_shown, rdn))),
        canonical=b"\t".join(sorted(map(_canonical_attribute, rdn))),
        common_names=tuple(
            printable(_decoded(tag, value)) for kind, tag, value in rdn if kind == _COMMON_NAME
        ),
    )


def _canonical_attribute(attribute: Attribute) -> bytes:
    """As OpenSSL's asn1_string_canon (crypto/x509/x_name.c).

    Strings become UTF-8, ASCII letters lower case, runs of ASCII white space one space; values
    of other types (NumericString among them) are compared as they are.
    """
    kind, tag, value = attribute
    if encoding := _ENCODINGS.get(tag):
        text = value if encoding == "utf-8" else value.decode(encoding).encode()
        return b"%b=%b" % (kind.encode(), b" ".join(text.split()).lower())
    return b"%b#%d:%b" % (kind.encode(), tag, value.hex().encode())


def _shown(attribute: Attribute) -> str:
    kind, tag, value = attribute
    keyword = _KEYWORDS.get(kind) or f"OID.{kind}"
    text = _decoded(tag, value)
    if _NEEDS_QUOTES.search(text) and (tag in _ENCODINGS or tag == _NUMERIC):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{keyword}={text}"


def _decoded(tag: int, value: bytes) -> str:
    if tag == _NUMERIC:
        return value.decode("latin-1")
    if encoding := _ENCODINGS.get(tag):
        return value.decode(encoding)
    return f"#{tag:02x}{len(value):02x}{value.hex()}"


def _attribute(der: bytes, at: int) -> Attribute:
    _, type_start, type_end = tlv(der, at)
    tag, start, end = tlv(der, type_end)
    return oid(der[type_start:type_end]), tag, der[start:end]


def _parsed(keyword: str, value: str) -> Attribute | None:
    keyword = keyword.upper().removeprefix("OID.")
    kind = _TYPES.get(keyword, keyword)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)+", kind):
        return None
    if value.startswith('"'):
        value = value[1:-1]
    return kind, _UTF8, _ESCAPE.sub(_unescaped, value.encode("utf-8", "replace"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if len(match[1]) == 2 else match[1]
