"""The organization `acme`: each of its defects must be found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..draft import Draft, organization, partners, planted
from ..installation import Environment, Organization
from . import (
    backends,
    chains,
    dates,
    deployed,
    disabled,
    handshakes,
    names,
    order,
    roots,
    routers,
    settings,
    strength,
    targets,
    trust,
    truststores,
    wiring,
)

if TYPE_CHECKING:
    from ..pki import Authorities


def acme(ca: Authorities) -> tuple[Organization, tuple[Draft, ...]]:
    """The organization, with `ca` as its authorities, and its drafts with what is wrong."""
    prod = planted(
        Draft("acme", "prod"),
        ca,
        partners,
        *dates.PLANTS,
        *truststores.PLANTS,
        *names.PLANTS,
        *chains.PLANTS,
        *handshakes.PLANTS,
        *order.PLANTS,
        *roots.PLANTS,
        *strength.PLANTS,
        *routers.PLANTS,
        *backends.PLANTS,
    )
    test = planted(
        Draft("acme", "test"), ca, partners, *wiring.PLANTS, *disabled.PLANTS, *deployed.TEST
    )
    test = planted(test, ca, *trust.PLANTS)
    stage = planted(Draft("acme", "stage"), ca, partners, *targets.PLANTS, *deployed.STAGE)
    stage = planted(stage, ca, *settings.PLANTS)
    sandbox = planted(Draft("acme", "sandbox"), ca, *settings.SANDBOX)
    # The integrated developer portal shows up as an environment of its own (apigee-edge-js,
    # test/keystore.js, filters it out).
    portal = Environment("portal", is_portal=True)
    drafts = (prod, test, stage, sandbox)
    return organization("acme", *drafts, others=(portal,)), drafts
