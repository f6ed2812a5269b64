"""Reads proxies and shared flows back to the truth: bundles, and deployments of every level."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from edgeaudit.demo.installation import (
    Call,
    CommonName,
    Policy,
    Proxy,
    ProxyEndpoint,
    Revision,
    Target,
    Tls,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from edgeaudit.demo.answers import Answer, Path

BY_NAME = attrgetter("name")
BY_NUMBER = attrgetter("number")


def proxies_sorted(proxies: Iterable[Proxy]) -> tuple[Proxy, ...]:
    """Proxies in the order, and as far, as a ProxyReader tells them."""
    return tuple(
        Proxy(proxy.name, tuple(map(_told, sorted(proxy.revisions, key=BY_NUMBER))))
        for proxy in sorted(proxies, key=BY_NAME)
    )


def _told(revision: Revision) -> Revision:
    return replace(
        revision,
        targets=tuple(sorted(revision.targets, key=BY_NAME)),
        policies=tuple(sorted(revision.policies, key=BY_NAME)),
        deployed_in=tuple(sorted(revision.deployed_in)),
    )


class ProxyReader:
    """Reads what can be deployed in one organization; every level must tell the same of it."""

    def __init__(
        self, answers: dict[Path, Answer], organization: str, environments: list[str]
    ) -> None:
        self._answers = answers
        self._at: Path = ("organizations", organization)
        self._parsed: dict[Path, Any] = {}
        self._environments = [
            name
            for name in environments
            if self._answer("environments", name, "deployments").status != 403
        ]

    def read(self, kind: str) -> tuple[Proxy, ...]:
        """The proxies (`apis`) or `sharedflows`, sorted by name; none where there is no such."""
        if (*self._at, kind) not in self._answers:
            return ()
        return tuple(self._proxy(kind, name) for name in sorted(self._json(kind)))

    def _proxy(self, kind: str, name: str) -> Proxy:
        numbers = sorted(self._json(kind, name)["revision"], key=int)
        assert numbers == sorted(self._json(kind, name, "revisions"), key=int)
        deployed = self._deployed(kind, name)
        revisions = (
            self._revision(kind, name, number, deployed.get(number, ())) for number in numbers
        )
        return Proxy(name, tuple(revisions))

    def _revision(self, kind: str, name: str, number: str, environments: Path) -> Revision:
        at = (kind, name, "revisions", number)
        self._check_revision_levels(at, environments)
        read = read_bundle(self._answer(*at, "?format=bundle").body)
        body = self._json(*at)
        assert sorted(body["policies"]) == [policy.name for policy in read.policies]
        assert sorted(body["targets"]) == [target.name for target in read.targets]
        assert read.number == int(number) == int(body["revision"])
        return replace(read, deployed_in=environments)

    def _deployed(self, kind: str, name: str) -> dict[str, Path]:
        """The environments of each revision, as environments, organization and proxy tell them."""
        told = {
            pair for env in self._environments for pair in self._in_environment(kind, name, env)
        }
        everywhere = self._told(kind, name, "deployments").get("environment", ())
        assert told == {(env["name"], each) for env in everywhere for each in _numbers(env)}
        if kind == "apis":
            levels = self._json("deployments")["environment"]
            assert told == {(e["name"], n) for e in levels for n in _numbers_of(name, e)}
        return {number: tuple(sorted(e for e, n in told if n == number)) for _, number in told}

    def _in_environment(self, kind: str, name: str, environment: str) -> list[tuple[str, str]]:
        at = ("environments", environment)
        query = ("?sharedFlows=true",) if kind == "sharedflows" else ()
        numbers = _numbers_of(name, self._json(*at, "deployments", *query))
        assert numbers == _numbers(self._told(*at, kind, name, "deployments"))
        return [(environment, number) for number in numbers]

    def _check_revision_levels(self, at: Path, environments: Path) -> None:
        told = self._told(*at, "deployments")
        assert sorted(each["name"] for each in told.get("environment", ())) == [*environments]
        for environment in self._environments:
            state = self._told("environments", environment, *at, "deployments").get("state")
            assert (state == "deployed") == (environment in environments)

    def _told(self, *at: str) -> dict[str, Any]:
        """What stands at a level; nothing where Edge says with HTTP 400 that nothing does."""
        answer = self._answer(*at)
        body: dict[str, Any] = json.loads(answer.body)
        if answer.status == 200:
            return body
        assert (answer.status, body["code"].endswith("NotDeployed")) == (400, True)
        return {}

    def _json(self, *at: str) -> Any:
        if at not in self._parsed:  # lists of deployments are read once for each proxy
            answer = self._answer(*at)
            assert answer.status == 200
            self._parsed[at] = json.loads(answer.body)
        return self._parsed[at]

    def _answer(self, *at: str) -> Answer:
        return self._answers[self._at + at]


def _numbers(entry: dict[str, Any]) -> list[str]:
    return [each["name"] for each in entry.get("revision", ())]


def _numbers_of(name: str, listed: dict[str, Any]) -> list[str]:
    return [
        each for entry in listed["aPIProxy"] if entry["name"] == name for each in _numbers(entry)
    ]


def read_bundle(archive: bytes) -> Revision:
    """The revision whose bundle it is; where it is deployed a bundle does not say."""
    with zipfile.ZipFile(io.BytesIO(archive)) as bundle:
        names = [name for name in bundle.namelist() if name.endswith(".xml")]
        roots = {tuple(n.split("/")[1:]): ElementTree.fromstring(bundle.read(n)) for n in names}
    (manifest,) = (root for path, root in roots.items() if len(path) == 1)
    return Revision(
        int(manifest.attrib["revision"]),
        tuple(_endpoint(root) for root in _in("proxies", roots)),
        tuple(_target(root) for root in _in("targets", roots)),
        tuple(_policy(root) for root in _in("policies", roots)),
    )


def _in(folder: str, roots: dict[tuple[str, ...], Element]) -> Iterator[Element]:
    for path, root in sorted(roots.items()):
        if path[0] == folder:
            assert path[1] == f"{root.attrib['name']}.xml"
            yield root


def _endpoint(root: Element) -> ProxyEndpoint:
    connection = root.find("HTTPProxyConnection")
    assert connection is not None
    hosts = tuple(host.text or "" for host in connection.findall("VirtualHost"))
    return ProxyEndpoint(root.attrib["name"], connection.findtext("BasePath", ""), hosts)


def _target(root: Element) -> Target:
    name = root.attrib["name"]
    if (connection := root.find("HTTPTargetConnection")) is not None:
        return Target(name, _call(connection))
    for other in ("LocalTargetConnection", "ScriptTarget"):
        if root.find(other) is not None:
            return Target(name, other)
    return Target(name)


def _policy(root: Element) -> Policy:
    call = {
        "AssignMessage": lambda: Call(tls=_tls(root.find("Set/Payload/SSLInfo"))),
        "GenerateSAMLAssertion": lambda: Call(tls=_saml(root)),
        "MessageLogging": lambda: _syslog(root),
        "ServiceCallout": lambda: _call(root.find("HTTPTargetConnection")),
        "ValidateSAMLAssertion": lambda: Call(tls=Tls(trust_store=root.findtext("TrustStore"))),
    }[root.tag]()
    is_enabled = root.attrib["enabled"] == "true"
    return Policy(root.tag, root.attrib["name"], call, is_enabled)  # type: ignore[arg-type]


def _call(connection: Element | None) -> Call:
    assert connection is not None
    servers = tuple(each.attrib["name"] for each in connection.findall("LoadBalancer/Server"))
    return Call(connection.findtext("URL", ""), servers, _tls(connection.find("SSLInfo")))


def _syslog(root: Element) -> Call:
    address = f"{root.findtext('Syslog/Host')}:{root.findtext('Syslog/Port')}"
    return Call(address, tls=_tls(root.find("Syslog/SSLInfo")))


def _saml(root: Element) -> Tls:
    return Tls(root.findtext("KeyStore/Name"), root.findtext("KeyStore/Alias"))


def _tls(info: Element | None) -> Tls | None:
    if info is None:
        return None
    name = info.find("CommonName")
    return Tls(
        info.findtext("KeyStore") or None,
        info.findtext("KeyAlias") or None,
        info.findtext("TrustStore") or None,
        info.findtext("ClientAuthEnabled") == "true",
        info.findtext("Enabled") == "true",
        None if name is None else CommonName(name.text or "", name.get("wildcardMatch") == "true"),
        info.findtext("IgnoreValidationErrors") == "true",
        tuple(each.text or "" for each in info.findall("Protocols/Protocol")),
        tuple(each.text or "" for each in info.findall("Ciphers/Cipher")),
    )
