"""Certificates in the files of Routers and Message Processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.protocols import shortened
from edgeaudit.audit.rules.served import is_same, named
from edgeaudit.audit.time_left import days_left, has_expired, time_left

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from edgeaudit.host import Host, Setting, StoreFile
    from edgeaudit.inventory import Keystore, VirtualHost
    from edgeaudit.x509.certificate import Certificate

_OF_CLIENTS = "ssl_client_certificate"
_ANCHORS = (_OF_CLIENTS, "ssl_trusted_certificate", "javax.net.ssl.trustStore")


@rule(over=Evidence.hosts, cause=Cause.EXPIRED_CERTIFICATE, severity=Severity.WARNING)
def host_certificate_expiring(host: Host, evidence: Evidence) -> Iterator[Hit]:
    """A certificate in a file of a Router or Message Processor has expired, or will before long.

    It stands in a file that nginx's configuration names (`ssl_certificate`,
    `ssl_client_certificate`, `ssl_trusted_certificate`), or in a keystore or truststore that the
    properties name. Once it has expired, and within `error_within` of the policy, it is an error,
    within `warn_within` a warning; at most a warning in a truststore of Java, which does not look
    at the dates of a trust anchor. Not told are certificates that Edge's API has stored too, of
    which expired-certificate and expiring-certificate speak, and CAs that have a successor beside
    them.

    Remedy: put the renewed certificate, with its chain and key, into the file on every host that
    has it, and restart the component, one host after the other. What Edge wrote there from a
    keystore is renewed in that keystore.

    Source: Apigee Edge, "Configuring TLS between a Router and a Message Processor"; nginx,
    ngx_http_ssl_module; RFC 5280, 6.1.3.
    """
    now = evidence.now
    for store in host.stores:
        held = [each for entry in store.entries for each in entry.certificates]
        for each in dict.fromkeys(held):
            severity = _severity(each, store, evidence)
            if (
                severity
                and each.sha256 not in evidence.fingerprints
                and not _succeeded(each, held if _is_of_anchors(store) else (), evidence)
            ):
                yield Hit(
                    f"{host.title} has {named(each)} in {store.where}, which"
                    f" {time_left(each, now)}, at {each.not_after:%Y-%m-%d %H:%M:%S} UTC",
                    {"host": host.title, "file": store.where, "days_left": days_left(each, now)},
                    severity,
                    store.named_by.where,
                    each,
                )


def _severity(certificate: Certificate, store: StoreFile, evidence: Evidence) -> Severity | None:
    policy, now = evidence.policy, evidence.now
    is_near = policy.error_within.is_reached(certificate, now)
    if has_expired(certificate, now) or is_near:
        is_java_s = store.named_by.name.endswith("trustStore")
        return Severity.WARNING if is_java_s else Severity.ERROR
    return Severity.WARNING if policy.warn_within.is_reached(certificate, now) else None


def _is_of_anchors(store: StoreFile) -> bool:
    return store.named_by.name.endswith(_ANCHORS)


def _succeeded(certificate: Certificate, beside: Iterable[Certificate], evidence: Evidence) -> bool:
    """Whether a CA of its name that lives longer is beside it."""
    return any(
        each.subject_canonical == certificate.subject_canonical
        and each.not_after > certificate.not_after
        and not has_expired(each, evidence.now)
        for each in beside
    )


@rule(over=Evidence.routed_hosts, cause=Cause.WIRING, severity=Severity.WARNING)
def router_certificate_differs(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A Router's files hold another certificate for a virtual host than its keystore does.

    What was uploaded has not reached that Router: a keystore that is named directly takes effect
    when the Router is restarted, one by a reference within minutes; or somebody has changed the
    Router's files. The Router then shows what is in its file, be it one that is about to expire, or
    lacks the intermediate that was added since. Compared are the first certificate of the files of
    `ssl_certificate` and whether the stored chain is in them, roots aside.

    Remedy: restart that Router (`apigee-service edge-router restart`), and look again at its file;
    where it stays as it is, see the Router's log for why nginx refused the configuration.

    Source: Apigee Edge, "Update a TLS certificate for the Private Cloud"; nginx, `ssl_certificate`.
    """
    alias = evidence.impact.key_alias(host)
    leaf = evidence.leaf(alias) if alias else None
    if alias is None or leaf is None:
        return
    for router, server in evidence.routers.servers(host):
        settings = [each for each in server.certificates if each.name == "ssl_certificate"]
        chains = [_certificates(router, each) for each in settings]
        if not settings or not all(chains):
            continue  # a gap says why
        shown = [chain for chain in chains if is_same(chain[0], leaf.certificate)]
        if not shown:
            first = chains[0][0]
            told = (
                f"it has {named(first)} (serial {first.serial}, {time_left(first, evidence.now)}),"
                f" and in {alias.where} is {named(leaf.certificate)}"
                f" (serial {leaf.certificate.serial})"
            )
        elif lacking := _lacking(alias.certificates, shown[0]):
            told = f"it lacks {shortened(lacking)}, which is in {alias.where}"
        else:
            continue
        yield _on(router, settings[0].where, told, alias.where, leaf.certificate)


@rule(over=Evidence.routed_hosts, cause=Cause.UNKNOWN_CLIENT_CERTIFICATE, severity=Severity.WARNING)
def router_truststore_differs(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A Router's files check the clients of a virtual host against other CAs than its truststore.

    A CA that was added to the truststore, and is not in the Router's file, has its clients refused
    there (HTTP 400 "The SSL certificate error"); one that was taken out is still trusted. So it is
    where the virtual host demands client certificates and the Router's file does not
    (`ssl_verify_client`): then anybody gets in. Edge writes the file when the Router is restarted,
    or a reference is moved.

    Remedy: restart that Router (`apigee-service edge-router restart`), and look again at its file;
    where it stays as it is, see the Router's log for why nginx refused the configuration.

    Source: Apigee Edge, "Validating client certificates against truststore"; nginx,
    `ssl_client_certificate`, `ssl_verify_client`.
    """
    store = evidence.impact.truststore(host)
    if store is None or not (host.tls and host.tls.client_auth):
        return
    for router, server in evidence.routers.servers(host):
        verifying = server.settings.get("ssl_verify_client")
        setting = server.settings.get(_OF_CLIENTS)
        if verifying is None or verifying.value == "off":
            where = verifying.where if verifying else server.where
            told = "it asks clients for no certificate (ssl_verify_client)"
            yield _on(router, where, told, store.where)
        elif setting and (told := _differing(_certificates(router, setting), store)):
            yield _on(router, setting.where, told, store.where)


def _on(
    router: Host, where: str, told: str, stored: str, certificate: Certificate | None = None
) -> Hit:
    facts = {"host": router.title, "stored": stored}
    return Hit(f"{told}, on {router.title}", facts, None, where, certificate)


def _certificates(host: Host, setting: Setting) -> tuple[Certificate, ...]:
    """Those in the file that a setting names; none where it could not be read."""
    stores = (each for each in host.stores if each.named_by.value == setting.value)
    return tuple(one for each in stores for entry in each.entries for one in entry.certificates)


def _lacking(wanted: Iterable[Certificate], held: Collection[Certificate]) -> list[str]:
    """Those that are not held, roots aside."""
    return [
        named(each)
        for each in wanted
        if not each.is_self_issued and not any(is_same(each, one) for one in held)
    ]


def _differing(held: Collection[Certificate], store: Keystore) -> str:
    """What a Router lacks of a truststore, and has besides; nothing where not all is known."""
    is_known = store.aliases.is_complete and all(each.can_be_verified for each in store.aliases)
    if not held or not is_known:
        return ""
    wanted = {each.sha256: each for alias in store.aliases for each in alias.certificates}
    found = {each.sha256: each for each in held}
    lacking = [named(each) for sha256, each in wanted.items() if sha256 not in found]
    besides = [named(each) for sha256, each in found.items() if sha256 not in wanted]
    told = [f"it lacks {shortened(lacking)}, which is in {store.where}"] if lacking else []
    told += [f"it trusts {shortened(besides)}, which is not in {store.where}"] if besides else []
    return "; ".join(told)
