"""What of an installation stands in a message, and what an audit finds there."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from edgeaudit.audit.finding import Cause, Severity, without_revision
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.messages.diagnosis import shortened
from edgeaudit.inventory import Endpoint, ProxyTarget, TargetServer, VirtualHost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.messages.diagnosis import Explanation
    from edgeaudit.audit.report import Report
    from edgeaudit.inventory import (
        Direction,
        Environment,
        Inventory,
        Keystore,
        Reference,
        StoreName,
    )

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253})(?::(\d{1,5})(?![\d.]))?")
_FIELDS = re.compile(r"\b(org|env|api):([\w.@-]{1,255})")  # of the Message Processor's log
_REFERENCE = re.compile(r"ref://([\w.@-]{1,255})")
_INTRODUCED = re.compile(
    r"\b(?:keystore|truststore|alias|reference|targetserver|target server|virtualhost|virtual host"
    r"|proxy|application|for server)\b[\"']? ?[:=]? ?[\"'\[(]?([\w.@-]{1,255})",
    re.IGNORECASE,
)
_CALLED = re.compile(
    # programs name the pages of their own manual too
    r"https://(?!(?:curl\.se|curl\.haxx\.se|nodejs\.org|urllib3\.readthedocs\.io)/)([\w.-]{1,253})(?::(\d{1,5}))?(?![\w.-])"
    r"|(?:remote host:|connect(?:ion|ing|ed)? to |dial tcp )([\w.-]{1,253}):(\d{1,5})(?![\w.-])",
    re.IGNORECASE,
)
_TELLING = re.compile(r"[\d_.-]")  # in a name that is no word of any language
_SHORTEST = 4


class Named(NamedTuple):
    """A place of which a message speaks, by which of its words, and the stores on which it
    stands: how each is named there, and its own place."""

    installation: str
    where: str
    words: str
    stores: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Concerned:
    """What a message means in an installation.

    `findings` are those of an audit that have a cause of the message's, the likeliest first: at
    the places that are `named`; or, where it names none, wherever there are any.
    """

    named: tuple[Named, ...]
    findings: tuple[Finding, ...]


class _Words:
    """The words of a message that may be names."""

    def __init__(self, message: str) -> None:
        self._ports: dict[str, set[str | None]] = defaultdict(set)
        self._below: dict[str, str] = {}
        for match in _HOST.finditer(message.lower()):
            self._add(match[1].strip("[]."), match[2])
        self.fields = {match[1]: match[2] for match in _FIELDS.finditer(message)}
        self.references = set(_REFERENCE.findall(message))
        tokens = {match[1] for match in re.finditer(r"([\w.@-]{1,255})", message)}
        telling = {each for each in tokens if len(each) >= _SHORTEST and _TELLING.search(each)}
        self.names = telling | set(_INTRODUCED.findall(message)) | self.references
        if "api" in self.fields:
            self.names.add(self.fields["api"])

    def _add(self, host: str, port: str | None) -> None:
        self._ports[host].add(port)
        _, *parents = host.split(".")
        for number in range(len(parents)):
            self._below.setdefault(".".join(parents[number:]), host)

    def host(self, wanted: str, port: int | None) -> str | None:
        """How the message names a host and port; a host alias may be a wildcard."""
        name = wanted.lower().strip("[].")
        found = self._below.get(name[2:]) if name.startswith("*.") else name
        ports = self._ports.get(found or "", set())
        if port is not None and str(port) in ports:
            return f"{found}:{port}"
        return found if None in ports else None

    def may_mean(self, env: Environment) -> bool:
        """Whether the message says nothing of another environment."""
        return (
            self.fields.get("org", env.organization) == env.organization
            and self.fields.get("env", env.name) == env.name
        )


def concerned(
    message: str, explanation: Explanation, inventories: Sequence[Inventory], report: Report
) -> Concerned:
    """What a message names in the inventories, and the findings that explain it."""
    words = _Words(shortened(message))
    found = [
        each
        for inventory in inventories
        for each in _named(words, inventory, explanation.direction)
    ]
    named = tuple({(each.installation, each.where): each for each in reversed(found)}.values())
    causes = list(_causes(explanation, is_named=bool(named))) or list(Cause)
    likely = [each for each in report.findings if _is_culprit(each, causes, named, explanation)]
    likely.sort(key=lambda each: (_rank(each.cause, causes), each.severity.rank, each.where))
    return Concerned(tuple(sorted(named)), tuple(likely))


def _causes(explanation: Explanation, *, is_named: bool) -> Iterator[Cause]:
    """All causes at places that are named, elsewhere only those than which none is surer."""
    for suspect in explanation.suspects:
        if is_named or suspect.confidence == explanation.suspects[0].confidence:
            yield suspect.cause


def endpoint_in(message: str) -> str | None:
    """The first HOST:PORT that a message says was connected to; None where there is none."""
    found = _CALLED.search(shortened(message))
    return f"{found[1] or found[3]}:{found[2] or found[4] or 443}" if found else None


def _is_culprit(
    finding: Finding, causes: list[Cause], named: tuple[Named, ...], explanation: Explanation
) -> bool:
    if finding.severity is Severity.NOTE:
        return False
    if finding.cause not in causes and finding.cause is not Cause.WIRING:
        return False
    if named:
        return any(_is_at(finding, each) for each in named)
    is_other_way = None not in (finding.direction, explanation.direction) and (
        finding.direction != explanation.direction
    )
    is_error = finding.severity is Severity.ERROR
    return is_error and finding.cause in causes and not is_other_way


def _is_at(finding: Finding, named: Named) -> bool:
    """Whether it is at the place, at a store on which that stands, or affects it."""
    if finding.installation != named.installation:
        return False
    stores = {where for _, where in named.stores if where}
    places = {without_revision(each) for each in (named.where, *stores)}
    own = without_revision(finding.where)
    is_there = any(own == each or own.startswith((f"{each}/", f"{each}#")) for each in places)
    return is_there or without_revision(named.where) in map(without_revision, finding.affects)


def _rank(cause: Cause, causes: list[Cause]) -> int:
    return causes.index(cause) if cause in causes else len(causes)


def _named(words: _Words, inventory: Inventory, direction: Direction | None) -> Iterator[Named]:
    impact = Impact(inventory)
    for env in filter(words.may_mean, inventory.environments):
        yield from _called(words, env, impact, inventory.installation, direction)
        for thing in (*env.keystores, *env.references):
            if by := _name_of(words, thing):
                yield Named(inventory.installation, thing.where, by, _of_reference(thing, env))
        for endpoint in env.endpoints:
            if by := _endpoint(words, endpoint):
                yield _at(endpoint, impact, inventory.installation, by)


def _called(
    words: _Words,
    env: Environment,
    impact: Impact,
    installation: str,
    direction: Direction | None,
) -> Iterator[Named]:
    """The endpoints of the proxies that are named, in the direction of which it is."""
    for revision in env.revisions:
        if revision.name in words.names:
            for endpoint in impact.endpoints(revision):
                if direction in (None, endpoint.direction):
                    yield _at(endpoint, impact, installation, revision.name)


def _at(endpoint: Endpoint, impact: Impact, installation: str, by: str) -> Named:
    tls = endpoint.tls
    stores = (
        (_store("keystore", tls.keystore, endpoint, impact, tls.key_alias),
         _store("truststore", tls.truststore, endpoint, impact))
        if tls
        else ()
    )  # fmt: skip
    return Named(installation, endpoint.where, by, tuple(filter(None, stores)))


def _store(
    kind: str, name: StoreName | None, endpoint: Endpoint, impact: Impact, alias: str | None = None
) -> tuple[str, str | None] | None:
    if name is None:
        return None
    store = impact.resolved(endpoint, name)
    told = f"{kind} {name.text}" + (f", alias {alias}" if alias else "")
    return told, store.where if store else None


def _of_reference(
    thing: Keystore | Reference, env: Environment
) -> tuple[tuple[str, str | None], ...]:
    refers = getattr(thing, "refers", None)
    if refers is None:
        return ()
    store = env.keystores.get(refers)
    return ((f"refers to {refers}", store.where if store else None),)


def _name_of(words: _Words, thing: Keystore | Reference) -> str | None:
    return thing.name if thing.name in words.names else None


def _endpoint(words: _Words, endpoint: Endpoint) -> str | None:
    if not isinstance(endpoint, ProxyTarget) and endpoint.name in words.names:
        return endpoint.name
    for host, port in _addresses(endpoint):
        if by := words.host(host, port):
            return by
    return None


def _addresses(endpoint: Endpoint) -> Iterator[tuple[str, int | None]]:
    if isinstance(endpoint, VirtualHost):
        for alias in endpoint.host_aliases:
            yield alias.rpartition(":")[0] if re.search(r":\d+$", alias) else alias, endpoint.port
    elif isinstance(endpoint, TargetServer):
        yield endpoint.host, endpoint.port
    elif endpoint.url:
        try:
            url = urlsplit(endpoint.url)
            yield url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        except ValueError:
            return
