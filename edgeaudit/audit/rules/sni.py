"""What turns on the server name that a client sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import VirtualHost


@rule(over=Evidence.tls_hosts, cause=Cause.SNI_REQUIRED, severity=Severity.NOTE)
def shared_port_needs_sni(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """Virtual hosts with different certificates share a port.

    The Router picks the certificate by the server name in the client's hello (SNI). A client that
    sends none, such as Java 6 or one that calls by IP address, is shown the certificate of
    whichever virtual host comes first, and ends the handshake if that does not cover the name it
    wanted.

    Remedy: nothing, if all clients send server names. Otherwise give the virtual host a port of its
    own (Private Cloud), or let all hosts of the port show one certificate that covers every name.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "SNI enabled server and a client that
    does not send it"; RFC 6066, 3; nginx, "Configuring HTTPS servers".
    """
    alias = evidence.impact.key_alias(host)
    leaf = alias and evidence.leaf(alias)
    shown = evidence.neighbours.on_port(host)
    if leaf and host.port and len(shown) > 1:
        told = f"virtual hosts with {len(shown)} different certificates share port {host.port}"
        facts = {"port": host.port, "certificates": len(shown)}
        yield Hit(told, facts=facts, certificate=leaf.certificate)
