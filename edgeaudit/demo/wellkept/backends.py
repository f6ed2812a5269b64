"""Healthy backends of the target servers. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..routing import stored
from ..services import Demand, TlsService

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def usual(draft: Draft, ca: Authorities) -> None:
    """Not in need of a client certificate: it asks for one, and goes on without."""
    clients = (ca.root.certificate,)
    draft.answer(
        f"{draft.partner}:443", TlsService(ca.partner_chain(draft.partner), clients=clients)
    )


def leaf_alone(draft: Draft, ca: Authorities) -> None:
    """Not incomplete: the intermediate that is left out is the trust anchor."""
    host = "insurer.partner.example"
    draft.answer(f"{host}:443", TlsService(ca.partner_chain(host)[:1]))


def self_signed(draft: Draft, ca: Authorities) -> None:
    """Not untrusted: the certificate itself is in the truststore."""
    draft.answer("printer.partner.example:443", TlsService(stored(draft, "printer")))


def pinned(draft: Draft, ca: Authorities) -> None:
    """Not another certificate than is trusted: one beside its issuer."""
    draft.answer("courts.partner.example:443", TlsService(stored(draft, "courts")))


def client_of_root(draft: Draft, ca: Authorities) -> None:
    """Not unacceptable: of three issuers one is the root of the client certificate."""
    roots = (ca.partner_root, ca.stranger, ca.root)
    issuers = tuple(each.certificate for each in roots)
    host = "settlement.partner.example"
    draft.answer(f"{host}:443", Demand(ca.partner_chain(host), issuers))


def client_of_any(draft: Draft, ca: Authorities) -> None:
    """Not unacceptable: a server need not name the issuers that it accepts."""
    host, clients = "robot.partner.example", (ca.root.certificate,)
    service = TlsService(ca.partner_chain(host), clients=clients, needs_client=True)
    draft.answer(f"{host}:443", service)


PLANTS: tuple[Plant, ...] = (
    usual,
    leaf_alone,
    self_signed,
    pinned,
    client_of_root,
    client_of_any,
)
