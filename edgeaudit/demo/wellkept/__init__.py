"""The organizations `wellkept` and `tryout`: much that looks like a defect, and is none.

What is found there all the same is worth a note, and no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..draft import Draft, organization, partners, planted
from ..installation import Alias, Tls, VirtualHost
from ..routing import route_all
from . import backends, chains, handshakes, northbound, policies, southbound, targets

if TYPE_CHECKING:
    from ..installation import Organization
    from ..pki import Authorities


def wellkept(ca: Authorities) -> tuple[Organization, tuple[Draft, ...]]:
    """The organization, with `ca` as its authorities, and its drafts with what is worth a note."""
    prod = planted(Draft("wellkept", "prod"), ca, partners, *northbound.PLANTS, *chains.PLANTS)
    prod = planted(prod, ca, *handshakes.NORTHBOUND)
    test = planted(
        Draft("wellkept", "test"), ca, partners, *southbound.PLANTS, *handshakes.SOUTHBOUND
    )
    test = planted(test, ca, *targets.PLANTS, *policies.PLANTS, *backends.PLANTS)
    # Blank and percent sign may stand in an environment's name (Edge API specification).
    stage = planted(Draft("wellkept", "stage 100%"), ca, *northbound.ODDLY_NAMED)
    lab = planted(Draft("wellkept", "lab"), ca, partners, *targets.OF_ANY_STORE)
    drafts = (prod, test, stage, lab)
    for draft in drafts:
        route_all(draft)
    return organization("wellkept", *drafts), drafts


def tryout(ca: Authorities) -> tuple[Organization, tuple[Draft, ...]]:
    """A trial organization: the vendor's keystore is not unused, though nothing names it.

    Nor does its virtual host lack a keystore; that it shows the vendor's certificate is a note.
    """
    test = Draft("tryout", "test")
    test.keystore("freetrial", Alias("freetrial", ca.chain("*.apigee.net")))
    names = ("tryout-test.apigee.net",)
    test.virtual_host(VirtualHost("default", names, port=80))
    test.virtual_host(VirtualHost("secure", names, Tls(), free_trial=True))
    test.defect(
        "free-trial-host-of-tryout",
        "free-trial-certificate",
        "note",
        "virtualhosts/secure",
        "A trial organization shows the vendor's certificate",
    )
    route_all(test)
    return replace(organization("tryout", test), type="trial"), (test,)
