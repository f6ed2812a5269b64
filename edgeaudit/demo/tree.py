"""All paths of the management API below `/v1`, and the answer for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import bodies
from .answers import Answer, Path, refusal
from .certificates import pem
from .deployments import deployment_values
from .proxies import proxy_values

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
        self._put(at, bodies.organization(organization, names))
        self._put_names((*at, "environments"), self._perhaps_with_empty(names))
        for values in (proxy_values, deployment_values):
            for path, value in values(organization, self._forms):
                self._put((*at, *path), value)
        for environment in organization.environments:
            here = (*at, "environments", environment.name)
            self._put(here, bodies.environment(environment.name))
            if environment.is_portal:
                self._forbid(here)
            else:
                has_aliases = organization.generation != "4.17.09"
                self._put_environment(here, environment, has_aliases=has_aliases)

    def _forbid(self, at: Path) -> None:
        for section in _SECTIONS:
            told = f"The user has no permission to read {section} of {at[-1]}"
            self._put((*at, section), refusal(403, "forbidden", told))

    def _put_environment(self, at: Path, environment: Environment, *, has_aliases: bool) -> None:
        self._put_names(
            (*at, "keystores"),
            self._perhaps_with_empty(each.name for each in environment.keystores),
        )
        for store in environment.keystores:
            self._put_keystore((*at, "keystores", store.name), store, has_aliases=has_aliases)
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

    def _put_keystore(self, at: Path, store: Keystore, *, has_aliases: bool) -> None:
        forms = self._forms if has_aliases else self._forms.older()
        self._put(at, bodies.keystore(store, forms))
        self._put_names((*at, "certs"), (alias.cert_name for alias in store.aliases))
        if has_aliases:
            self._put_names((*at, "aliases"), (alias.name for alias in store.aliases))
        for alias in store.aliases:
            self._put_cert(at, alias)
            if has_aliases:
                body = bodies.alias(alias, self._now, self._forms)
                self._put((*at, "aliases", alias.name), body)
                self._put((*at, "aliases", alias.name, "certificate"), self._pem(alias))

    def _put_cert(self, store: Path, alias: Alias) -> None:
        # The specification takes either name in this place.
        for name in (alias.name, alias.cert_name):
            self._put((*store, "certs", name), bodies.cert(alias, self._now, self._forms))
            self._put((*store, "certs", name, "export"), self._pem(alias))

    def _perhaps_with_empty(self, names: Iterable[str]) -> list[str]:
        return [*names, ""] if self._forms.empty_names else list(names)

    def _put_names(self, at: Path, names: Iterable[str]) -> None:
        self._put(at, self._forms.shuffled(names, *at))

    def _put(self, at: Path, value: object) -> None:
        self.answers[at] = value if isinstance(value, Answer) else self._told(value)

    def _told(self, value: object) -> Answer:
        content_type = self._claimed("application/json", instead="text/plain")
        return Answer(200, self._forms.text(value).encode(), content_type)

    def _pem(self, alias: Alias) -> Answer:
        content_type = self._claimed("text/plain", instead="application/json")
        return Answer(200, pem(alias.chain, self._forms).encode(), content_type)

    def _claimed(self, content_type: str, *, instead: str) -> str:
        return content_type if self._forms.content_type == "right" else instead
