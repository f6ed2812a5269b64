"""Disabled target servers: what is wrong with their TLS settings is worth a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def expired_certificate(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("fax-client.acme.example", days=(-900, -200))
    draft.secure_backend("fax", Alias("client", chain), is_enabled=False)
    draft.defect(
        "disabled-expired-certificate",
        "expired-certificate",
        "note",
        "keystores/fax/client#0",
        "The fax gateway was switched off, and its certificate has expired since",
    )


def missing_intermediate(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("telex-client.acme.example")
    draft.secure_backend("telex", Alias("client", (leaf,)), is_enabled=False)
    draft.defect(
        "disabled-missing-intermediate",
        "incomplete-chain",
        "note",
        "keystores/telex/client#0",
        "The telex gateway was switched off before its chain was complete",
    )


def missing_stores(draft: Draft, ca: Authorities) -> None:
    tls = Tls("pager-keys", "client", "pager-roots", client_auth=True)
    draft.backend("pager", tls, is_enabled=False)
    draft.defect(
        "disabled-missing-keystore",
        "missing-keystore",
        "note",
        "targetservers/pager",
        "The pager gateway was switched off and its keystore deleted",
    )
    draft.defect(
        "disabled-missing-truststore",
        "missing-truststore",
        "note",
        "targetservers/pager",
        "The pager gateway was switched off and its truststore deleted",
    )


def missing_alias(draft: Draft, ca: Authorities) -> None:
    draft.keystore("teletext", Alias("client", ca.chain("teletext-client.acme.example")))
    reference = draft.reference("teletext", "teletext")
    tls = Tls(reference, "client-2019", "ref://partners", client_auth=True)
    draft.backend("teletext", tls, is_enabled=False)
    draft.defect(
        "disabled-missing-alias",
        "missing-alias",
        "note",
        "targetservers/teletext",
        "teletext was switched off and its alias replaced",
    )


def alias_without_key(draft: Draft, ca: Authorities) -> None:
    alias = Alias("client", ca.chain("gopher-client.acme.example"), has_key=False)
    draft.secure_backend("gopher", alias, is_enabled=False)
    draft.defect(
        "disabled-alias-without-key",
        "alias-without-key",
        "note",
        "targetservers/gopher",
        "gopher was switched off before its key was uploaded",
    )


def missing_reference(draft: Draft, ca: Authorities) -> None:
    tls = Tls("ref://usenet", "client", "ref://partners", client_auth=True)
    draft.backend("usenet", tls, is_enabled=False)
    draft.defect(
        "disabled-missing-reference",
        "missing-reference",
        "note",
        "targetservers/usenet",
        "usenet was switched off and its reference deleted",
    )


def dangling_reference(draft: Draft, ca: Authorities) -> None:
    """A disabled target server is a user still: its reference is not unused."""
    trust_store = draft.reference("minitel-roots", "minitel-roots", "TrustStore")
    draft.backend("minitel", Tls(trust_store=trust_store), is_enabled=False)
    draft.defect(
        "disabled-dangling-reference",
        "dangling-reference",
        "note",
        "references/minitel-roots",
        "minitel was switched off and its truststore deleted",
    )


PLANTS: tuple[Plant, ...] = (
    expired_certificate,
    missing_intermediate,
    missing_stores,
    missing_alias,
    alias_without_key,
    missing_reference,
    dangling_reference,
)
