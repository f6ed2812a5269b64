"""An environment as things with particulars, to be compared with another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from edgeaudit.audit.finding import without_revision
from edgeaudit.inventory import StoreName
from edgeaudit.x509.public_key import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgeaudit.inventory import (
        Environment,
        Keystore,
        ProxyTarget,
        Revision,
        StoredCertificate,
        TargetServer,
        TlsSettings,
        VirtualHost,
    )

Kind = Literal[
    "environment",
    "keystore",
    "alias",
    "certificate",
    "reference",
    "virtual host",
    "target server",
    "proxy",
    "shared flow",
    "target",
]
Particulars = dict[str, Any]


class Thing(NamedTuple):
    """Something in an environment; `where` is its place less the revision.

    Of its `particulars` those that are not set, or that Edge does not tell, are not there.
    """

    where: str
    kind: Kind
    particulars: Particulars


def things(env: Environment) -> Iterator[Thing]:
    """All that is in it, and itself. Of a proxy's revisions the newest speaks for its targets."""
    yield Thing(env.where, "environment", {})
    for store in env.keystores:
        yield from _in_keystore(store)
    for reference in env.references:
        told = {"refers": reference.refers, "type": reference.resource_type}
        yield _thing(reference.where, "reference", told)
    for host in env.virtual_hosts:
        yield _virtual_host(host)
    for server in env.target_servers:
        yield _target_server(server)
    yield from _deployed(env)


def _in_keystore(store: Keystore) -> Iterator[Thing]:
    yield _thing(store.where, "keystore", {"keys": store.keys and sorted(store.keys)})
    for alias in store.aliases:
        yield _thing(alias.where, "alias", {"has_key": alias.has_key})
        for stored in alias.chain:
            yield _certificate(stored)


def _certificate(stored: StoredCertificate) -> Thing:
    certificate = stored.certificate
    told = {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}",
        "not_after": f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "names": list(certificate.names),
        "key": certificate.key,
        "public_key": fingerprint(certificate),
        "sha256": certificate.sha256,
    }
    return _thing(stored.where, "certificate", told)


def _virtual_host(host: VirtualHost) -> Thing:
    properties = {f"properties.{name}": value for name, value in host.properties.items()}
    told = {
        "port": host.port,
        "host_aliases": sorted(host.host_aliases),
        "free_trial_certificate": host.uses_free_trial_certificate or None,
    }
    return _thing(host.where, "virtual host", {**told, **_tls(host.tls), **properties})


def _target_server(server: TargetServer) -> Thing:
    told = {"host": server.host, "port": server.port, "enabled": server.is_enabled}
    return _thing(server.where, "target server", {**told, **_tls(server.tls)})


def _deployed(env: Environment) -> Iterator[Thing]:
    by_name: dict[str, list[Revision]] = {}
    for revision in sorted(env.revisions, key=lambda each: _number(each.number)):
        by_name.setdefault(revision.where.rpartition("/")[0], []).append(revision)
    for where, revisions in by_name.items():
        newest = revisions[-1]
        told = {
            "revisions": [each.number for each in revisions],
            "base_paths": sorted({path for each in revisions for path in each.base_paths}),
            "virtual_hosts": sorted({host for each in revisions for host in each.virtual_hosts}),
        }
        yield _thing(where, "proxy" if newest.kind == "proxies" else "shared flow", told)
        yield from map(_target, newest.targets)


def _target(target: ProxyTarget) -> Thing:
    told = {"url": target.url, "servers": list(target.servers), **_tls(target.tls)}
    return _thing(without_revision(target.where), "target", told)


def _tls(settings: TlsSettings | None) -> Particulars:
    if settings is None:
        return {}
    return {
        f"tls.{name}": value.text if isinstance(value, StoreName) else value or None
        for name, value in vars(settings).items()
    }


def _thing(where: str, kind: Kind, told: Mapping[str, Any]) -> Thing:
    """Without what is not set; tuples as lists, as JSON has them."""
    values = ((key, list(each) if isinstance(each, tuple) else each) for key, each in told.items())
    return Thing(where, kind, {key: each for key, each in values if each not in (None, "", [])})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
