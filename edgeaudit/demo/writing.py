"""Changes to an installation: keystores, aliases, references, virtual hosts, target servers."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from .answers import Answer, Path, refusal
from .installation import (
    Alias,
    CommonName,
    Environment,
    Installation,
    Keystore,
    Reference,
    TargetServer,
    Tls,
    VirtualHost,
)
from .tree import Tree
from .uploads import Upload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .forms import Forms
    from .installation import Organization

_SECTIONS = {
    "keystores": "keystores",
    "references": "references",
    "virtualhosts": "virtual_hosts",
    "targetservers": "target_servers",
}


class Change(NamedTuple):
    """A request that is to change something; `path` is decoded and in the long form."""

    method: str
    path: Path
    query: Mapping[str, str]
    content_type: str
    body: bytes


class Refused(Exception):
    """Ends a change with an error's answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = refusal(status, code, message)


class Writer:
    """Applies changes to an installation, and keeps `answers` as they must then be.

    Sources: Edge API specification, "Keystores and truststores", "References", "Virtual hosts",
    "TargetServers"; apigee-edge-js, test/reference.js.
    """

    def __init__(
        self, installation: Installation, now: datetime, forms: Forms, answers: dict[Path, Answer]
    ) -> None:
        self.answers = dict(answers)
        self._organizations = {each.name: each for each in installation.organizations}
        self._now = now
        self._forms = forms
        self._lock = Lock()

    def answer(self, change: Change) -> Answer:
        """What the server says to the change, which is then made."""
        match change.path:
            case ("organizations", name, "environments", env_name, section, *names) if (
                section in _SECTIONS and name in self._organizations
            ):
                with self._lock:
                    return self._changed(
                        self._organizations[name], env_name, section, names, change
                    )
        return refusal(405, "method.not.allowed", f"{change.method} is not allowed")

    def _changed(
        self, own: Organization, env_name: str, section: str, names: list[str], change: Change
    ) -> Answer:
        known = {env.name: env for env in own.environments}
        try:
            env, status = self._applied(known[env_name], section, names, change)
        except Refused as refused:
            return refused.answer
        except (ValueError, KeyError) as error:
            return refusal(400, "messaging.config.beans.BadRequest", str(error))
        others = tuple(env if each.name == env_name else each for each in own.environments)
        self._organizations[own.name] = own = replace(own, environments=others)
        self._tell(own, env)
        return Answer(status, b"" if status == 204 else b"{}")

    def _tell(self, own: Organization, env: Environment) -> None:
        """Only what the environment itself answers can have changed."""
        alone = replace(own, environments=(env,), proxies=(), shared_flows=())
        made = Tree(Installation((alone,), (), ()), self._now, self._forms).answers
        at = ("organizations", own.name, "environments", env.name)
        places = {(*at, section) for section in _SECTIONS}
        kept = {path: told for path, told in self.answers.items() if path[:5] not in places}
        self.answers = kept | {path: told for path, told in made.items() if path[:5] in places}

    def _applied(
        self, env: Environment, section: str, names: list[str], change: Change
    ) -> tuple[Environment, int]:
        field = _SECTIONS[section]
        things: dict[str, Any] = {each.name: each for each in getattr(env, field)}
        if section == "keystores" and len(names) > 1:
            store, status = self._stored(_found(things, names[0]), names[1:], change)
            things[store.name] = store
        elif change.method == "DELETE" and len(names) == 1:
            _found(things, names[0])
            del things[names[0]]
            status = 200
        else:
            thing = _read(section, env, json.loads(change.body))
            status = _check_name(things, names, thing.name, change.method)
            things[thing.name] = thing
        changed: dict[str, Any] = {field: tuple(things.values())}
        return replace(env, **changed), status

    def _stored(self, store: Keystore, names: list[str], change: Change) -> tuple[Keystore, int]:
        """The store after an alias of it was made, changed or deleted."""
        aliases = {each.name: each for each in store.aliases}
        match change.method, names:
            case "POST", ["aliases" | "certs" | "keys" as kind]:
                if kind == "aliases" and change.path not in self.answers:  # 4.17.09 and older
                    raise Refused(404, "messaging.config.beans.NoSuchPath", "No such path")
                alias = self._uploaded(kind, change)
                _refuse_twin(aliases, alias.name, "Alias")
                status = 201 if kind == "aliases" else 204
            case "PUT", ["aliases", name]:
                uploaded = self._uploaded("certs", change)
                alias = replace(_found(aliases, name), chain=uploaded.chain)
                status = 200
            case "DELETE", ["aliases" | "certs", name]:
                by_cert = {each.cert_name: each for each in store.aliases}
                alias = _found(aliases | by_cert, name)
                del aliases[alias.name]
                return replace(store, aliases=tuple(aliases.values())), 200
            case _:
                raise Refused(405, "method.not.allowed", f"{change.method} is not allowed")
        aliases[alias.name] = alias
        return replace(store, aliases=tuple(aliases.values())), status

    def _uploaded(self, kind: str, change: Change) -> Alias:
        form = {"certs": "keycertfile", "keys": "keycertjar"}.get(kind) or change.query["format"]
        upload = Upload(change.content_type, change.body)
        takes_expired = change.query.get("ignoreExpiryValidation") == "true"
        chain, has_key = upload.read(form, self._now, takes_expired=takes_expired)
        name = change.query.get("alias", "")
        return Alias(name, chain, has_key, name if kind == "certs" else "")


def _found(things: Mapping[str, Any], name: str) -> Any:
    if name not in things:
        raise Refused(404, "messaging.config.beans.ResourceDoesNotExist", f"{name} does not exist")
    return things[name]


def _refuse_twin(things: Mapping[str, Any], name: str, kind: str) -> None:
    if name in things:
        code = f"messaging.config.beans.{kind}AlreadyExists"
        raise Refused(409, code, f"{kind} {name} already exists")


def _check_name(things: Mapping[str, Any], names: list[str], name: str, method: str) -> int:
    if (method, names) == ("POST", []):
        _refuse_twin(things, name, "Resource")
        return 201
    if (method, names) == ("PUT", [name]):
        _found(things, name)
        return 200
    raise Refused(405, "method.not.allowed", f"{method} is not allowed")


def _read(section: str, env: Environment, body: dict[str, Any]) -> Any:
    if section == "keystores":
        return Keystore(body["name"])
    if section == "references":
        if body["refers"] not in {each.name for each in env.keystores}:
            code = "messaging.config.beans.InvalidKeyStoreReference"
            raise Refused(400, code, f"{body['refers']} does not exist")
        return Reference(body["name"], body["refers"], body["resourceType"])
    tls = _tls(body["sSLInfo"]) if body.get("sSLInfo") else None
    if section == "targetservers":
        is_enabled = _is_true(body.get("isEnabled", True))
        return TargetServer(body["name"], body["host"], tls, int(body["port"]), is_enabled)
    free_trial = _is_true(body.get("useBuiltInFreeTrialCert"))
    names, port = tuple(body["hostAliases"]), int(body["port"])
    options = tuple(body.get("listenOptions") or ())
    return VirtualHost(body["name"], names, tls, port, free_trial, _properties(body), options)


def _properties(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    told = body.get("properties") or {}
    live = [(each["name"], each["value"]) for each in told.get("property", ())]
    specified = [(each["_name"], each["__text"]) for each in told.get("Property", ())]
    return (*live, *specified)


def _tls(body: dict[str, Any]) -> Tls:
    name = body.get("commonName")
    return Tls(
        body.get("keyStore") or None,
        body.get("keyAlias") or None,
        body.get("trustStore") or None,
        _is_true(body.get("clientAuthEnabled")),
        _is_true(body.get("enabled")),
        CommonName(name["value"], _is_true(name["wildcardMatch"])) if name else None,
        _is_true(body.get("ignoreValidationErrors")),
        tuple(body.get("protocols") or ()),
        tuple(body.get("ciphers") or ()),
    )


def _is_true(value: object) -> bool:
    return value is True or value == "true"
