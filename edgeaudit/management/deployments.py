"""Which revisions are deployed where: every level of Edge's API tells it in a shape of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import Gap
from edgeaudit.location import place
from edgeaudit.management.crawl import At
from edgeaudit.management.source import Answer, parsed_json
from edgeaudit.management.values import as_names, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgeaudit.management.crawl import Crawl, Names

Kind = Literal["proxies", "sharedflows"]
KINDS: tuple[Kind, ...] = ("proxies", "sharedflows")
LISTS: dict[Kind, str] = {"proxies": "apis", "sharedflows": "sharedflows"}
PAGE = 100  # the most names that Edge gives at a time (Edge API specification, proxies)


class Deployed(NamedTuple):
    """A revision of a proxy or shared flow that is deployed in one environment."""

    environment: At
    kind: Kind
    name: str
    number: str

    @property
    def where(self) -> str:
        """Its place."""
        return f"{self.environment.where}/{place(self.kind, self.name, self.number)}"

    @property
    def key(self) -> str:
        """Its name among all that is deployed in its environment."""
        return place(self.kind, self.name, self.number)


class Deployments(NamedTuple):
    """What is deployed in one environment; not `is_known` where that could not be found out."""

    deployed: tuple[Deployed, ...] = ()
    is_known: bool = True


class _List(NamedTuple):
    environment: At
    kind: Kind

    @property
    def at(self) -> At:
        query = "?sharedFlows=true" if self.kind == "sharedflows" else ""
        env = self.environment
        return At((*env.path, "deployments"), f"{env.where}/{self.kind}", query)


def read_deployments(crawl: Crawl, environments: Sequence[At]) -> dict[At, Deployments]:
    """What is deployed in each environment.

    The environment's own list is asked first; where that is refused, or does not know shared
    flows, every proxy and shared flow of the organization.
    """
    lists = [_List(env, kind) for env in environments for kind in KINDS]
    answers = dict(
        zip(lists, crawl.each("deployments", lambda one: crawl.get(one.at), lists), strict=True)
    )
    refused = [one for one in lists if not _tells(answers, one)]
    asked = dict.fromkeys((_organization(one.environment), one.kind) for one in refused)
    by_name = {key: _of_organization(crawl, *key) for key in asked}
    found = {}
    for env in environments:
        parts = []
        for one in (_List(env, kind) for kind in KINDS):
            if one in refused:
                known = by_name[_organization(env), one.kind]
                parts.append(_of_environment(crawl, one, known, answers[one]))
            else:
                parts.append(_own(crawl, one, answers[one]))
        deployed = tuple(each for part in parts for each in part.deployed)
        found[env] = Deployments(deployed, all(part.is_known for part in parts))
    return found


def of_environment(body: object) -> tuple[tuple[str, str], ...]:
    """Name and revision of everything in the list of an environment: `E/deployments`."""
    return tuple(
        (name, number)
        for proxy in _entries(as_object(body).get("aPIProxy"))
        if (name := as_text(proxy.get("name")))
        for number in _revisions(proxy)
    )


def of_proxy(body: object) -> tuple[tuple[str, str], ...]:
    """Environment and revision of everything in the list of one proxy: `apis/P/deployments`."""
    return tuple(
        (name, number)
        for env in _entries(as_object(body).get("environment"))
        if (name := as_text(env.get("name")))
        for number in _revisions(env)
    )


def is_not_deployed(answer: Answer) -> bool:
    """Whether a refusal only says that nothing is deployed: Edge does so with HTTP 400.

    Codes `distribution.ApplicationNotDeployed` and `distribution.RevisionNotDeployed`.
    """
    return answer.status == 400 and b"NotDeployed" in answer.body


def _revisions(entry: Mapping[str, Any]) -> Iterator[str]:
    # a partly deployed revision serves some of the traffic: only one that is gone does not count
    for revision in _entries(entry.get("revision")):
        number = as_text(revision.get("name"))
        if number and revision.get("state") != "undeployed":
            yield number


def _entries(value: object) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def _organization(environment: At) -> At:
    path = environment.path[:2]
    return At(path, place(path[1]))


def _tells(answers: Mapping[_List, Answer], one: _List) -> bool:
    """Whether the environment's own list can be used.

    A server that does not know `sharedFlows` gives the proxies once more.
    """
    answer = answers[one]
    is_same = one.kind == "sharedflows" and (
        answer.body == answers[_List(one.environment, "proxies")].body
    )
    return is_not_deployed(answer) or (
        answer.is_good and not (is_same and b"revision" in answer.body)
    )


def _own(crawl: Crawl, one: _List, answer: Answer) -> Deployments:
    if is_not_deployed(answer):
        return Deployments()
    pairs = crawl.taken(one.at, answer, of_environment)
    return _deployments(one, pairs)


def _deployments(one: _List, pairs: tuple[tuple[str, str], ...] | None) -> Deployments:
    if pairs is None:
        return Deployments(is_known=False)
    return Deployments(tuple(Deployed(*one, *pair) for pair in dict.fromkeys(pairs)))


class _ByName(NamedTuple):
    """Environment, name and revision of all of one kind in an organization.

    `refusal` is why not even its names are known; not `is_known` where some deployments are not.
    """

    deployed: tuple[tuple[str, str, str], ...] = ()
    is_known: bool = True
    refusal: Answer | None = None


def _of_organization(crawl: Crawl, organization: At, kind: Kind) -> _ByName:
    names = _all_names(crawl, organization.below(LISTS[kind]))
    if isinstance(names, Answer):
        has_none = kind == "sharedflows" and names.status == 404  # older than shared flows
        return _ByName() if has_none else _ByName(is_known=False, refusal=names)

    def read(name: str) -> tuple[tuple[str, str], ...] | None:
        where = f"{organization.where}/{place(kind, name)}"
        at = At((*organization.path, LISTS[kind], name, "deployments"), where)
        answer = crawl.get(at)
        return () if is_not_deployed(answer) else crawl.taken(at, answer, of_proxy)

    read_all = crawl.each("deployments", read, names)
    deployed = tuple(
        (env, name, number)
        for name, pairs in zip(names, read_all, strict=True)
        for env, number in pairs or ()
    )
    return _ByName(deployed, is_known=None not in read_all)


def _of_environment(crawl: Crawl, one: _List, known: _ByName, own: Answer) -> Deployments:
    if known.refusal is not None:
        told = known.refusal if own.is_good else own
        gap = Gap(one.at.where, told.reason or "unparsable", told.detail, told.hint)
        crawl.miss(gap)
    pairs = [(name, n) for env, name, n in known.deployed if env == one.environment.name]
    return _deployments(one, tuple(pairs))._replace(is_known=known.is_known)


def _all_names(crawl: Crawl, at: At) -> Names | Answer:
    """The whole list, page by page if need be; the answer that is no list where there is one.

    `startKey` is the first name of the page, not the one before it. A server that knows no pages
    gives the same names again, and that ends it.
    """
    names: dict[str, None] = {}
    query = ""
    while True:
        answer = crawl.get(at._replace(query=query))
        try:
            page = as_names(parsed_json(answer.body)) if answer.is_good else None
        except BadAnswer as error:
            return replace(answer, reason="unparsable", detail=error.message)
        if page is None:
            return answer
        new = [name for name in page if name not in names]
        names |= dict.fromkeys(new)
        if len(page) < PAGE or not new:
            return tuple(names)
        query = f"?count={PAGE}&startKey={quote(page[-1], safe='')}"
