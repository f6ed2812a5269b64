"""What a remedy must know: the installation, and the trouble in it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from edgeaudit.audit.remedies.shell import says, url
from edgeaudit.audit.time_left import has_expired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.finding import Hit
    from edgeaudit.inventory import (
        Alias,
        Endpoint,
        Environment,
        Inventory,
        Keystore,
        ProxyTarget,
        Reference,
        Revision,
        Section,
        StoreName,
    )

Role = Literal["keyStore", "trustStore"]

# no user information, and nothing that means something to a shell
_URL = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?", re.ASCII)
_DATED = re.compile(r"-\d{8}(-\d+)?$", re.ASCII)
_PKCS12_ONLY = (4, 53)  # Edge for Private Cloud, "Creating keystores and truststores using the UI"
_UNSAFE = {"", ".", ".."}  # in a path they lead to another resource
MOST = 10  # of a kind in one remedy: a store that thousands use makes no endless text


class Site:
    """An installation as those see it who are to mend it."""

    def __init__(self, inventory: Inventory, evidence: Evidence) -> None:
        self.evidence = evidence
        self.is_public_cloud = inventory.is_public_cloud
        self._source = inventory.source
        self._version = inventory.told.edge_version
        self._environments = inventory.environments
        self._names: dict[str, Names] = {}
        self._expired: dict[str, list[str]] = {}

    @property
    def base(self) -> tuple[str, ...]:
        """The lines that say where the management API is, and as whom to speak to it."""
        is_url = _URL.fullmatch(self._source)
        where = says("EDGE is the base URL of the management API, which ends in /v1.")
        credentials = (
            "EDGE_CURL names a file that only you may read, with your credentials as curl's"
            " --config takes them; you must be an administrator of the organization."
        )
        return f"EDGE={self._source}" if is_url else where, says(credentials)

    @cached_property
    def takes_pkcs12_only(self) -> bool:
        """Whether private keys must come as PKCS#12: since Private Cloud 4.53.00."""
        found = re.match(r"(\d+)\.(\d+)", self._version or "")
        return found is not None and (int(found[1]), int(found[2])) >= _PKCS12_ONLY

    @property
    def may_take_pkcs12_only(self) -> bool:
        """Whether that is so if the Private Cloud is of a late version, which nobody told."""
        return self._version is None and not self.is_public_cloud

    @cached_property
    def _old(self) -> frozenset[str]:
        stores = ((env, store) for env in self._environments for store in env.keystores)
        return frozenset(env.organization for env, store in stores if store.keys is not None)

    def has_aliases(self, env: Environment) -> bool:
        """Whether Edge has alias resources there: since 4.18.01."""
        return env.organization not in self._old

    def names(self, env: Environment) -> Names:
        """Who names what in the environment."""
        if env.where not in self._names:
            self._names[env.where] = Names(env)
        return self._names[env.where]

    def expired(self, store: Keystore) -> list[str]:
        """The aliases of a store with a certificate that has expired: Edge takes none of these."""
        if store.where not in self._expired:
            self._expired[store.where] = [
                alias.name
                for alias in sorted(store.aliases, key=_where)
                if any(has_expired(each, self.evidence.now) for each in alias.certificates)
            ]
        return self._expired[store.where]

    def unused(self, name: str, taken: Section[Any]) -> str:
        """The name with the day in it, and a number where that is taken too."""
        stem = f"{_DATED.sub('', name)}-{self.evidence.now:%Y%m%d}"
        return next(each for each in _numbered(stem) if not _is_taken(each, taken))


def _where(thing: Alias | Reference | Endpoint) -> str:
    return thing.where


class Names:
    """Who names what in one environment; the indexes are made once for all its remedies."""

    def __init__(self, env: Environment) -> None:
        self.references: dict[str, list[Reference]] = defaultdict(list)
        self.endpoints: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        self.dynamic: list[str] = []
        for reference in sorted(env.references, key=_where):
            self.references[reference.refers].append(reference)
        for endpoint in sorted(env.endpoints, key=_where):
            for role, name in roles(endpoint):
                self.endpoints[role, name.text].append(endpoint)
                if name.is_dynamic:
                    self.dynamic.append(endpoint.where)
        self.revisions: dict[str, Revision] = {
            target.where: revision for revision in env.revisions for target in revision.targets
        }


@dataclass(frozen=True)
class Case:
    """What a rule found at its subject."""

    site: Site
    subject: Any
    hit: Hit

    @cached_property
    def env(self) -> Environment:
        """The environment in which it is."""
        return self.site.evidence.impact.environment(self.subject)

    def at(self, *names: str, **query: str) -> str:
        """The quoted URL of something in the environment."""
        where = ("organizations", self.env.organization, "environments", self.env.name)
        return url(*where, *names, **query)

    def new_store(self, name: str) -> str:
        """A name for a store that does not exist yet, after that of another."""
        return self.site.unused(name, self.env.keystores)

    def new_reference(self, name: str) -> str:
        """The name for a new reference: this one, if it is free."""
        is_taken = _is_taken(name, self.env.references)
        return self.site.unused(name, self.env.references) if is_taken else name

    @property
    def names(self) -> Names:
        """Who names what in the environment."""
        return self.site.names(self.env)

    def naming(self, role: Role, text: str) -> list[Endpoint]:
        """Some of the endpoints that name a store so; the subject first, if it is one."""
        found = self.names.endpoints[role, text]
        own = [self.subject] if self.subject in found[: MOST * MOST] else []
        return [*own, *(each for each in found[:MOST] if each != self.subject)]

    def revision(self, target: ProxyTarget) -> Revision | None:
        """The revision that it is in."""
        return self.names.revisions.get(target.where)


def roles(endpoint: Endpoint) -> Iterator[tuple[Role, StoreName]]:
    """The names of stores in an endpoint's settings."""
    if endpoint.tls and endpoint.tls.keystore:
        yield "keyStore", endpoint.tls.keystore
    if endpoint.tls and endpoint.tls.truststore:
        yield "trustStore", endpoint.tls.truststore


def can_be_made(name: str | None) -> bool:
    """Whether a store of that name can be created and then reached."""
    return name is not None and name not in _UNSAFE


def told(parts: Sequence[str]) -> str:
    """The first of a list, and how many more there are."""
    rest = len(parts) - MOST
    return ", ".join(parts[:MOST]) + (f" and {rest} more" if rest > 0 else "")


def _is_taken(name: str, taken: Section[Any]) -> bool:
    return name in taken.items or name in taken.unread


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
