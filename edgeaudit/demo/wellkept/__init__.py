"""The organizations `wellkept` and `tryout`: much that looks like a defect, and is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..draft import Draft, organization, partners, planted
from ..installation import Alias, Tls, VirtualHost
from . import chains, handshakes, northbound, policies, southbound, targets

if TYPE_CHECKING:
    from ..installation import Organization
    from ..pki import Authorities


def wellkept(ca: Authorities) -> Organization:
    """The organization, with `ca` as its authorities."""
    prod = planted(Draft("wellkept", "prod"), ca, partners, *northbound.PLANTS, *chains.PLANTS)
    prod = planted(prod, ca, *handshakes.NORTHBOUND)
    test = planted(
        Draft("wellkept", "test"), ca, partners, *southbound.PLANTS, *handshakes.SOUTHBOUND
    )
    test = planted(test, ca, *targets.PLANTS, *policies.PLANTS)
    # Blank and percent sign may stand in an environment's name (Edge API specification).
    stage = planted(Draft("wellkept", "stage 100%"), ca, *northbound.ODDLY_NAMED)
    dynamic = planted(Draft("wellkept", "dynamic"), ca, *policies.DYNAMIC)
    return organization("wellkept", prod, test, stage, dynamic)


def tryout(ca: Authorities) -> Organization:
    """A trial organization: the vendor's keystore is not unused, though nothing names it."""
    test = Draft("tryout", "test")
    test.keystore("freetrial", Alias("freetrial", ca.chain("*.apigee.net")))
    names = ("tryout-test.apigee.net",)
    test.virtual_host(VirtualHost("default", names, port=80))
    test.virtual_host(VirtualHost("secure", names, Tls(), free_trial=True))
    return replace(organization("tryout", test), type="trial")
