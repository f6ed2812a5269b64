"""A small installation, built in a test line by line, and what the audit finds in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import (
    Alias,
    Environment,
    Gap,
    Inventory,
    Keystore,
    ProxyTarget,
    Reference,
    Revision,
    Section,
    StoredCertificate,
    StoreName,
    TargetServer,
    TlsSettings,
    Told,
    VirtualHost,
)
from edgeaudit.location import numbered
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.observed import Observation
    from edgeaudit.audit.report import Report
    from edgeaudit.host import Host
    from edgeaudit.x509.certificate import Certificate

PROD = "acme/prod"
ROOT = CA.root("Acme Root")
ISSUING = ROOT.intermediate("Acme Issuing CA")
TRUST = Trust([ROOT.certificate], public_roots=False)
LEAF = ISSUING.leaf("api.example.com")

# What an estate is not built for, since it is told in few words: stores are named directly, and
# many a target has no truststore. The tests of these rules ask for them by name.
TERSE = {"direct-store-name", "no-truststore"}


class Estate:
    """One environment, acme/prod. Stores and endpoints are added by name."""

    def __init__(self) -> None:
        self._keystores: dict[str, Keystore] = {}
        self._references: dict[str, Reference] = {}
        self._hosts: dict[str, VirtualHost] = {}
        self._servers: dict[str, TargetServer] = {}
        self._revisions: dict[str, Revision] = {}
        self._unread: dict[str, Section[Any]] = {}
        self.gaps: list[Gap] = []
        self.told = Told()
        self.hosts: tuple[Host, ...] = ()

    def store(
        self, name: str, *, keys: bool = True, unread: Sequence[str] = (), **aliases: Sequence[Made]
    ) -> Estate:
        """A keystore with a chain for each alias; a truststore with `keys=False`."""
        where = f"{PROD}/keystores/{name}"
        read = {
            alias: _alias(where, alias, [made.certificate for made in chain], keys=keys)
            for alias, chain in aliases.items()
        }
        self._keystores[name] = Keystore(where, PROD, name, Section(read, frozenset(unread)))
        return self

    def change_alias(self, store: str, alias: str, **changes: Any) -> Estate:
        """Another value for a field of an alias."""
        section = self._keystores[store].aliases
        items = {**section.items, alias: replace(section.items[alias], **changes)}
        self._keystores[store] = replace(
            self._keystores[store], aliases=replace(section, items=items)
        )
        return self

    def describe_alias(self, store: str, alias: str, *chain: Made) -> Estate:
        """An alias that is known by description only."""
        where = f"{PROD}/keystores/{store}"
        known = _alias(where, alias, [made.described for made in chain], keys=True)
        return self.change_alias(store, alias, chain=known.chain)

    def keys_of(self, store: str, *names: str) -> Estate:
        """The store is one of Edge 4.17.09: no alias resources, and these private keys."""
        self._keystores[store] = replace(self._keystores[store], keys=frozenset(names))
        return self

    def reference(self, name: str, refers: str, kind: str = "KeyStore") -> Estate:
        where = f"{PROD}/references/{name}"
        self._references[name] = Reference(where, PROD, name, refers, kind)
        return self

    def host(
        self,
        name: str,
        hosts: Sequence[str] = (),
        *,
        port: int = 443,
        trial: bool = False,
        properties: Mapping[str, str] | None = None,
        **tls: Any,
    ) -> Estate:
        """A virtual host with TLS on; settings as TlsSettings has them, store names as text."""
        where = f"{PROD}/virtualhosts/{name}"
        settings = _settings(tls)
        self._hosts[name] = VirtualHost(
            where, PROD, name, port, tuple(hosts), settings, trial, properties or {}
        )
        return self

    def server(
        self,
        name: str,
        *,
        host: str = "backend.example.com",
        port: int = 443,
        is_enabled: bool = True,
        is_called: bool = True,
        is_plain: bool = False,
        **tls: Any,
    ) -> Estate:
        """A target server with TLS on, unless `is_plain`, called by a proxy if `is_called`."""
        if is_called:
            self.proxy(f"{name}-proxy", servers=[name])
        where = f"{PROD}/targetservers/{name}"
        self._servers[name] = TargetServer(
            where,
            PROD,
            name,
            host,
            port,
            is_enabled,
            None if is_plain else _settings(tls),
        )
        return self

    def proxy(
        self,
        name: str,
        revision: int = 1,
        *,
        hosts: Sequence[str] = (),
        servers: Sequence[str] = (),
        url: str | None = None,
        policy: str | None = None,
        **tls: Any,
    ) -> Estate:
        """A deployed revision with one target endpoint, or with one service callout `policy`."""
        where = f"{PROD}/proxies/{name}/{revision}"
        target = ProxyTarget(
            f"{where}/policies/{policy}" if policy else f"{where}/targets/default",
            PROD,
            policy or "default",
            url,
            tuple(servers),
            _settings(tls) if tls else None,
        )
        self._revisions[f"proxies/{name}/{revision}"] = Revision(
            where, PROD, "proxies", name, str(revision), ("/",), tuple(hosts), (target,)
        )
        return self

    def cannot_read(self, section: str, *names: str) -> Estate:
        """Some names of a section, or without names the list itself, could not be read."""
        unread: Section[Any] = Section({}, frozenset(names), bool(names))
        self._unread[section] = unread
        return self

    def environment(self) -> Environment:
        sections: dict[str, Section[Any]] = {
            "keystores": Section(self._keystores),
            "references": Section(self._references),
            "virtual_hosts": Section(self._hosts),
            "target_servers": Section(self._servers),
            "revisions": Section(self._revisions),
        }
        for name, unread in self._unread.items():
            known = sections[name].items if unread.is_listed else {}
            sections[name] = replace(unread, items=known)
        return Environment(PROD, "acme", "prod", **sections)

    def inventory(self, installation: str = "default") -> Inventory:
        return Inventory(
            installation,
            "http://edge",
            ("acme",),
            (self.environment(),),
            tuple(self.gaps),
            told=self.told,
            hosts=self.hosts,
        )

    def report(
        self,
        now: datetime = NOW,
        trust: Trust = TRUST,
        policy: Policy | None = None,
        observations: Sequence[Observation] = (),
    ) -> Report:
        return judge([self.inventory()], trust, policy or Policy(), now, now, observations)

    def findings(self, rule: str | None = None, **options: Any) -> list[Finding]:
        """All findings but those of TERSE, or those of one rule."""
        found = self.report(**options).findings
        return [each for each in found if (each.rule == rule if rule else each.rule not in TERSE)]

    def found(self, **options: Any) -> set[tuple[str, str, str]]:
        """Rule, place below acme/prod and severity of every finding."""
        return {
            (each.rule, each.where.removeprefix(f"{PROD}/"), each.severity.value)
            for each in self.findings(**options)
        }


def secure(chain: Sequence[Made] = (LEAF, ISSUING), hosts: Sequence[str] = ()) -> Estate:
    """A virtual host `web` whose keystore `web` holds the chain as alias `server`."""
    return (
        Estate().store("web", server=chain).host("web", hosts, keystore="web", key_alias="server")
    )


def mutual(chain: Sequence[Made] = (LEAF, ISSUING), *, is_enabled: bool = True) -> Estate:
    """A target server `backend` that shows the chain as its client certificate."""
    estate = Estate().store("client", me=chain)
    return estate.server(
        "backend", is_enabled=is_enabled, client_auth=True, keystore="client", key_alias="me"
    )


def _alias(store: str, name: str, chain: Sequence[Certificate], *, keys: bool) -> Alias:
    where = f"{store}/{name}"
    stored = [
        StoredCertificate(numbered(where, index), where, index, certificate)
        for index, certificate in enumerate(chain)
    ]
    return Alias(where, store, name, keys, tuple(stored))


def _settings(tls: dict[str, Any]) -> TlsSettings:
    names = {key: StoreName(tls[key]) for key in ("keystore", "truststore") if tls.get(key)}
    return TlsSettings(**{"enabled": True, **tls, **names})
