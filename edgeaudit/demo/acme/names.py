"""Virtual hosts whose certificate does not speak for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities

_UNCOVERED = "uncovered-host-alias"


def second_host_alias(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("tracking.acme.example"))
    draft.secure_host("tracking", alias, "tracking.acme.example", "parcels.acme.example")
    draft.defect(
        "second-host-alias",
        _UNCOVERED,
        "error",
        "virtualhosts/tracking",
        "tracking got a second name, its certificate did not",
    )


def wildcard_host_alias(draft: Draft, ca: Authorities) -> None:
    names = ("berlin.shops.acme.example", "paris.shops.acme.example")
    alias = Alias("server", ca.chain(names[0], names=names))
    draft.secure_host("shops", alias, "*.shops.acme.example")
    draft.defect(
        "wildcard-host-alias",
        _UNCOVERED,
        "error",
        "virtualhosts/shops",
        "The virtual host takes every shop, the certificate names only two",
    )


def address_as_name(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("kiosk.acme.example")
    draft.secure_host("kiosk", Alias("server", chain), "kiosk.acme.example", "192.0.2.20")
    draft.defect(
        "address-as-name",
        _UNCOVERED,
        "error",
        "virtualhosts/kiosk",
        "Kiosks call by IP address, and no certificate names it",
    )


def wildcard_of_one_label(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("*.acme.example"))
    draft.secure_host("rates", alias, "eu.rates.acme.example")
    draft.defect(
        "wildcard-of-one-label",
        _UNCOVERED,
        "error",
        "virtualhosts/rates",
        "The wildcard stands for one label, the host alias has two below the domain",
    )


def common_name_only(draft: Draft, ca: Authorities) -> None:
    draft.secure_host("classic", Alias("server", ca.chain("classic.acme.example", names=())))
    draft.defect(
        "common-name-only",
        "common-name-only",
        "warning",
        "keystores/classic/server#0",
        "An old request form forgot subjectAltName; browsers refuse the certificate",
    )


def other_common_name_only(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("vintage.acme.example", names=()))
    draft.secure_host("vintage", alias, "wine.acme.example")
    draft.defect(
        "other-common-name-only",
        "common-name-only",
        "warning",
        "keystores/vintage/server#0",
        "No subjectAltName at all",
    )
    draft.defect(
        "other-common-name",
        _UNCOVERED,
        "error",
        "virtualhosts/vintage",
        "The name was changed, and not even the common name fits any more",
    )


PLANTS: tuple[Plant, ...] = (
    second_host_alias,
    wildcard_host_alias,
    address_as_name,
    wildcard_of_one_label,
    common_name_only,
    other_common_name_only,
)
