"""Whether Java takes a certificate for a host, and how it names the host to the server.

sun.security.util.HostnameChecker, for TLS.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from encodings import idna as rfc3490
from stringprep import in_table_a1
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release

# What java.net.IDN takes for a dot, and what it takes in a label (USE_STD3_ASCII_RULES).
_DOT = re.compile("[.\u3002\uff0e\uff61]")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\-\u0080-\U0010ffff]+(?<!-)")
_IPV4 = re.compile(r"(?:[0-9]+\.){0,3}[0-9]+")
_LONGEST_IPV4 = 15


def java_covers(certificate: Certificate, host: str, java: Release) -> str | None:
    """None where Java takes `certificate` for `host`, a name or an address, else what it says.

    The host is taken as JSSE takes it: an address without its brackets, a name without its final
    dot, which up to Java 11 stays and makes it illegal. The common name counts where
    subjectAltName has no dNSName. Stars may stand anywhere in the left-most label, for any letters
    or none. A name that is no legal host name (RFC 3490, UseSTD3ASCIIRules), such as one with an
    underscore, no certificate covers.
    """
    if not java.keeps_final_dot:
        host = host.removesuffix(".")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if address := _address(host):
        return _covers_address(certificate, host, address)
    if not _is_legal(host):
        return f"Illegal given domain name: {host}"
    if certificate.dns_names:
        if any(_matches(pattern, host) for pattern in certificate.dns_names):
            return None
        return f"No subject alternative DNS name matching {host} found."
    return _covers_common_name(certificate, host)


def java_server_name(host: str, java: Release) -> str | None:
    """The name of `host` that JSSE sends by itself (SNI); None where it sends none.

    That is for an address, a name without a dot, one that is no legal host name, such as one with
    an underscore, and up to Java 11 one with a final dot (sun.security.ssl.Utilities).
    """
    if not java.keeps_final_dot:
        host = host.removesuffix(".")
    has_domain = host.find(".") > 0 and not host.endswith(".")
    if not has_domain or _address(host) or not _is_legal(host):
        return None
    return b".".join(_encoded(host)).decode("ascii")


def _covers_common_name(certificate: Certificate, host: str) -> str | None:
    for name in certificate.common_names[-1:]:
        if not unicodedata.is_normalized("NFKC", name):
            return f"Not a formal name {name}"
        if _matches(name, host):
            return None
    return f"No name matching {host} found"


def _covers_address(certificate: Certificate, host: str, address: str) -> str | None:
    if not certificate.has_san:
        return "No subject alternative names present"
    if address in map(_address, certificate.ip_addresses):
        return None
    return f"No subject alternative names matching IP address {host} found"


def _address(host: str) -> str | None:
    """The usual form of an address; of IPv4 Java knows those in fewer parts, the last longer."""
    if _IPV4.fullmatch(host) and len(host) <= _LONGEST_IPV4:
        *high, low = map(int, host.split("."))
        size = 4 - len(high)
        if all(part < 1 << 8 for part in high) and low < 1 << 8 * size:
            return str(ipaddress.IPv4Address(bytes(high) + low.to_bytes(size, "big")))
        return None
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _is_legal(name: str) -> bool:
    """Whether javax.net.ssl.SNIHostName takes it."""
    try:
        _encoded(name)
        labels = [each if each.isascii() else rfc3490.nameprep(each) for each in _DOT.split(name)]
    except UnicodeError:
        return False
    return all(map(_LABEL.fullmatch, labels))


def _matches(pattern: str, host: str) -> bool:
    try:
        pattern, host = _readable(pattern), _readable(host)
    except UnicodeError:
        return False
    if not _is_legal(pattern.replace("*", "z")):
        return False
    if "*" in pattern and "." not in pattern[pattern.rindex("*") :]:
        return False
    first, dot, parent = pattern.partition(".")
    label, host_dot, host_parent = host.partition(".")
    stars = ".*".join(map(re.escape, first.split("*")))
    return dot + parent == host_dot + host_parent and bool(re.fullmatch(stars, label))


def _encoded(name: str) -> list[bytes]:
    """The labels of `name` as A-labels.

    Raises UnicodeError where one is empty, too long, or newer than Unicode 3.2 (RFC 3490, 4.1).
    """
    if any(map(in_table_a1, name)):
        raise UnicodeError("an unassigned code point")
    return [rfc3490.ToASCII(label) for label in _DOT.split(name)]


def _readable(name: str) -> str:
    """`name` with U-labels, in lower case. Raises UnicodeError as `_encoded` does."""
    return ".".join(map(_u_label, _encoded(name))).lower()


def _u_label(label: bytes) -> str:
    """A label that does not decode to a legal one stays as it is."""
    try:
        text = rfc3490.ToUnicode(label)
        _encoded(text)
    except UnicodeError:
        return label.decode("ascii")
    return text
