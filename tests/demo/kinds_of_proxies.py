"""The kinds of bodies that tell of proxies, shared flows, and what is deployed where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import Kind, recorded

if TYPE_CHECKING:
    from .shapes import Trait

_ENVIRONMENT = "organizations/*/environments/*"
_LIVE = "in live bodies only: api-deployments-public-cloud"
_SPECIFIED = "not in the specification's examples"

_IN_ENVIRONMENT = recorded("env-deployments")
_PROXY = recorded("api-deployments-public-cloud")
_REVISION: dict[Trait, str] = {
    (".description", "absent"): "what its author leaves out",
    (".spec", "absent"): "what its author leaves out",
}


def _live(at: str = "") -> dict[Trait, str]:
    """What a deployed revision at that place has besides, as in the only live body."""
    server = f"{at}.server[]"
    places = {
        f"{at}.configuration.configVersion": "string",
        server: "object",
        f"{server}.pod": "object",
        f"{server}.pod.name": "string",
        f"{server}.pod.region": "string",
        f"{server}.status": "string",
        f"{server}.type": "array",
        f"{server}.type[]": "string",
        f"{server}.uUID": "string",
    }
    return dict.fromkeys(places.items(), _LIVE)


def _renamed(body: dict[str, Any], **names: str | None) -> dict[str, Any]:
    """`body` with other keys; without those whose new name is None."""
    renamed = ((names.get(key, key), value) for key, value in body.items())
    return {key: value for key, value in renamed if key is not None}


def _kinds(things: str, owner: str) -> tuple[Kind, ...]:
    """What is alike for proxies and shared flows; no body of the latter is known."""
    of_revision = recorded("env-api-revision-deployment")
    flows: dict[Trait, str] = {(".sharedFlows[]", "string"): "specified"}
    state = {key: of_revision[key] for key in ("configuration", "server", "state")}
    everywhere = {"environment": [{**state, "name": "test"}], owner: "hotels", "name": "1"}
    here = f"organizations/*/{things}"
    there = f"{_ENVIRONMENT}/{things}"
    return (
        Kind(here, (recorded("virtualhosts-list"),)),
        Kind(f"{here}/*", (recorded("api-get"),)),
        Kind(f"{here}/*/revisions", (recorded("virtualhosts-list"),)),
        Kind(
            f"{here}/*/revisions/*",
            (recorded("api-revision-get"),),
            _REVISION | (flows if things == "sharedflows" else {}),
        ),
        Kind(
            f"{here}/*/deployments",
            (_PROXY,),
            {(".environment[].revision[].configuration.configVersion", "absent"): _SPECIFIED},
        ),
        Kind(f"{there}/*/deployments", (recorded("env-api-deployments"),), _live(".revision[]")),
        # No body is known of this level; the specification's is told of in its own words.
        Kind(f"{here}/*/revisions/*/deployments", (everywhere,), _live(".environment[]")),
        Kind(
            f"{there}/*/revisions/*/deployments",
            (_renamed(of_revision, aPIProxy=owner),),
            _live(),
        ),
    )


PROXY_KINDS = (
    Kind(
        "organizations/*/deployments",
        # No body is known; the specification's holds those of its environments.
        ({"environment": [_renamed(_IN_ENVIRONMENT, organization=None)], "name": "myorg"},),
        _live(".environment[].aPIProxy[].revision[]"),
    ),
    Kind(f"{_ENVIRONMENT}/deployments", (_IN_ENVIRONMENT,), _live(".aPIProxy[].revision[]")),
    Kind(
        f"{_ENVIRONMENT}/deployments/?sharedFlows=true",
        (_IN_ENVIRONMENT,),
        _live(".aPIProxy[].revision[]"),
    ),
    *_kinds("apis", "aPIProxy"),
    *_kinds("sharedflows", "sharedFlow"),
)
