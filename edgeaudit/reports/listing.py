"""Plain listings: what there is of one kind, as table, JSON or CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from edgeaudit.audit.time_left import days_left, instant
from edgeaudit.inventory import TlsSettings
from edgeaudit.location import place, printable
from edgeaudit.reports.csv import plain, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.inventory import (
        Alias,
        Endpoint,
        Environment,
        Inventory,
        Keystore,
        StoredCertificate,
        StoreName,
    )

    Row = dict[str, Any]

_COLUMNS = {
    "orgs": ("where",),
    "envs": ("where", "organization", "environment"),
    "keystores": ("where", "aliases", "private_keys", "certificates"),
    "truststores": ("where", "aliases", "certificates"),
    "aliases": ("where", "private_key", "certificates", "subject", "not_after", "days_left"),
    "certs": (
        "where",
        "subject",
        "issuer",
        "serial",
        "not_after",
        "days_left",
        "names",
        "key",
        "sha256",
    ),
    "references": ("where", "refers", "type"),
    "virtualhosts": ("where", "port", "host_aliases", "tls", "keystore", "alias", "truststore"),
    "targetservers": ("where", "host", "port", "enabled", "tls", "keystore", "alias", "truststore"),
    "proxies": ("where", "base_paths", "virtual_hosts", "targets"),
}


KINDS = tuple(_COLUMNS)


def columns(kind: str) -> tuple[str, ...]:
    """The columns of a listing of that kind."""
    return ("installation", *_COLUMNS[kind])


def rows(kind: str, inventory: Inventory, now: datetime) -> list[Row]:
    """What an inventory holds of one kind, in the order of its places."""
    if kind == "orgs":
        found: list[Row] = [{"where": place(name)} for name in inventory.organizations]
    else:
        found = [row for env in inventory.environments for row in _ROWS[kind](env, now)]
    named = [{"installation": inventory.installation, **row} for row in found]
    return sorted(named, key=lambda row: str(row["where"]))


def _table(found: Sequence[Row], names: Sequence[str]) -> str:
    if not found:
        return ""
    cells = [[printable(plain(row[name])) for name in names] for row in found]
    headers = [name.replace("_", " ") for name in names]
    return tabulate(cells, headers, tablefmt="plain", disable_numparse=True) + "\n"


def _json(found: Sequence[Row], names: Sequence[str]) -> str:
    return json.dumps(list(found), indent=2) + "\n"


def _csv(found: Sequence[Row], names: Sequence[str]) -> str:
    return written(names, found)


FORMATS: dict[str, Callable[[Sequence[Row], Sequence[str]], str]] = {
    "csv": _csv,
    "json": _json,
    "table": _table,
}


def _environments(env: Environment, _: datetime) -> Iterator[Row]:
    yield {"where": env.where, "organization": env.organization, "environment": env.name}


def _keystores(env: Environment, _: datetime) -> Iterator[Row]:
    for store in env.keystores:
        aliases = list(store.aliases)
        if not aliases or any(alias.has_key for alias in aliases):
            keys = sum(bool(alias.has_key) for alias in aliases)
            yield {**_store(store), "private_keys": keys}


def _truststores(env: Environment, _: datetime) -> Iterator[Row]:
    for store in env.keystores:
        if any(alias.has_key is False for alias in store.aliases):
            yield _store(store)


def _store(store: Keystore) -> Row:
    aliases = list(store.aliases)
    return {
        "where": store.where,
        "aliases": len(aliases),
        "certificates": sum(len(alias.chain) for alias in aliases),
    }


def _aliases(env: Environment, now: datetime) -> Iterator[Row]:
    for alias in _all_aliases(env):
        first = alias.certificates[0] if alias.chain else None
        yield {
            "where": alias.where,
            "private_key": alias.has_key,
            "certificates": len(alias.chain),
            "subject": first and first.subject,
            "not_after": first and instant(first.not_after),
            "days_left": days_left(first, now) if first else None,
        }


def _certificates(env: Environment, now: datetime) -> Iterator[Row]:
    for alias in _all_aliases(env):
        yield from (_certificate(stored, now) for stored in alias.chain)


def _certificate(stored: StoredCertificate, now: datetime) -> Row:
    certificate = stored.certificate
    return {
        "where": stored.where,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_after": instant(certificate.not_after),
        "days_left": days_left(certificate, now),
        "names": list(certificate.names),
        "key": certificate.key,
        "sha256": certificate.sha256,
    }


def _references(env: Environment, _: datetime) -> Iterator[Row]:
    for reference in env.references:
        yield {
            "where": reference.where,
            "refers": reference.refers,
            "type": reference.resource_type,
        }


def _virtual_hosts(env: Environment, _: datetime) -> Iterator[Row]:
    for host in env.virtual_hosts:
        yield {
            "where": host.where,
            "port": host.port,
            "host_aliases": list(host.host_aliases),
            **_settings(host),
        }


def _target_servers(env: Environment, _: datetime) -> Iterator[Row]:
    for server in env.target_servers:
        yield {
            "where": server.where,
            "host": server.host,
            "port": server.port,
            "enabled": server.is_enabled,
            **_settings(server),
        }


def _proxies(env: Environment, _: datetime) -> Iterator[Row]:
    for revision in env.revisions:
        called = (each.servers or ([each.url] if each.url else []) for each in revision.targets)
        yield {
            "where": revision.where,
            "base_paths": list(revision.base_paths),
            "virtual_hosts": list(revision.virtual_hosts),
            "targets": sorted({target for targets in called for target in targets}),
        }


def _settings(endpoint: Endpoint) -> Row:
    tls = endpoint.tls or TlsSettings()
    return {
        "tls": tls.enabled,
        "keystore": _written(tls.keystore),
        "alias": tls.key_alias,
        "truststore": _written(tls.truststore),
    }


def _written(name: StoreName | None) -> str | None:
    return name.text if name else None


def _all_aliases(env: Environment) -> Iterator[Alias]:
    return (alias for store in env.keystores for alias in store.aliases)


_ROWS: dict[str, Callable[[Environment, datetime], Iterator[Row]]] = {
    "envs": _environments,
    "keystores": _keystores,
    "truststores": _truststores,
    "aliases": _aliases,
    "certs": _certificates,
    "references": _references,
    "virtualhosts": _virtual_hosts,
    "targetservers": _target_servers,
    "proxies": _proxies,
}
