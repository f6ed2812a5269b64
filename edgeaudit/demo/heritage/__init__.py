"""The organization `heritage`: told as Edge 4.17.09 does, without alias resources.

There a certificate goes by its own name, and only `keys` tells which aliases exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..draft import Draft, organization, partners, planted
from . import broken, sound

if TYPE_CHECKING:
    from ..installation import Organization
    from ..pki import Authorities


def heritage(ca: Authorities) -> tuple[Organization, tuple[Draft, ...]]:
    """The organization, with `ca` as its authorities, and its drafts with what is wrong."""
    prod = planted(Draft("heritage", "prod"), ca, partners, *broken.PLANTS)
    test = planted(Draft("heritage", "test"), ca, partners, *sound.PLANTS)
    told = replace(organization("heritage", prod, test), generation="4.17.09")
    return told, (prod, test)
