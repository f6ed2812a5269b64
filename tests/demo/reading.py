"""Reads the demo's answers back to the truth, whatever their forms."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cryptography import x509

from edgeaudit.demo.installation import (
    Alias,
    CommonName,
    Environment,
    Keystore,
    Organization,
    Reference,
    TargetServer,
    Tls,
    VirtualHost,
)

from .reading_proxies import BY_NAME, ProxyReader, proxies_sorted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgeaudit.demo.answers import Answer, Path
    from edgeaudit.demo.pki import Chain


class Reader:
    """Reads organizations from `answers`; lists come back sorted by name."""

    def __init__(self, answers: dict[Path, Answer]) -> None:
        self._answers = answers

    def organizations(self) -> tuple[Organization, ...]:
        return tuple(self._organization(name) for name in self._names("organizations"))

    def _organization(self, name: str) -> Organization:
        at = ("organizations", name)
        names = self._names(*at, "environments")
        deployable = ProxyReader(self._answers, name, names)
        return Organization(
            name,
            tuple(self._environment(*at, "environments", each) for each in names),
            deployable.read("apis"),
            deployable.read("sharedflows"),
            self._json(*at)["type"],
            "today" if (*at, "sharedflows") in self._answers else "4.17.09",
        )

    def _environment(self, *at: str) -> Environment:
        if self._answer(*at, "keystores").status == 403:
            return Environment(at[-1], is_portal=True)
        return Environment(
            at[-1],
            tuple(self._keystore(*each) for each in self._objects(*at, "keystores")),
            tuple(self._reference(*each) for each in self._objects(*at, "references")),
            tuple(self._virtual_host(*each) for each in self._objects(*at, "virtualhosts")),
            tuple(self._target_server(*each) for each in self._objects(*at, "targetservers")),
        )

    def _keystore(self, *at: str) -> Keystore:
        body = self._json(*at)
        if (*at, "aliases") not in self._answers:
            return Keystore(body["name"], tuple(self._certs(*at)))
        names = self._names(*at, "aliases")
        if "aliases" in body:
            assert sorted(entry["aliasName"] for entry in body["aliases"]) == names
        aliases = tuple(self._alias(*at, "aliases", name) for name in names)
        if "certs" in body:
            assert sorted(body["certs"]) == sorted(alias.cert_name for alias in aliases)
        return Keystore(body["name"], aliases)

    def _certs(self, *at: str) -> Iterator[Alias]:
        """What is told of aliases where they are no resources: their certificates."""
        body = self._json(*at)
        assert set(body) == {"certs", "keys", "name"}
        assert len(body["keys"]) == len(body["certs"])
        for name in self._names(*at, "certs"):
            told = self._json(*at, "certs", name)
            assert told["certName"] == name
            chain = self._chain(*at, "certs", name, "export")
            _check_info(told["certInfo"], chain)
            yield Alias(name, chain)

    def _chain(self, *at: str) -> Chain:
        return tuple(x509.load_pem_x509_certificates(self._answer(*at).body))

    def _alias(self, *at: str) -> Alias:
        body = self._json(*at)
        chain = self._chain(*at, "certificate")
        _check_info(body["certsInfo"]["certInfo"], chain)
        cert_name = body["certsInfo"]["certName"]
        cert_file = "" if cert_name == f"{body['alias']}-cert" else cert_name
        return Alias(body["alias"], chain, bool(body.get("keyName")), cert_file)

    def _reference(self, *at: str) -> Reference:
        body = self._json(*at)
        return Reference(body["name"], body["refers"], body["resourceType"])

    def _virtual_host(self, *at: str) -> VirtualHost:
        body = self._json(*at)
        free_trial = body.get("useBuiltInFreeTrialCert", body.get("useBuiltInFreeTrailCert"))
        return VirtualHost(
            body["name"],
            tuple(body["hostAliases"]),
            _tls(body.get("sSLInfo")),
            int(body["port"]),
            _boolean(free_trial),
            _properties(body.get("properties", {})),
            tuple(body.get("listenOptions", ())),
        )

    def _target_server(self, *at: str) -> TargetServer:
        body = self._json(*at)
        tls, is_enabled = _tls(body.get("sSLInfo")), _boolean(body["isEnabled"])
        return TargetServer(body["name"], body["host"], tls, int(body["port"]), is_enabled)

    def _objects(self, *at: str) -> list[tuple[str, ...]]:
        return [(*at, name) for name in self._names(*at)]

    def _names(self, *at: str) -> list[str]:
        return sorted(name for name in self._json(*at) if name)

    def _json(self, *at: str) -> Any:
        answer = self._answer(*at)
        assert answer.status == 200
        return json.loads(answer.body)

    def _answer(self, *at: str) -> Answer:
        return self._answers[at]


def sorted_by_name(organizations: Iterable[Organization]) -> tuple[Organization, ...]:
    """The truth in the order, and as far, as a Reader tells it."""
    return tuple(map(_organization, sorted(organizations, key=BY_NAME)))


def _organization(organization: Organization) -> Organization:
    has_aliases = organization.generation == "today"
    environments = sorted(organization.environments, key=BY_NAME)
    return replace(
        organization,
        environments=tuple(_sorted(each, has_aliases=has_aliases) for each in environments),
        proxies=proxies_sorted(organization.proxies),
        shared_flows=proxies_sorted(organization.shared_flows),
    )


def _sorted(environment: Environment, *, has_aliases: bool) -> Environment:
    stores = [
        replace(store, aliases=tuple(sorted(_told(store, has_aliases=has_aliases), key=BY_NAME)))
        for store in environment.keystores
    ]
    return replace(
        environment,
        keystores=tuple(sorted(stores, key=BY_NAME)),
        references=tuple(sorted(environment.references, key=BY_NAME)),
        virtual_hosts=tuple(sorted(environment.virtual_hosts, key=BY_NAME)),
        target_servers=tuple(sorted(environment.target_servers, key=BY_NAME)),
    )


def _told(store: Keystore, *, has_aliases: bool) -> Iterable[Alias]:
    if has_aliases:
        return store.aliases
    return [Alias(alias.cert_name, alias.chain) for alias in store.aliases]


def _check_info(entries: list[dict[str, Any]], chain: tuple[x509.Certificate, ...]) -> None:
    """The entries tell of the same certificates as the PEM text."""
    told = {int(entry["serialNumber"].replace(":", ""), 16): entry for entry in entries}
    assert len(told) == len(set(chain))
    assert len(entries) == len(chain)
    for certificate in chain:
        entry = told[certificate.serial_number]
        end = int(certificate.not_valid_after_utc.timestamp())
        assert int(entry["expiryDate"]) == end * 1000


def _tls(body: dict[str, Any] | None) -> Tls | None:
    if body is None:
        return None
    name = body.get("commonName")
    return Tls(
        body.get("keyStore") or None,
        body.get("keyAlias") or None,
        body.get("trustStore") or None,
        _boolean(body["clientAuthEnabled"]),
        _boolean(body["enabled"]),
        CommonName(name["value"], _boolean(name["wildcardMatch"])) if name else None,
        _boolean(body["ignoreValidationErrors"]),
        tuple(body["protocols"]),
        tuple(body["ciphers"]),
    )


def _boolean(value: object) -> bool:
    assert value in (True, False, "true", "false", None)
    return value in (True, "true")


def _properties(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if "Property" in body:
        return tuple((pair["_name"], pair["__text"]) for pair in body["Property"])
    return tuple((pair["name"], pair["value"]) for pair in body.get("property", []))
