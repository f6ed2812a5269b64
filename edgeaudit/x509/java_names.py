"""Names as Java compares them: distinguished names, and names against name constraints."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from edgeaudit.x509.der import OID, SEQUENCE, SET, contents, fields, oid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Equal exactly where two X500Principals are: attributes by type and value, RDN by RDN.
JavaName = tuple[tuple[tuple[str, str], ...], ...]

# Attributes with a keyword in RFC 2253; the values of others are compared as they are encoded.
_KEYWORDS = {
    "2.5.4.3", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11",
    "0.9.2342.19200300.100.1.25", "0.9.2342.19200300.100.1.1",
}  # fmt: skip
_STRINGS = {0x0C: "utf-8", 0x13: "latin-1"}  # UTF8String, PrintableString
_CONTROLS = "".join(map(chr, range(0x21)))


def java_name(name: x509.Name) -> JavaName:
    """`name` in the form in which Java compares it (X500Principal.getName, CANONICAL).

    UTF8String and PrintableString are compared without regard to case and repeated spaces; other
    types of string, such as BMPString, are equal to none but their like.
    """
    (rdns,) = fields(name.public_bytes(), SEQUENCE)
    return tuple(
        tuple(sorted(_attribute(element) for _, element in contents(rdn)))
        for tag, rdn in contents(rdns)
        if tag == SET
    )


def _attribute(element: bytes) -> tuple[str, str]:
    (kind, identifier), (tag, value) = contents(element)
    dotted = oid(identifier) if kind == OID else ""
    encoding = _STRINGS.get(tag)
    if dotted not in _KEYWORDS or encoding is None:
        return dotted, f"#{tag:02x}{value.hex()}"
    text = re.sub(" +", " ", value.decode(encoding, "replace")).strip(_CONTROLS)
    return dotted, unicodedata.normalize("NFKD", text.upper().lower())


def violates(certificate: x509.Certificate, above: Sequence[x509.NameConstraints]) -> bool:
    """Whether a name of `certificate` is outside of what the CAs `above` it may certify.

    Each CA's constraints are applied, which gives what Java's merging of them gives. The common
    name counts as host or address where subjectAltName has none (NameConstraintsExtension).
    """
    names = list(_names(certificate)) if above else []
    return any(_is_outside(name, constraints) for constraints in above for name in names)


def _names(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    if list(certificate.subject):
        yield x509.DirectoryName(certificate.subject)
    san = _alternatives(certificate)
    yield from san
    if not san:
        for address in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            yield x509.RFC822Name(str(address.value))
    if common := certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        yield from _named_in_subject(str(common[-1].value), {type(each) for each in san})


def _alternatives(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(
            certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        )
    except x509.ExtensionNotFound:
        return []


_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]*"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def _named_in_subject(text: str, kinds: Iterable[type]) -> Iterator[x509.GeneralName]:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if x509.DNSName not in kinds and _HOST.fullmatch(text):
            yield x509.DNSName(text)
    else:
        if x509.IPAddress not in kinds:
            yield x509.IPAddress(address)


def _is_outside(name: x509.GeneralName, constraints: x509.NameConstraints) -> bool:
    alike = [each for each in constraints.permitted_subtrees or () if type(each) is type(name)]
    excluded = [each for each in constraints.excluded_subtrees or () if type(each) is type(name)]
    permitted = not alike or any(_is_within(name, subtree) for subtree in alike)
    return not permitted or any(_is_within(name, subtree) for subtree in excluded)


def _is_within(name: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    """Whether `name` is in `subtree`, both of one kind; of odd kinds, whether they are equal."""
    if isinstance(name, x509.DNSName | x509.UniformResourceIdentifier | x509.RFC822Name):
        return _is_host_within(name.value.lower(), str(subtree.value).lower())
    if isinstance(name, x509.DirectoryName):
        outer, inner = java_name(subtree.value), java_name(name.value)
        return inner[: len(outer)] == outer
    if isinstance(name, x509.IPAddress):
        return name.value in subtree.value
    return name == subtree


def _is_host_within(host: str, subtree: str) -> bool:
    """Any name below, or the name itself; with a leading dot, below only."""
    if not subtree or host == subtree:
        return True
    return host.endswith(subtree) and (subtree[0] in ".@" or host[-len(subtree) - 1] in ".@")
