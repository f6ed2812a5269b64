"""All paths of the management API below `/v1`, and the answer for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import bodies
from .answers import Answer, Path, refusal
from .certificates import pem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .forms import Forms
    from .installation import Alias, Environment, Installation, Keystore, Organization

_SECTIONS = ("keystores", "references", "virtualhosts", "targetservers", "deployments")


class Tree:
    """The answers of an installation as it stands at `now`, in the forms drawn.

    `answers` has one for each path that exists; names are decoded, and in the long form.
    """

    def __init__(self, installation: Installation, now: datetime, forms: Forms) -> None:
        self.answers: dict[Path, Answer] = {}
        self._now = now
        self._forms = forms
        self._put_names(("organizations",), (each.name for each in installation.organizations))
        for organization in installation.organizations:
            self._put_organization(organization)

    def _put_organization(self, organization: Organization) -> None:
        at = ("organizations", organization.name)
        names = self._forms.shuffled((each.name for each in organization.environments), *at)
        self._put(at, bodies.organization(organization.name, names))
        self._put((*at, "apis"), [])
        self._put((*at, "sharedflows"), [])
        deployments = bodies.organization_deployments(organization.name, names)
        self._put((*at, "deployments"), deployments)
        self._put_names((*at, "environments"), self._perhaps_with_empty(names))
        for environment in organization.environments:
            self._put_environment((*at, "environments", environment.name), environment)

    def _put_environment(self, at: Path, environment: Environment) -> None:
        self._put(at, bodies.environment(environment.name))
        if environment.is_portal:
            for section in _SECTIONS:
                self._answer((*at, section), _forbidden(section))
            return
        self._put((*at, "deployments"), bodies.deployments(at[1], environment.name))
        self._put_keystores((*at, "keystores"), environment.keystores)
        self._put_objects((*at, "references"), map(bodies.reference, environment.references))
        hosts = [bodies.virtual_host(each, self._forms) for each in environment.virtual_hosts]
        self._put_objects((*at, "virtualhosts"), hosts)
        servers = [bodies.target_server(each, self._forms) for each in environment.target_servers]
        self._put_objects((*at, "targetservers"), servers)

    def _put_objects(self, at: Path, objects: Iterable[bodies.Body]) -> None:
        named = {str(each["name"]): each for each in objects}
        self._put_names(at, named)
        for name, body in named.items():
            self._put((*at, name), body)

    def _put_keystores(self, at: Path, stores: Iterable[Keystore]) -> None:
        self._put_names(at, self._perhaps_with_empty(store.name for store in stores))
        for store in stores:
            here = (*at, store.name)
            self._put(here, bodies.keystore(store, self._forms))
            self._put_names((*here, "aliases"), (alias.name for alias in store.aliases))
            self._put_names((*here, "certs"), (alias.cert_name for alias in store.aliases))
            for alias in store.aliases:
                self._put_alias(here, alias)

    def _put_alias(self, store: Path, alias: Alias) -> None:
        text = self._pem(alias)
        self._put((*store, "aliases", alias.name), bodies.alias(alias, self._now, self._forms))
        self._answer((*store, "aliases", alias.name, "certificate"), text)
        # The specification takes either name in this place.
        for name in (alias.name, alias.cert_name):
            self._put((*store, "certs", name), bodies.cert(alias, self._now, self._forms))
            self._answer((*store, "certs", name, "export"), text)

    def _perhaps_with_empty(self, names: Iterable[str]) -> list[str]:
        return [*names, ""] if self._forms.empty_names else list(names)

    def _put_names(self, at: Path, names: Iterable[str]) -> None:
        self._put(at, self._forms.shuffled(names, *at))

    def _put(self, at: Path, value: object) -> None:
        content_type = self._claimed("application/json", instead="text/plain")
        self._answer(at, Answer(200, self._forms.text(value), content_type))

    def _answer(self, at: Path, answer: Answer) -> None:
        self.answers[at] = answer

    def _pem(self, alias: Alias) -> Answer:
        content_type = self._claimed("text/plain", instead="application/json")
        return Answer(200, pem(alias.chain, self._forms), content_type)

    def _claimed(self, content_type: str, *, instead: str) -> str:
        return content_type if self._forms.content_type == "right" else instead


def _forbidden(section: str) -> Answer:
    return refusal(403, "forbidden", f"The user has no permission to read {section} of portal")
