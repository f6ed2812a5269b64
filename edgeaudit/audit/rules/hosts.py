"""What Routers and Message Processors have in their own files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.offer import Offer
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.ciphers import is_usable, key_of, weak_suites
from edgeaudit.audit.rules.protocols import legacy, shortened
from edgeaudit.audit.shut_out import excluded
from edgeaudit.tls.nginx import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.host import Host, Server, Setting
    from edgeaudit.inventory import VirtualHost
    from edgeaudit.tls.clients import Client

_ROUTER = "load.balancing.driver.server.ssl."
_JAVA_PROTOCOLS = ("https.protocols", "jdk.tls.client.protocols")
_COMPARED_PROPERTIES = (
    f"{_ROUTER}protocols",
    f"{_ROUTER}ciphers",
    "jsse.enableSNIExtension",
    *_JAVA_PROTOCOLS,
    "https.cipherSuites",
    "jdk.tls.disabledAlgorithms",
    "jdk.certpath.disabledAlgorithms",
    "local.http.ssl",
)
_UNSET = "nothing"
# of nginx's, those that decide about handshakes
_COMPARED = (
    "ssl_ciphers",
    "ssl_prefer_server_ciphers",
    "ssl_verify_client",
    "ssl_reject_handshake",
)


@rule(over=Evidence.hosts, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.WARNING)
def weak_host_setting(host: Host, evidence: Evidence) -> Iterator[Hit]:
    """A file of a Router or Message Processor allows what the policy does not.

    That is a protocol version below `protocol_floor`, or a weak cipher suite. It holds for every
    virtual host, or every target, that says nothing of its own. Lines in which a virtual host is
    concerned that was read are judged by legacy-protocol and weak-cipher.

    Remedy: in /opt/apigee/customer/application/router.properties set
    conf_load_balancing_load.balancing.driver.server.ssl.protocols=TLSv1.2 and ...ssl.ciphers, or in
    message-processor.properties conf/system.properties+https.protocols=TLSv1.2, on every host of
    the kind; then restart the component, one host after the other.

    Source: Apigee Edge, "Setting TLS protocol for Router and Message Processor", 4.17.09 to
    4.54.00; RFC 8996; RFC 9325, 4.1 and 4.2.
    """
    told_of = evidence.places_of_virtual_hosts
    floor = evidence.policy.protocol_floor
    for setting, offer in _offers(host):
        if setting.where in told_of:
            continue
        if old := legacy(offer.protocols, offer.dialect, floor):
            told = f"{host.title} allows {', '.join(old)}, below {floor.spelling}"
            facts = {"host": host.title, "setting": setting.name, "protocols": old}
            yield Hit(told, facts={**facts, "floor": floor.spelling}, where=setting.where)
        if offer.ciphers and (hit := weak_suites(offer, evidence.policy)):
            facts = {"setting": setting.name, **hit.facts}
            yield Hit(hit.message, facts=facts, where=setting.where)


def _offers(host: Host) -> Iterator[tuple[Setting, Offer]]:
    """The settings in effect that name protocols or suites, each as an offer of its own."""
    for setting in host.settings_in_effect():
        text = setting.value
        if setting.name == "ssl_protocols" or setting is host.settings.get(f"{_ROUTER}protocols"):
            yield setting, Offer("openssl", words(text), (), host=host.title)
        elif setting.name == "ssl_ciphers" or setting is host.settings.get(f"{_ROUTER}ciphers"):
            if text and "PROFILE=" not in text:
                yield setting, Offer("openssl", (), (":".join(words(text)),), host=host.title)
        elif any(setting is host.settings.get(name) for name in _JAVA_PROTOCOLS):
            yield setting, Offer("java", _listed(text), (), host.java, host=host.title)
        elif setting is host.settings.get("https.cipherSuites"):
            yield setting, Offer("java", (), _listed(text), host.java, host=host.title)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip().strip('"')))


class _Point(NamedTuple):
    """What a host has for a setting, told and compared, and where."""

    told: str
    where: str
    compared: object


@rule(over=Evidence.hosts, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.WARNING)
def hosts_differ(host: Host, evidence: Evidence) -> Iterator[Hit]:
    """Routers, or Message Processors, of one installation are set differently.

    A load balancer sends a client now to this Router and now to that: a handshake that one of them
    accepts and another refuses fails by chance, and is hard to track down. The same goes for calls
    to backends. Told is what the fewer hosts have; of two hosts, what the second one has.

    Remedy: make the files of all hosts of the kind say the same, and restart the component on those
    that are changed. Where the files are the same but for what Edge has made of them, the component
    has not been restarted since.

    Source: Apigee Edge, "How to configure Edge" (properties are set on each node), "Setting TLS
    protocol for Router and Message Processor".
    """
    others = [each for each in evidence.hosts() if each.kind == host.kind]
    if len(others) < 2:
        return
    all_points = {id(each): _points(each) for each in others}
    for name in dict.fromkeys(name for points in all_points.values() for name in points):
        found = [points[name] for each in others if name in (points := all_points[id(each)])]
        usual = Counter(point.compared for point in found).most_common(1)[0][0]
        own = all_points[id(host)].get(name)
        if own is None or own.compared == usual:
            continue
        theirs = next(point.told for point in found if point.compared == usual)
        count = sum(point.compared == usual for point in found)
        told = f"{host.title} has {own.told} for {name}, {_others(count, len(found))} {theirs}"
        facts = {"host": host.title, "setting": name, "value": own.told, "others": theirs}
        yield Hit(told, facts=facts, where=own.where)


def _others(count: int, found: int) -> str:
    if found == 2:
        return "and the other one"
    return "and all others" if count == found - 1 else f"and {count} others"


def _points(host: Host) -> dict[str, _Point]:
    """All that is to be the same on hosts of one kind."""
    points = dict(_of_properties(host)) if host.has_properties else {}
    if host.java_at:
        points["JAVA_VERSION"] = _Point(host.java_at.value, host.java_at.where, host.java_at.value)
    for server in host.servers:
        points |= _of_server(host, server)
    return points


def _of_properties(host: Host) -> Iterator[tuple[str, _Point]]:
    """What is set, and that other settings of the kind are not."""
    for name in _COMPARED_PROPERTIES:
        setting = host.settings.get(name)
        if setting is None:
            yield name, _Point(_UNSET, host.where, None)
        else:
            yield name, _Point(setting.value, setting.where, _normal(setting.value))


def _of_server(host: Host, server: Server) -> dict[str, _Point]:
    named = ", ".join(server.names) or '""'
    ports = ", ".join(str(port) for port in sorted(server.tls_ports))
    if not ports:
        return {}
    of = f"of {named} on port {ports}"
    points = {}
    for name in ("ssl_protocols", *_COMPARED):
        setting = server.settings.get(name)
        if name == "ssl_protocols":
            setting = next(iter(server.protocols_on()), None)
        if setting:
            point = _Point(setting.value, setting.where, _normal(setting.value))
        else:
            point = _Point(_UNSET, server.where, None)
        points[f"{name} {of}"] = point
    for store in host.stores:
        if any(each.value == store.named_by.value for each in server.certificates):
            shown = [each.sha256 or "" for entry in store.entries for each in entry.certificates]
            told = f"the certificate {shown[0][:16]}" if shown else "no certificate"
            points[f"ssl_certificate {of}"] = _Point(told, store.where, tuple(shown))
    return points


def _normal(value: str) -> frozenset[str]:
    return frozenset(value.replace(",", " ").lower().split())


@rule(over=Evidence.tls_hosts, cause=Cause.CIPHER_MISMATCH, severity=Severity.NOTE)
def client_profile_excluded(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host shares no protocol or cipher suite with a well-known kind of client.

    Such a client is refused whatever certificate it is shown (`handshake_failure`,
    `protocol_version`). Kinds that `clients` of the policy names are a warning. Of the others those
    are told that have a protocol of the host, and could be served with a suite that the policy
    allows, as Java 8 without the unlimited-strength policy where all suites have AES 256. That
    TLSv1.2 shuts Java 6 out is what was wanted of it. Judged is what the Routers' files say, or
    else the virtual host; where neither names protocols, the default of the Edge version, if that
    is known.

    Remedy: add a suite (or a protocol) that the client has to the virtual host's properties
    ssl_ciphers and ssl_protocols, or to the Router's; or have the client brought up to date.

    Source: Apigee Edge, "TLS/SSL handshake failures", causes "Protocol mismatch" and "Cipher
    mismatch"; the hellos of these clients (Qualys SSL Labs, JSSE Reference Guides).
    """
    key = key_of(host, evidence)
    for offer in evidence.offers(host):
        if offer.unknown_protocols or not is_usable(offer, key):
            continue  # unknown-protocol and no-usable-cipher say so
        found = excluded(offer, evidence.edge_version, key)
        named = [each for each in found if each.name in evidence.policy.clients]
        others = [each for each in found if each not in named and _is_meant(each, offer, evidence)]
        for those, severity in ((named, Severity.WARNING), (others, Severity.NOTE)):
            if those:
                titles = [each.title for each in those]
                yield Hit(
                    f"no handshake with {shortened(titles)} can succeed{offer.there}",
                    facts={"clients": [each.name for each in those], **offer.facts},
                    severity=severity,
                    where=offer.ciphers_at,
                )


def _is_meant(client: Client, offer: Offer, evidence: Evidence) -> bool:
    """Whether it could be served in a version of both sides with suites that the policy allows."""
    policy = evidence.policy
    common = [each for each in client.versions if each in offer.versions]
    able = [each for each in common if each >= policy.protocol_floor]
    return client.agrees(
        able, [each for each in client.suites if not policy.weaknesses(each)], None
    )
