"""The organization `wellkept`: much that looks like a defect, and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..draft import Draft, partners, planted
from ..installation import Organization
from . import chains, northbound, southbound

if TYPE_CHECKING:
    from ..pki import Authorities


def wellkept(ca: Authorities) -> Organization:
    """The organization, with `ca` as its authorities."""
    prod = planted(Draft("wellkept", "prod"), ca, *northbound.PLANTS, *chains.PLANTS)
    test = planted(Draft("wellkept", "test"), ca, partners, *southbound.PLANTS)
    # Blank and percent sign may stand in an environment's name (Edge API specification).
    stage = planted(Draft("wellkept", "stage 100%"), ca, *northbound.ODDLY_NAMED)
    drafts = (prod, test, stage)
    return Organization("wellkept", tuple(draft.environment() for draft in drafts))
