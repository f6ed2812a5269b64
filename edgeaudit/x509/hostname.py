"""Whether a certificate speaks for a host, as OpenSSL judges it (RFC 6125, RFC 9525)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import idna

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
# `*.example.com`, at least two labels after the star (OpenSSL, v3_utl.c, valid_star).
_WILDCARD = re.compile(rf"\*((?:\.{_LABEL}){{2,}})")
# What the star may stand for: one label without underscores (v3_utl.c, wildcard_match).
_STARRED = re.compile(r"[a-z0-9-]+")
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
    return _a_labels(host.removesuffix("."))


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
    return bool(host) and any(_matches(_a_labels(pattern), host) for pattern in patterns)


def _matches(pattern: str, host: str) -> bool:
    if pattern == host:
        return True
    wildcard = _WILDCARD.fullmatch(pattern)
    label, dot, parent = host.partition(".")
    return bool(wildcard and dot + parent == wildcard[1] and _STARRED.fullmatch(label))


@lru_cache(maxsize=65_536)
def _a_labels(host: str) -> str:
    if host.isascii() or len(host) > _LONGEST:
        return host.lower()
    return ".".join(map(_a_label, _DOT.split(host)))


def _a_label(label: str) -> str:
    try:
        return label.lower() if label.isascii() else idna.encode(label, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return label.lower()


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
