"""What is deployed where: every level tells it in a shape of its own (Edge API specification)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import refusal
from .proxies import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .answers import Answer
    from .bodies import Body
    from .documents import Kind
    from .forms import Forms
    from .installation import Organization, Proxy, Revision
    from .proxies import Values

_SERVERS: list[Body] = [
    {
        "pod": {"name": "gateway", "region": "dc-1"},
        "status": "deployed",
        "type": [kind],
        "uUID": f"4a3811d5-54ec-4bd2-88d0-{number:0>12}",
    }
    for number, kind in enumerate(("message-processor", "router"))
]


def deployment_values(organization: Organization, forms: Forms) -> Values:
    """What stands at each path below the organization: a body, or the whole answer."""
    names = [each.name for each in organization.environments if not each.is_portal]
    listed = [
        {"aPIProxy": _deployed(organization.proxies, name, forms), "name": name} for name in names
    ]
    yield ("deployments",), {"environment": listed, "name": organization.name}
    for kind, proxies in kinds(organization).items():
        for name in names:
            # the key is that of proxies for shared flows too (sackmesser, cmd/report)
            query = ("?sharedFlows=true",) if kind == "sharedflows" else ()
            deployed = _deployed(proxies, name, forms)
            body = {"aPIProxy": deployed, "name": name, "organization": organization.name}
            yield ("environments", name, "deployments", *query), body
        for proxy in proxies:
            yield from _Levels(organization.name, names, kind, proxy, forms).values()


def _deployed(proxies: Iterable[Proxy], environment: str, forms: Forms) -> list[Body]:
    entries: list[Body] = [
        {"name": proxy.name, "revision": revisions}
        for proxy in proxies
        if (revisions := _entries(proxy, environment, forms))
    ]
    return forms.shuffled(entries, environment)


def _entries(proxy: Proxy, environment: str, forms: Forms) -> list[Body]:
    deployed = (each for each in proxy.revisions if environment in each.deployed_in)
    return forms.shuffled((_entry(each, forms) for each in deployed), proxy.name)


def _entry(revision: Revision, forms: Forms) -> Body:
    return {"name": str(revision.number), **_state(forms)}


def _state(forms: Forms) -> Body:
    configuration = {"basePath": "/", "steps": []}
    if forms.servers == "empty":
        return {"configuration": configuration, "server": [], "state": "deployed"}
    told = {**configuration, "configVersion": "SHA-512:7c95c0c3cad6b4c2"}
    return {"configuration": told, "server": _SERVERS, "state": "deployed"}


class _Levels:
    """One proxy or shared flow: in the organization, in an environment, and each revision."""

    def __init__(
        self, organization: str, environments: list[str], kind: Kind, proxy: Proxy, forms: Forms
    ) -> None:
        self._organization = organization
        self._environments = environments
        self._kind = kind
        self._proxy = proxy
        self._forms = forms

    def values(self) -> Values:
        """What stands at each path below the organization."""
        at = (self._kind, self._proxy.name)
        yield (*at, "deployments"), self._everywhere()
        for name in self._environments:
            yield ("environments", name, *at, "deployments"), self._in_environment(name)
        for revision in self._proxy.revisions:
            here = (*at, "revisions", str(revision.number), "deployments")
            yield here, self._of_revision(revision)
            for name in self._environments:
                body = self._of_revision_in(name, revision)
                yield ("environments", name, *here), body

    def _everywhere(self) -> Body | Answer:
        found = [
            {"name": name, "revision": entries}
            for name in self._environments
            if (entries := _entries(self._proxy, name, self._forms))
        ]
        if not found and self._forms.nothing_deployed == "refused":
            return self._not_deployed()
        return {"environment": found, **self._named()}

    def _in_environment(self, name: str) -> Body | Answer:
        entries = _entries(self._proxy, name, self._forms)
        if not entries:
            return self._not_deployed()
        return {"environment": name, "revision": entries, **self._named()}

    def _of_revision(self, revision: Revision) -> Body | Answer:
        states = [{"name": name, **_state(self._forms)} for name in revision.deployed_in]
        if not states:
            return self._revision_not_deployed(revision)
        return {**self._owner(), "environment": states, "name": str(revision.number)}

    def _of_revision_in(self, name: str, revision: Revision) -> Body | Answer:
        if name not in revision.deployed_in:
            return self._revision_not_deployed(revision)
        number = str(revision.number)
        return {
            **self._owner(),
            **_state(self._forms),
            "environment": name,
            "name": number,
            "organization": self._organization,
            "revision": number,
        }

    def _named(self) -> Body:
        return {"name": self._proxy.name, "organization": self._organization}

    def _owner(self) -> Body:
        return {"aPIProxy" if self._kind == "apis" else "sharedFlow": self._proxy.name}

    def _not_deployed(self) -> Answer:
        told = f"Application {self._proxy.name} is not deployed"
        return refusal(400, "distribution.ApplicationNotDeployed", told)

    def _revision_not_deployed(self, revision: Revision) -> Answer:
        told = f"Revision {revision.number} of application {self._proxy.name} is not deployed"
        return refusal(400, "distribution.RevisionNotDeployed", told)
