"""Proxies and shared flows as the management API tells them (Edge API specification)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .answers import Answer
from .bodies import HISTORY, Body
from .bundles import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .answers import Path
    from .documents import Kind
    from .forms import Forms
    from .installation import Organization, Proxy, Revision

    Values = Iterator[tuple[Path, object]]


def kinds(organization: Organization) -> dict[Kind, tuple[Proxy, ...]]:
    """What can be deployed in the organization, by kind."""
    if organization.generation == "4.17.09":  # as the demo has it, older than shared flows
        return {"apis": organization.proxies}
    return {"apis": organization.proxies, "sharedflows": organization.shared_flows}


def proxy_values(organization: Organization, forms: Forms) -> Values:
    """What stands at each path below the organization: a body, or the whole answer."""
    for kind, proxies in kinds(organization).items():
        names = forms.shuffled((each.name for each in proxies), organization.name, kind)
        pages = tuple(names) if forms.paging == "known" else ()
        yield (kind,), Answer(200, json.dumps(names).encode(), pages=pages)
        for proxy in proxies:
            at = (kind, proxy.name)
            numbers = forms.shuffled((str(each.number) for each in proxy.revisions), *at)
            yield at, _proxy(proxy, numbers)
            yield (*at, "revisions"), numbers
            for revision in proxy.revisions:
                yield from _revision_values(kind, proxy, revision, forms)


def _revision_values(kind: Kind, proxy: Proxy, revision: Revision, forms: Forms) -> Values:
    at = (kind, proxy.name, "revisions", str(revision.number))
    yield at, _revision(kind, proxy, revision)
    archive = bundle(kind, proxy.name, revision, forms)
    yield (*at, "?format=bundle"), Answer(200, archive, "application/octet-stream")


def _proxy(proxy: Proxy, numbers: list[str]) -> Body:
    # "null" is a string here
    return {"metaData": {**HISTORY, "subType": "null"}, "name": proxy.name, "revision": numbers}


def _revision(kind: Kind, proxy: Proxy, revision: Revision) -> Body:
    endpoints = [each.name for each in revision.endpoints]
    targets = [each.name for each in revision.targets]
    number = str(revision.number)
    return {
        **HISTORY,
        "basepaths": [each.base_path for each in revision.endpoints],
        "configurationVersion": {"majorVersion": 4, "minorVersion": 0},
        "contextInfo": f"Revision {number} of application {proxy.name}",
        "displayName": proxy.name,
        "entityMetaDataAsProperties": {
            **{key: str(value) for key, value in HISTORY.items()},
            "bundle_type": "zip",
            "subType": "null",
        },
        "manifestVersion": f"SHA-512:{number:0>8}",
        "name": proxy.name,
        "policies": [each.name for each in revision.policies],
        "proxies": endpoints,
        "proxyEndpoints": endpoints,
        "resourceFiles": {"resourceFile": [{"name": "x.js", "type": "jsc"}]},
        "resources": ["jsc://x.js"],
        "revision": number,
        "sharedFlows": ["default"] if kind == "sharedflows" else [],
        # both known bodies have an empty list here, whatever the targets call
        "targetServers": [],
        "targetEndpoints": targets,
        "targets": targets,
        "type": "Application",
    }
