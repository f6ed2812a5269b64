"""Whether Java takes a certificate for a host (sun.security.util.HostnameChecker, for TLS)."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate

# What java.net.IDN takes for a dot, and what it takes in a label (USE_STD3_ASCII_RULES).
_DOT = re.compile("[.\u3002\uff0e\uff61]")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def java_covers(certificate: Certificate, host: str) -> str | None:
    """None where Java takes `certificate` for `host`, a name or an address, else what it says.

    The host is taken as JSSE takes it: an address without its brackets, a name without its final
    dot. Names of the common name count where subjectAltName has no dNSName; a star may stand in
    any place of the left-most label, but not for its lack.
    """
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
    if certificate.common_names and _matches(certificate.common_names[-1], host):
        return None
    return f"No name matching {host} found"


def _covers_address(certificate: Certificate, host: str, address: str) -> str | None:
    if not certificate.has_san:
        return "No subject alternative names present"
    if address in certificate.ip_addresses:
        return None
    return f"No subject alternative names matching IP address {host} found"


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _is_legal(name: str) -> bool:
    """Whether javax.net.ssl.SNIHostName takes it, once a star is a letter."""
    return bool(name) and all(_LABEL.fullmatch(label) for label in _DOT.split(name))


def _matches(pattern: str, host: str) -> bool:
    if pattern in ("*", "*.") or not _is_legal(pattern.replace("*", "z")):
        return False
    if "*" in pattern and "." not in pattern[pattern.rindex("*") :]:
        return False
    first, dot, parent = pattern.lower().partition(".")
    label, host_dot, host_parent = host.lower().partition(".")
    star = ".*".join(map(re.escape, first.split("*")))
    return dot + parent == host_dot + host_parent and bool(re.fullmatch(star, label))
