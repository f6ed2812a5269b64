"""What Routers and Message Processors have in their own files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.fleet import ROUTER
from edgeaudit.audit.message_processor import DISABLED, DISABLED_IN_PATHS, PROTOCOLS, SNI, listed
from edgeaudit.audit.offer import Offer
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.ciphers import is_usable, key_of, unknown_suites, weak_suites
from edgeaudit.audit.rules.protocols import legacy, shortened, unknown_versions
from edgeaudit.audit.shut_out import excluded
from edgeaudit.tls.nginx import words
from edgeaudit.x509.java_algorithms import malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgeaudit.audit.fleet import Usual
    from edgeaudit.audit.policy import Policy
    from edgeaudit.host import Host, Setting
    from edgeaudit.inventory import VirtualHost
    from edgeaudit.tls.clients import Client


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
    found = []
    for setting, offer in _offers(host):
        if setting.where not in evidence.places_of_endpoints:
            found += [
                (setting.where, told, {"setting": setting.name, **facts})
                for told, facts in _weak(offer, evidence.policy)
            ]
    yield from _by_place(host, "allows", found)


def _weak(offer: Offer, policy: Policy) -> Iterator[tuple[str, dict[str, Any]]]:
    floor = policy.protocol_floor
    if old := legacy(offer.protocols, offer.dialect, floor, offer.java):
        told = f"{', '.join(old)}, below {floor.spelling}"
        yield told, {"protocols": old, "floor": floor.spelling}
    if offer.ciphers and (hit := weak_suites(offer, policy)):
        names, why = hit.facts["ciphers"], hit.facts["weaknesses"]
        yield f"{shortened(names)} ({', '.join(why)})", dict(hit.facts)


def _offers(host: Host) -> Iterator[tuple[Setting, Offer]]:
    """The settings in effect that name protocols or suites, each as an offer of its own."""
    for setting in host.settings_in_effect():
        text = setting.value
        if setting.name == "ssl_protocols" or setting is host.settings.get(f"{ROUTER}protocols"):
            yield setting, Offer("openssl", words(text), ())
        elif setting.name == "ssl_ciphers" or setting is host.settings.get(f"{ROUTER}ciphers"):
            if text and "PROFILE=" not in text:
                yield setting, Offer("openssl", (), (":".join(words(text)),))
        elif any(setting is host.settings.get(name) for name in PROTOCOLS):
            disabled, of_jvm = host.settings.get(DISABLED), host.settings.get(PROTOCOLS[1])
            value = disabled.value if disabled else None
            usual = listed(of_jvm) if of_jvm else ()
            names = listed(setting)
            yield setting, Offer("java", names, (), host.java, disabled=value, of_jvm=usual)
        elif setting is host.settings.get("https.cipherSuites"):
            yield setting, Offer("java", (), listed(setting), host.java)


@rule(over=Evidence.hosts, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.ERROR)
def unusable_host_setting(host: Host, evidence: Evidence) -> Iterator[Hit]:
    """A file of a Router or Message Processor sets what its side cannot do.

    A protocol version that Java does not know (`TLSv1.4`, `tls1.2`), nothing but versions that
    jdk.tls.disabledAlgorithms disables, or for which jdk.tls.client.protocols leaves no cipher
    suite, a value of jsse.enableSNIExtension other than `true` and `false`, or a condition among
    the disabled algorithms that Java does not know (`RSA keysize < 2048`, for `keySize`): Java then
    refuses every handshake before it has begun. A blank beside a name in https.protocols is a
    warning: Java's own HTTPS client takes it for a part of the name. An nginx refuses a
    configuration with such a protocol, and keeps to the one that it had; a cipher suite that
    OpenSSL does not know it passes over. Lines in which a virtual host or target is concerned that
    was read are judged by unknown-protocol, unknown-cipher and no-usable-cipher.

    Remedy: write the names as that side spells them, in Java with nothing but commas between them,
    in router.properties with blanks; then restart the component, one host after the other.

    Source: Java, "JSSE Reference Guide" (`jdk.tls.client.protocols`, `https.protocols`),
    `sun.net.www.protocol.https.HttpsClient`, `sun.security.ssl.Utilities`; nginx, `ssl_protocols`.
    """
    found = []
    for setting, offer in _offers(host):
        is_told_of = setting.name in ("ssl_protocols", "https.cipherSuites")
        if is_told_of or setting.where in evidence.places_of_endpoints:
            continue  # what nginx refuses is a gap
        if hit := unknown_versions(offer) or unknown_suites(offer):
            found.append((setting, hit.message, hit.facts, hit.severity))
        elif offer.refusal:
            told = f"Java {offer.java} leaves nothing of what it allows"
            found.append((setting, told, {"java": offer.refusal}, None))
    found += [(setting, told, {}, None) for setting, told in _refused(host)]
    for setting, told, facts, severity in found:
        yield Hit(
            f"{told}; so it is set on {host.title}",
            {"host": host.title, "setting": setting.name, **facts},
            severity,
            setting.where,
        )


def _refused(host: Host) -> Iterator[tuple[Setting, str]]:
    """Values with which Java does no TLS at all."""
    sni = host.settings.get(SNI)
    if sni and sni.value.lower() not in ("true", "false"):
        yield sni, f'Java takes only true or false, and not "{sni.value}"'
    for name in (DISABLED, DISABLED_IN_PATHS):
        setting = host.settings.get(name)
        if setting and (entry := malformed(setting.value)):
            yield setting, f'Java gives up all TLS for "{entry}"'


@rule(over=Evidence.hosts, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.WARNING)
def hosts_differ(host: Host, evidence: Evidence) -> Iterator[Hit]:
    """Routers, or Message Processors, of one installation are set differently.

    A load balancer sends a client now to this Router and now to that: a handshake that one of them
    accepts and another refuses fails by chance, and is hard to track down. The same goes for calls
    to backends. Told is what the fewer hosts have; of two hosts, what the second one has. A server
    that a Router lacks is told if it has another one in common with those that have it: the Routers
    of other pods have other virtual hosts.

    Remedy: make the files of all hosts of the kind say the same, and restart the component on those
    that are changed. Where the files are the same but for what Edge has made of them, the component
    has not been restarted since.

    Source: Apigee Edge, "How to configure Edge" (properties are set on each node), "Setting TLS
    protocol for Router and Message Processor".
    """
    found = []
    for name, own, usual in evidence.fleet.odd(host):
        told = f"{own.told} for {name}, {_others(usual)} {usual.told}"
        facts = {"setting": name, "value": own.told, "others": usual.told}
        found.append((own.where, told, facts))
    yield from _by_place(host, "has", found)


def _others(usual: Usual) -> str:
    if usual.all == 2:
        return "and the other one"
    if usual.having == usual.all - 1:
        return "and all others"
    return f"and {usual.having} others" if usual.having > 1 else "and another one"


def _by_place(
    host: Host, verb: str, found: Iterable[tuple[str, str, dict[str, Any]]]
) -> Iterator[Hit]:
    """One hit for each line, whatever there is to say of it."""
    by_place: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for where, told, facts in found:
        by_place[where].append((told, facts))
    for where, both in by_place.items():
        told = "; ".join(message for message, _ in both)
        settings = [facts for _, facts in both]
        facts = {"host": host.title, "settings": settings}
        yield Hit(f"{host.title} {verb} {told}", facts=facts, where=where)


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

    def judge(offer: Offer) -> Hit | None:
        if offer.unknown_protocols or not is_usable(offer, key):
            return None  # unknown-protocol and no-usable-cipher say so
        found = excluded(offer, evidence.edge_version, key)
        named = [each for each in found if each.name in evidence.policy.clients]
        others = [each for each in found if each not in named and _is_meant(each, offer, evidence)]
        if not (both := [*named, *others]):
            return None
        return Hit(
            f"no handshake with {shortened([each.title for each in both])} can succeed",
            facts={"clients": [each.name for each in both]},
            severity=Severity.WARNING if named else None,
            where=offer.ciphers_at,
        )

    yield from hits(evidence.offers(host), judge)


def _is_meant(client: Client, offer: Offer, evidence: Evidence) -> bool:
    """Whether it could be served in a version of both sides with suites that the policy allows."""
    policy = evidence.policy
    common = [each for each in client.versions if each in offer.versions]
    able = [each for each in common if each >= policy.protocol_floor]
    return bool(able) and client.agrees(
        able, [each for each in client.suites if not policy.weaknesses(each)], None
    )
