"""What is sound, or cannot be known to be wrong. Each function says what it could be taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def one_certificate(draft: Draft, ca: Authorities) -> None:
    """Not a missing alias: `keys` names it, whatever the certificate is called."""
    alias = Alias("server", ca.chain("quotes.heritage.example"), cert_file="quotes.crt")
    draft.secure_host("quotes", alias)


def several_certificates(draft: Draft, ca: Authorities) -> None:
    """Perhaps incomplete and for other names, but which of the two is the key's is not known."""
    leaf, _ = ca.chain("former.heritage.example")
    draft.keystore("fleet", Alias("server", (leaf,)), Alias("other", ca.chain("x.example")))
    draft.host("fleet", Tls(draft.reference("fleet", "fleet"), "server"))


def certificate_without_key(draft: Draft, ca: Authorities) -> None:
    """Not without key: `keys` names one also where there is none (release notes 180406)."""
    alias = Alias("client", ca.chain("couriers.heritage.example"), has_key=False)
    draft.secure_backend("couriers", alias)


def truststore_of_single_entries(draft: Draft, ca: Authorities) -> None:
    """Not unused, not a wrong issuer: the entries of a truststore need not belong together."""
    entries = (
        Alias("partner", (ca.partner_root.certificate,), False, "partner.crt"),
        Alias("acme", (ca.root.certificate,), False, "acme.crt"),
    )
    draft.mutual_host("dealers", ca, draft.truststore("dealer-roots", *entries))


def stores_of_proxies(draft: Draft, ca: Authorities) -> None:
    """Not unused: a target endpoint and a service callout name the stores."""
    draft.keystore("reinsurer", Alias("client", ca.chain("reinsurer.heritage.example")))
    key_store = draft.reference("reinsurer", "reinsurer")
    tls = Tls(key_store, "client", "ref://partners", client_auth=True)
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    asked = draft.callout("Ask", Tls(trust_store=draft.truststore("bureau", root)))
    draft.proxy("reinsurer", draft.target(tls), asked)


PLANTS: tuple[Plant, ...] = (
    one_certificate,
    several_certificates,
    certificate_without_key,
    truststore_of_single_entries,
    stores_of_proxies,
)
