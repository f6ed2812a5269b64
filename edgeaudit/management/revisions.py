"""Reading the bundle of every deployed revision, once for all environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import Gap, Revision, Section
from edgeaudit.location import place
from edgeaudit.management.bundle import BundleBody, read_bundle_zip, revision
from edgeaudit.management.crawl import At
from edgeaudit.management.deployments import LISTS, Deployed, read_deployments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.management.crawl import Crawl
    from edgeaudit.management.deployments import Deployments

BUNDLE = "application/octet-stream, */*"


def read_revisions(crawl: Crawl, environments: Sequence[At]) -> dict[At, Section[Revision]]:
    """What is deployed in each environment, with all that its bundles name.

    Its names read `proxies/PROXY/REVISION`. A revision of whose bundle a part could not be read
    is there, and is among the `unread` too.
    """
    deployments = read_deployments(crawl, environments)
    wanted = {_bundle(each): None for one in deployments.values() for each in one.deployed}
    bundles = crawl.each("bundles", lambda at: _read(crawl, at), list(wanted))
    by_path = dict(zip(wanted, bundles, strict=True))
    return {env: _section(crawl, one, by_path) for env, one in deployments.items()}


def _bundle(each: Deployed) -> At:
    organization = each.environment.path[:2]
    path = (*organization, LISTS[each.kind], each.name, "revisions", each.number)
    return At(path, place(*path[1::2]), "?format=bundle")


def _read(crawl: Crawl, at: At) -> BundleBody | Gap:
    answer = crawl.get(at, BUNDLE)
    if answer.reason is not None:
        return Gap(at.where, answer.reason, answer.detail, answer.hint)
    try:
        return read_bundle_zip(answer.body)
    except BadAnswer as error:
        return Gap(at.where, "unparsable", error.message, error.hint)


def _section(
    crawl: Crawl, deployments: Deployments, bundles: dict[At, BundleBody | Gap]
) -> Section[Revision]:
    items, unread = {}, set()
    for each in deployments.deployed:
        found = bundles[_bundle(each)]
        gaps = list(_gaps(each, found))
        for gap in gaps:
            crawl.miss(gap)
        if gaps:
            unread.add(each.key)
        if isinstance(found, BundleBody):
            env = each.environment.where
            items[each.key] = revision(found, env, each.kind, each.name, each.number)
    return Section(items, frozenset(unread), deployments.is_known)


def _gaps(each: Deployed, found: BundleBody | Gap) -> Iterator[Gap]:
    if isinstance(found, Gap):
        yield Gap(each.where, found.reason, found.detail, found.hint)
        return
    for member, reason in found.unread:
        yield Gap(each.where, "unparsable", f"{member}: {reason}")
