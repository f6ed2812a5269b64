"""Certificates that do not speak for the names they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.x509.hostname import covers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Alias, VirtualHost


@rule(over=Evidence.tls_hosts, cause=Cause.HOSTNAME_MISMATCH, severity=Severity.ERROR)
def uncovered_host_alias(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host answers for a name that its certificate does not cover.

    A client that verifies names ends the handshake as soon as it has read the certificate
    (RFC 9525, 6). A wildcard covers one whole label only, though OpenSSL still takes one within a
    label; a wildcard host alias needs the same wildcard in the certificate; an IP address needs
    an iPAddress entry in subjectAltName.

    Remedy: have the certificate reissued with every host alias in subjectAltName, or point the
    virtual host at a key alias whose certificate already covers them.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Host name mismatch"; Edge API
    specification, virtual hosts (`hostAliases`).
    """
    alias = evidence.impact.key_alias(host)
    leaf = alias and evidence.leaf(alias)
    if not alias or not leaf:
        return  # missing-alias, or a gap, says so
    hosts = sorted(name for name in host.host_aliases if not covers(leaf.certificate, name))
    if hosts:
        yield Hit(
            f"the certificate of {alias.where} does not cover {', '.join(hosts)}",
            facts={"hosts": hosts, "covered": list(leaf.certificate.names)},
            certificate=leaf.certificate,
        )


@rule(over=Evidence.key_aliases, cause=Cause.HOSTNAME_MISMATCH, severity=Severity.WARNING)
def common_name_only(alias: Alias, evidence: Evidence) -> Iterator[Hit]:
    """A certificate names its host in the common name only.

    Browsers and Go have stopped to read the common name (RFC 9525, 2): without subjectAltName the
    certificate covers nothing for them, whatever Java, OpenSSL and older clients make of it.

    Remedy: have the certificate reissued with its host names in subjectAltName.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Host name mismatch"; RFC 9525.
    """
    leaf = evidence.leaf(alias)
    if evidence.impact.direction(alias) != "northbound" or leaf is None:
        return
    certificate = leaf.certificate
    if not certificate.names and not certificate.is_self_issued:
        yield Hit(
            f"{certificate.subject} has no host name in subjectAltName",
            where=leaf.where,
            certificate=certificate,
        )
