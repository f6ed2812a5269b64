"""Protocol versions that are too old, not known, or set where that has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.tls.protocols import OLD_HELLO, suggestion, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgeaudit.audit.offer import Offer
    from edgeaudit.inventory import Endpoint, VirtualHost
    from edgeaudit.tls.protocols import Dialect, Version

_SHOWN = 5


@rule(over=Evidence.protocol_settings, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.WARNING)
def legacy_protocol(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host or target allows a protocol version that is out of date.

    SSLv3, TLSv1 and TLSv1.1 must not be used any more (RFC 7568, RFC 8996): clients and backends
    switch them off one after another, and whoever has nothing newer fails then. SSLv2Hello
    (RFC 6176) has Java begin in a form that cannot carry the server's name, and that many servers
    refuse. `protocol_floor` of the policy tells what is out of date (TLSv1.2 and later are not
    unless it says so). What is not set is not judged: Edge's own defaults differ by version.

    Remedy: first make sure that the other side can do TLSv1.2 or later. Then, in a virtual host,
    set the property ssl_protocols to "TLSv1.2" (with "TLSv1.3" where the Router has it); in a
    target server or target endpoint take the old ones out of Protocols.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Protocol mismatch"; "Setting TLS
    protocol for Router and Message Processor"; RFC 8996.
    """
    floor = evidence.policy.protocol_floor

    def judge(offer: Offer) -> Hit | None:
        if not (old := legacy(offer.protocols, offer.dialect, floor, offer.java)):
            return None
        told = f"it allows {', '.join(old)}, below {floor.spelling}"
        facts = {"protocols": old, "floor": floor.spelling}
        return Hit(told, facts=facts, where=offer.protocols_at)

    yield from hits(evidence.offers(endpoint), judge)


@rule(over=Evidence.protocol_settings, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.ERROR)
def unknown_protocol(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host or target names a protocol version that its side does not know.

    The Router's nginx refuses a configuration with such a name and keeps to the one it had; Java
    refuses the connection before it has begun (`Unsupported protocol`). The Router knows SSLv2 to
    TLSv1.3 in any case of letters, with blanks between them; the Message Processor's Java knows
    SSLv2Hello, SSLv3, TLSv1, TLSv1.1, TLSv1.2 and, since Java 8, TLSv1.3, written exactly so.

    Remedy: write the names as that side spells them (TLSv1, not TLSv1.0); the finding tells what
    was probably meant.

    Source: nginx, ngx_http_ssl_module, `ssl_protocols`; Java, "Standard Algorithm Names",
    SSLParameters; Apigee Edge, "Options for configuring TLS".
    """
    yield from hits(evidence.offers(endpoint), unknown_versions)


def unknown_versions(offer: Offer) -> Hit | None:
    """What an offer names that its side does not know, if there is something."""
    unknown = list(dict.fromkeys(offer.unknown_protocols))
    if not unknown:
        return None
    side = "Java" if offer.dialect == "java" else "the Router"
    found = {name: suggestion(name, offer.dialect) for name in unknown}
    meant = {name: other for name, other in found.items() if other}
    told = f"{side} knows no protocol {unknown_names(unknown, meant)}"
    facts = {"protocols": unknown, "did_you_mean": meant}
    # Java's own HTTPS client minds a blank beside a name; whether Edge does, nobody tells
    is_blank = all(version(name.strip(), offer.dialect, offer.java) for name in unknown)
    severity = Severity.WARNING if is_blank else None
    return Hit(told, facts=facts, severity=severity, where=offer.protocols_at)


@rule(over=Evidence.tls_hosts, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.NOTE)
def ignored_tls_setting(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host has protocols or ciphers in sSLInfo, where they have no effect.

    Since Edge 4.15.07 the Router is nginx and goes by the properties ssl_protocols and ssl_ciphers
    alone. Who believes in the settings of sSLInfo may think a version shut out that clients can
    still use, or allowed when it is not.

    Remedy: say what is meant in the properties ssl_protocols and ssl_ciphers of the virtual host,
    in nginx's and OpenSSL's names, and take it out of sSLInfo.

    Source: Edge API specification, virtual hosts (`ciphers`, `protocols`); Apigee Edge, "Virtual
    host property reference".
    """
    if host.tls is None:
        return
    ignored = {"protocols": list(host.tls.protocols), "ciphers": list(host.tls.ciphers)}
    set_ones = {name: names for name, names in ignored.items() if names}
    if set_ones:
        told = " and ".join(f"{name} ({', '.join(names)})" for name, names in set_ones.items())
        yield Hit(f"sSLInfo sets {told}, without effect", facts=set_ones)


def legacy(
    names: Sequence[str], dialect: Dialect, floor: Version, java: int | None = None
) -> list[str]:
    """Those of the names that stand for something older than the floor."""
    found = {name: version(name, dialect, java) for name in names}
    return [
        name
        for name, one in found.items()
        if (one is not None and one < floor) or (dialect == "java" and name == OLD_HELLO)
    ]


def unknown_names(names: Sequence[str], meant: Mapping[str, str]) -> str:
    """The first of the names in a message, each with what was meant by it, if that is known."""
    told = [f'"{n}" (meant: {meant[n]})' if n in meant else f'"{n}"' for n in names]
    return shortened(told)


def shortened(parts: Sequence[str]) -> str:
    """The first few parts of a list, and how many more there are."""
    rest = len(parts) - _SHOWN
    told = ", ".join(parts[:_SHOWN])
    return f"{told} and {rest} more" if rest > 0 else told
