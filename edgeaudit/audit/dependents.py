"""certificate → alias → keystore → reference → virtual host, target → proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.tree import (
    Node,
    Thing,
    Use,
    named_stores,
    node_of,
    noted,
    paths_of,
    state_of,
    why_idle,
)
from edgeaudit.inventory import (
    Alias,
    Endpoint,
    Keystore,
    Reference,
    Revision,
    StoredCertificate,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgeaudit.audit.impact import Impact


class Dependents:
    """Whatever depends on a thing, step by step up to the proxies."""

    def __init__(self, impact: Impact) -> None:
        self._impact = impact
        self._references: dict[str, list[Reference]] = {}
        for env in impact.environments.values():
            for reference in env.references:
                if store := env.keystores.get(reference.refers):
                    self._references.setdefault(store.where, []).append(reference)

    def of(self, thing: Thing) -> Node:
        """The tree that begins with it. A deployed revision is where such trees end."""
        match thing:
            case StoredCertificate():
                alias = self._impact.aliases[thing.alias]
                return node_of(thing, children=(self.alias(alias, f"#{thing.index}"),))
            case Alias():
                return self.alias(thing)
            case Keystore():
                named = self._references.get(thing.where, ())
                namers = self._impact.namers(thing)
                uses = [
                    *self._uses(namers, thing, is_trust=False),
                    *self._uses(namers, thing, is_trust=True),
                ]
                return self._keystore(thing, uses, named)
            case Reference():
                return self._reference(thing, _naming(self._impact.namers(thing), thing))
            case Revision():
                return node_of(thing, paths_of(thing))
        return self._endpoint(thing)

    def alias(self, alias: Alias, note: str = "") -> Node:
        """Its keystore, with those endpoints that name the alias or trust all that is in there."""
        impact = self._impact
        store = impact.keystores[alias.keystore]
        keys = self._uses(impact.namers(alias), store, is_trust=False)
        anchors = self._uses(impact.trusters(store), store, is_trust=True)
        return node_of(alias, note, (self._keystore(store, [*keys, *anchors]),))

    def _keystore(
        self, store: Keystore, uses: Iterable[Use], references: Iterable[Reference] = ()
    ) -> Node:
        """Its direct users, and its references with theirs; `references` stand there unused too."""
        section = self._impact.environment(store).references
        direct: list[Use] = []
        named: dict[str, list[Use]] = {reference.name: [] for reference in references}
        for use in uses:
            if reference := section.get(use.name.reference):
                named.setdefault(reference.name, []).append(use)
            else:
                direct.append(use)
        by_reference = tuple(
            self._reference(section.items[name], own) for name, own in sorted(named.items())
        )
        return node_of(store, children=(*by_reference, *self._endpoints(direct)))

    def _reference(self, reference: Reference, uses: Sequence[Use]) -> Node:
        if not uses:
            return node_of(reference, "nothing names it", state="idle")
        return node_of(reference, children=self._endpoints(uses))

    def _uses(self, endpoints: Iterable[Endpoint], store: Keystore, *, is_trust: bool) -> list[Use]:
        """How each of the endpoints names the store, in one of the two ways."""
        return [
            use
            for endpoint in {each.where: each for each in endpoints}.values()
            for use in named_stores(endpoint)
            if use.is_trust is is_trust and self._impact.resolved(endpoint, use.name) is store
        ]

    def _endpoints(self, uses: Iterable[Use]) -> tuple[Node, ...]:
        notes: dict[str, list[str]] = {}
        endpoints: dict[str, Endpoint] = {}
        for use in uses:
            endpoints[use.endpoint.where] = use.endpoint
            notes.setdefault(use.endpoint.where, []).append(use.note)
        return tuple(
            self._endpoint(endpoint, *notes[where]) for where, endpoint in sorted(endpoints.items())
        )

    def _endpoint(self, endpoint: Endpoint, *notes: str) -> Node:
        revisions = sorted(self._impact.revisions(endpoint), key=lambda each: each.where)
        proxies = tuple(node_of(each, paths_of(each)) for each in revisions)
        note = noted(*notes, why_idle(endpoint, self._impact))
        return node_of(endpoint, note, proxies, state_of(endpoint))


def _naming(endpoints: Iterable[Endpoint], reference: Reference) -> list[Use]:
    return [
        use
        for endpoint in endpoints
        for use in named_stores(endpoint)
        if use.name.reference == reference.name
    ]
