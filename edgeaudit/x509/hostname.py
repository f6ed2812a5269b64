"""Whether a certificate speaks for a host: by OpenSSL, by RFC 9525, and as an audit asks it."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import idna

from edgeaudit.errors import InputError
from edgeaudit.x509.libcrypto import libcrypto, parsed

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
# `*.example.com`, at least two labels after the star (OpenSSL, v3_utl.c, valid_star).
_WILDCARD = re.compile(rf"\*((?:\.{_LABEL}){{2,}})")
# What the star may stand for: one label without underscores (v3_utl.c, wildcard_match).
_STARRED = re.compile(r"[a-z0-9-]+")
# A star as the complete left-most label (RFC 9525, 6.3).
_WHOLE_LABEL = re.compile(r"\*(\.[^*]+)")
_PORT = re.compile(r":[0-9]*$")
_DOT = re.compile("[.\u3002\uff0e\uff61]")  # what UTS #46 takes for a dot
_LONGEST = 253  # RFC 1035, 2.3.4


def bare_host(host_alias: str) -> str:
    """A host alias without port, brackets and final dot, in lower case, IDN as A-labels.

    What is no host name comes back as it can; it never raises.
    """
    host = host_alias.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = _PORT.sub("", host)
    return a_labels(host.removesuffix("."))


def covers(certificate: Certificate, host_alias: str) -> bool:
    """Whether `certificate` is good for `host_alias`, which may carry a port.

    As OpenSSL's X509_check_host and X509_check_ip judge, save that a star stands only for a whole
    label, and that a wildcard alias (`*.example.com`) needs the same wildcard in the certificate.
    The common name counts only where there is no dNSName, and never for an address.
    """
    host = bare_host(host_alias)
    if address := _address(host):
        return address in certificate.ip_addresses
    patterns = certificate.dns_names or certificate.common_names
    return bool(host) and any(_matches(a_labels(pattern), host) for pattern in patterns)


def openssl_covers(certificate: Certificate, host: str) -> bool:
    """Whether `certificate` is good for a host name or address, as `openssl x509 -checkhost` says.

    A name is taken as it stands: with a leading dot it is any host below, as OpenSSL has it. Raises
    InputError for a NUL character, MissingLibrary where libcrypto cannot be called, ValueError
    where the certificate is known by description only.
    """
    if certificate.der is None:
        raise ValueError("known by description only: there is nothing to check")
    if "\0" in host:
        raise InputError("a host name cannot hold a NUL character")
    address, name = _packed(host), host.encode("utf-8", "replace")
    with parsed(certificate.der) as (handle, _):
        if address:
            return bool(libcrypto().X509_check_ip(handle, address, len(address), 0) == 1)
        return bool(libcrypto().X509_check_host(handle, name, len(name), 0, None) == 1)


def modern_covers(certificate: Certificate, host_alias: str) -> bool:
    """Whether `certificate` is good for `host_alias`, which may carry a port, by RFC 9525.

    Names count only in subjectAltName and as A-labels, a star only as the complete left-most label,
    where it stands for exactly one (6.3). Java, Go and browsers judge so, or more strictly.
    """
    host = bare_host(host_alias)
    if address := _address(host):
        return address in certificate.ip_addresses
    label, dot, parent = host.partition(".")
    for pattern in map(str.lower, certificate.dns_names):
        star = _WHOLE_LABEL.fullmatch(pattern)
        if host and (pattern == host or (star and label and dot + parent == star[1])):
            return True
    return False


def disagreement(certificate: Certificate, host_alias: str) -> str | None:
    """Where OpenSSL and RFC 9525 part over `host_alias`, in one sentence; None where they agree.

    Raises as `openssl_covers` does.
    """
    host = bare_host(host_alias)
    is_good = openssl_covers(certificate, host)
    if is_good == modern_covers(certificate, host):
        return None
    if not is_good:
        return "OpenSSL does not take the wildcard for this name, modern clients do (RFC 9525)"
    if not certificate.dns_names:
        return "OpenSSL takes the common name, modern clients do not (RFC 9525)"
    if host.startswith("."):
        return "OpenSSL takes any host below this name, modern clients do not (RFC 9525)"
    return "OpenSSL takes a wildcard within a label, modern clients do not (RFC 9525)"


def _matches(pattern: str, host: str) -> bool:
    if pattern == host:
        return True
    wildcard = _WILDCARD.fullmatch(pattern)
    label, dot, parent = host.partition(".")
    return bool(wildcard and dot + parent == wildcard[1] and _STARRED.fullmatch(label))


@lru_cache(maxsize=65_536)
def a_labels(host: str) -> str:
    """A host in lower case, IDN as A-labels (UTS #46); what is none comes back as it can."""
    if host.isascii() or len(host) > _LONGEST:
        return host.lower()
    return ".".join(map(_a_label, _DOT.split(host)))


def _a_label(label: str) -> str:
    try:
        return label.lower() if label.isascii() else idna.encode(label, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return label.lower()


def is_address(host: str) -> bool:
    """Whether a bare host is an IP address."""
    return _address(host) is not None


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _packed(host: str) -> bytes | None:
    address = _address(host)
    return ipaddress.ip_address(address).packed if address else None
