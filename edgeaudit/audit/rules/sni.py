"""What turns on the server name that a client sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit, pair, place_of
from edgeaudit.audit.sightings import unnamed_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.observed import Observation
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


@rule(over=unnamed_targets, cause=Cause.SNI_REQUIRED, severity=Severity.WARNING)
def sni_disabled(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """The Message Processors send no server name, and a backend picks its certificate by it.

    `jsse.enableSNIExtension` is off. A backend that needs the name refuses the handshake, which is
    an error; another one shows the certificate of some other site, which a truststore or a check of
    the name may refuse.

    Remedy: set `conf_system_jsse.enableSNIExtension=true` on the Message Processors
    (/opt/apigee/customer/application/message-processor.properties) and restart them one after
    another. In a Private Cloud it is off unless it is set.

    Source: Apigee Edge, "Configuring SNI between Edge Message Processor and the backend server",
    "Using SNI with Edge"; RFC 6066, 3.
    """
    service = observation.service
    unnamed = service.without_name and service.without_name.server_chain
    is_required = service.use_of_sni == "required"
    if not is_required and (service.use_of_sni != "selects" or unnamed == service.chain):
        return
    shows = "refuses a client without server name" if is_required else "shows another one"
    silent = [each for each in evidence.message_processors if each.sni is False]
    lines = sorted(each.sni_at.where for each in silent if each.sni_at)
    found = hit(
        observation,
        f"{pair(observation)}: the Message Processors name no host (SNI), and the backend {shows}",
        {
            "target": place_of(observation),
            "sni": service.use_of_sni,
            **({"set_at": lines} if lines else {}),
        },
        Severity.ERROR if is_required else Severity.WARNING,
    )
    yield from hits(evidence.message_processors, lambda each: found if each in silent else None)
