"""What is deployed where, in each level's own shape, and the bundles of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from edgeaudit.errors import BadAnswer
from edgeaudit.management.collect import collect
from edgeaudit.management.deployments import of_environment, of_proxy
from edgeaudit.management.source import JSON, Answer
from tests.management.bundles import bundle_zip
from tests.management.test_collect import GONE, ORG, PROD, REFUSED, Told
from tests.management.test_values import JSON as ANY_JSON

if TYPE_CHECKING:
    from edgeaudit.inventory import Inventory

RECORDED = Path(__file__).parents[1] / "recorded"
TARGET = """<TargetEndpoint name="default"><HTTPTargetConnection><URL>https://b.example</URL>
<SSLInfo><Enabled>true</Enabled><TrustStore>roots</TrustStore></SSLInfo>
</HTTPTargetConnection></TargetEndpoint>"""
PROXY = """<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/orders</BasePath>
<VirtualHost>secure</VirtualHost></HTTPProxyConnection></ProxyEndpoint>"""
BUNDLE = bundle_zip({"apiproxy/proxies/default.xml": PROXY, "apiproxy/targets/default.xml": TARGET})
NONE = Answer(
    400,
    b'{"code": "distribution.ApplicationNotDeployed", "message": "not deployed", "contexts": []}',
    "unparsable",
    "HTTP 400",
)
NOWHERE = Answer(404, b"", "not_found", "HTTP 404")


def _environment_list(**deployed: str) -> dict[str, Any]:
    proxies = [
        {"name": name, "revision": [{"name": number, "state": "deployed"}]}
        for name, number in deployed.items()
    ]
    return {"aPIProxy": proxies, "name": "prod", "organization": "acme"}


def _proxy_list(number: str, *environments: str) -> dict[str, Any]:
    revision = [{"name": number, "state": "deployed"}]
    return {"environment": [{"name": env, "revision": revision} for env in environments]}


def _crawled(answers: dict[str, Any], **options: Any) -> tuple[Inventory, Told]:
    empty: dict[str, Any] = {f"{PROD}/{kind}": [] for kind in ("keystores", "references")}
    empty |= {f"{PROD}/{kind}": [] for kind in ("virtualhosts", "targetservers")}
    source = Told({f"{ORG}/environments": ["prod"], **empty, **answers})
    return collect(source, organizations=["acme"], **options), source


class _Zips(Told):
    """Gives every bundle that is asked for."""

    def get(self, path: str, accept: str = JSON) -> Answer:
        answer = super().get(path, accept)
        is_bundle = path.endswith("?format=bundle") and answer is GONE
        return Answer(200, BUNDLE) if is_bundle else answer


def _deployed(answers: dict[str, Any], environments: tuple[str, ...] = ("prod",)) -> Inventory:
    lists: dict[str, Any] = {
        f"{ORG}/environments/{env}/{kind}": []
        for env in environments
        for kind in ("keystores", "references", "virtualhosts", "targetservers")
    }
    return collect(
        _Zips({f"{ORG}/environments": list(environments), **lists, **answers}),
        organizations=["acme"],
    )


def _revisions(inventory: Inventory) -> list[str]:
    return [rev.where for env in inventory.environments for rev in env.revisions]


def test_recorded_lists() -> None:
    body = json.loads((RECORDED / "env-deployments.json").read_text())
    assert of_environment(body) == (("hotels", "1"),)
    body = {"environment": [{"name": "prod", "revision": [{"name": "3", "state": "deployed"}]}]}
    assert of_proxy(body) == (("prod", "3"),)


@pytest.mark.parametrize(
    ("state", "is_deployed"),
    [("deployed", True), ("partial", True), (None, True), ("undeployed", False)],
)
def test_what_is_partly_deployed_serves_traffic(state, is_deployed) -> None:
    body = {"aPIProxy": [{"name": "a", "revision": [{"name": "1", "state": state}]}]}
    assert bool(of_environment(body)) is is_deployed


@given(ANY_JSON)
def test_no_list_is_too_strange(body: object) -> None:
    for each in (body, {"aPIProxy": body}, {"environment": [body]}, {"aPIProxy": [body]}):
        for read in (of_environment, of_proxy):
            try:
                found = read(each)
            except BadAnswer:
                continue
            assert all(isinstance(part, str) and part for pair in found for part in pair)


def test_what_an_environment_lists() -> None:
    found = _deployed({f"{PROD}/deployments": _environment_list(orders="3")})
    assert found.gaps == ()
    (revision,) = found.environments[0].revisions
    assert revision.where == "acme/prod/proxies/orders/3"
    assert (revision.base_paths, revision.virtual_hosts) == (("/orders",), ("secure",))
    assert [target.where for target in revision.targets] == [f"{revision.where}/targets/default"]
    assert found.environments[0].revisions.is_complete


def test_shared_flows_have_a_list_of_their_own() -> None:
    found = _deployed({f"{PROD}/deployments?sharedFlows=true": _environment_list(logging="2")})
    assert _revisions(found) == ["acme/prod/sharedflows/logging/2"]


def test_a_bundle_is_read_once_for_all_environments() -> None:
    list_ = _environment_list(orders="3")
    answers = {f"{ORG}/environments/{env}/deployments": list_ for env in ("prod", "test")}
    sources: list[_Zips] = []

    class Counted(_Zips):
        def __init__(self, answers: dict[str, Any]) -> None:
            super().__init__(answers)
            sources.append(self)

    lists: dict[str, Any] = {
        f"{ORG}/environments/{env}/{kind}": []
        for env in ("prod", "test")
        for kind in ("keystores", "references", "virtualhosts", "targetservers")
    }
    source = Counted({f"{ORG}/environments": ["prod", "test"], **lists, **answers})
    found = collect(source, organizations=["acme"])
    assert _revisions(found) == ["acme/prod/proxies/orders/3", "acme/test/proxies/orders/3"]
    assert len([path for path in source.asked if "format=bundle" in path]) == 1
    assert len(source.asked) == len(set(source.asked))


def test_where_the_environments_list_is_refused_every_proxy_is_asked() -> None:
    found = _deployed(
        {
            f"{PROD}/deployments": REFUSED,
            f"{PROD}/deployments?sharedFlows=true": REFUSED,
            f"{ORG}/apis": ["orders", "idle"],
            f"{ORG}/apis/orders/deployments": _proxy_list("3", "prod", "test"),
            f"{ORG}/apis/idle/deployments": NONE,
            f"{ORG}/sharedflows": [],
        }
    )
    assert (_revisions(found), found.gaps) == (["acme/prod/proxies/orders/3"], ())
    assert found.environments[0].revisions.is_complete


def test_a_server_that_does_not_know_shared_flows() -> None:
    """It gives the proxies once more, and has no list of shared flows."""
    list_ = _environment_list(orders="3")
    found = _deployed(
        {
            f"{PROD}/deployments": list_,
            f"{PROD}/deployments?sharedFlows=true": list_,
            f"{ORG}/sharedflows": NOWHERE,
        }
    )
    assert (_revisions(found), found.gaps) == (["acme/prod/proxies/orders/3"], ())
    assert found.environments[0].revisions.is_complete


def test_a_role_that_may_not_read_proxies_is_one_gap_a_section() -> None:
    refused = [f"{PROD}/deployments", f"{PROD}/deployments?sharedFlows=true"]
    refused += [f"{ORG}/apis", f"{ORG}/sharedflows"]
    found = _deployed(dict.fromkeys(refused, REFUSED))
    assert [gap.where for gap in found.gaps] == ["acme/prod/proxies", "acme/prod/sharedflows"]
    assert not found.environments[0].revisions.is_complete


def test_one_proxy_whose_deployments_are_refused() -> None:
    found = _deployed(
        {
            f"{PROD}/deployments": REFUSED,
            f"{ORG}/apis": ["orders", "secret"],
            f"{ORG}/apis/orders/deployments": _proxy_list("3", "prod"),
            f"{ORG}/apis/secret/deployments": REFUSED,
        }
    )
    assert _revisions(found) == ["acme/prod/proxies/orders/3"]
    assert [gap.where for gap in found.gaps] == ["acme/proxies/secret"]
    assert not found.environments[0].revisions.is_complete


@pytest.mark.parametrize(
    ("answer", "reason", "told"),
    [
        (REFUSED, "forbidden", "HTTP 403: no"),
        (NOWHERE, "not_found", "HTTP 404"),
        (Answer(200, b"<html>"), "unparsable", "zip"),
        (Answer(200, BUNDLE[:-30]), "unparsable", "zip"),
    ],
)
def test_a_bundle_that_cannot_be_read(answer, reason, told) -> None:
    bundle = f"{ORG}/apis/orders/revisions/3?format=bundle"
    found = _deployed({f"{PROD}/deployments": _environment_list(orders="3"), bundle: answer})
    (gap,) = found.gaps
    assert (gap.where, gap.reason) == ("acme/prod/proxies/orders/3", reason)
    assert told in gap.detail
    assert not found.environments[0].revisions.is_complete


def test_a_bundle_of_which_a_part_cannot_be_read() -> None:
    data = bundle_zip(
        {"apiproxy/proxies/default.xml": PROXY, "apiproxy/targets/bad.xml": "<TargetEndpoint>"}
    )
    bundle = f"{ORG}/apis/orders/revisions/3?format=bundle"
    found = _deployed(
        {f"{PROD}/deployments": _environment_list(orders="3"), bundle: Answer(200, data)}
    )
    (gap,) = found.gaps
    assert gap.where == "acme/prod/proxies/orders/3"
    assert "apiproxy/targets/bad.xml" in gap.detail
    revisions = found.environments[0].revisions
    assert [revision.base_paths for revision in revisions] == [("/orders",)]
    assert not revisions.is_complete


@pytest.mark.parametrize("knows_pages", [True, False])
@pytest.mark.parametrize("count", [0, 99, 100, 101, 250])
def test_lists_longer_than_a_page(knows_pages, count) -> None:
    names = [f"proxy {number:03}" for number in range(count)]

    class Paged(_Zips):
        def get(self, path: str, accept: str = JSON) -> Answer:
            if path.startswith(f"{ORG}/apis?") and knows_pages:
                key = path.partition("startKey=")[2].replace("%20", " ")
                return Answer(200, json.dumps(names[names.index(key) :][:100]).encode())
            if path == f"{ORG}/apis" or path.startswith(f"{ORG}/apis?"):
                return Answer(200, json.dumps(names[:100] if knows_pages else names).encode())
            if path.startswith(f"{ORG}/apis/") and "deployments" in path:
                return Answer(200, json.dumps(_proxy_list("1", "prod")).encode())
            return super().get(path, accept)

    lists: dict[str, Any] = {
        f"{PROD}/{kind}": [] for kind in ("keystores", "references", "virtualhosts")
    }
    lists |= {f"{PROD}/targetservers": [], f"{PROD}/deployments": REFUSED}
    found = collect(
        Paged({f"{ORG}/environments": ["prod"], **lists}), organizations=["acme"], concurrency=2
    )
    assert len(_revisions(found)) == count
    assert found.gaps == ()


def test_what_is_left_out_on_purpose_is_no_gap() -> None:
    found, source = _crawled({f"{PROD}/deployments": REFUSED}, with_proxies=False)
    assert (found.gaps, found.left_out) == ((), ("acme/prod/proxies",))
    assert not any("deployments" in path for path in source.asked)
    assert not found.environments[0].revisions.is_listed
