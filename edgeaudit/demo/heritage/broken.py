"""What can be known to be wrong where there are no alias resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def expired_leaf(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("portal.heritage.example", days=(-400, -6))
    draft.secure_host("portal", Alias("server", chain, cert_file="portal 100%.crt"))
    draft.defect(
        "expired-old-edge",
        "expired-certificate",
        "error",
        "keystores/portal/portal 100%25.crt#0",
        "The certificate of portal ran out, and its file's name is all that names it",
    )


def expired_intermediate(draft: Draft, ca: Authorities) -> None:
    issuing = ca.mint.authority("Acme Issuing 2017", ca.root, days=(-2500, -8))
    leaf = ca.mint.leaf(issuing, "claims.heritage.example")
    draft.secure_host("claims", Alias("server", (leaf, issuing.certificate)))
    draft.defect(
        "expired-intermediate-old-edge",
        "expired-certificate",
        "error",
        "keystores/claims/server-cert#1",
        "The certificate of claims is young, but the CA that issued it has expired",
    )


def expired_backend_ca(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Terminal Root", days=(-5000, -60))
    entry = Alias("root", (root.certificate,), has_key=False, cert_file="terminal.crt")
    draft.backend("terminal", Tls(trust_store=draft.truststore("terminal", entry)))
    draft.defect(
        "expired-backend-ca-old-edge",
        "expired-certificate",
        "warning",
        "keystores/terminal/terminal.crt#0",
        "The terminals are trusted through a root that expired long ago",
    )


def missing_alias(draft: Draft, ca: Authorities) -> None:
    draft.keystore("policies", Alias("server-2017", ca.chain("policies.heritage.example")))
    draft.host("policies", Tls(draft.reference("policies", "policies"), "server-2016"))
    draft.defect(
        "missing-alias-old-edge",
        "missing-alias",
        "error",
        "virtualhosts/policies",
        "The keystore has no key of the name that the virtual host asks for",
    )


def missing_alias_named_like_certificate(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("pensions.heritage.example"), cert_file="pensions.crt")
    draft.keystore("pensions", alias)
    draft.host("pensions", Tls(draft.reference("pensions", "pensions"), "pensions.crt"))
    draft.defect(
        "alias-named-like-certificate",
        "missing-alias",
        "error",
        "virtualhosts/pensions",
        "The virtual host names the certificate, where the alias of its key belongs",
    )


def missing_intermediate(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("brokers.heritage.example")
    draft.secure_host("brokers", Alias("server", (leaf,)))
    draft.defect(
        "missing-intermediate-old-edge",
        "incomplete-chain",
        "error",
        "keystores/brokers/server-cert#0",
        "The only certificate in the keystore comes without its issuer",
    )


def uncovered_host_alias(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("agents.heritage.example"))
    draft.secure_host("agents", alias, "agents.heritage.example", "sales.heritage.example")
    draft.defect(
        "uncovered-old-edge",
        "uncovered-host-alias",
        "error",
        "virtualhosts/agents",
        "agents got a second name, its certificate did not",
    )


def broken_proxies(draft: Draft, ca: Authorities) -> None:
    draft.proxy(
        "actuary", draft.target(Tls("actuary", "client", "ref://partners", client_auth=True))
    )
    draft.defect(
        "missing-keystore-old-edge",
        "missing-keystore",
        "error",
        "proxies/actuary/1/targets/default",
        "The bundle names a keystore that was never made here",
    )
    draft.proxy("registry", draft.callout("Look-Up", Tls(trust_store="ref://registry")))
    draft.defect(
        "missing-reference-old-edge",
        "missing-reference",
        "error",
        "proxies/registry/1/policies/Look-Up",
        "The callout was copied without the reference to its truststore",
    )


def forgotten_keystore(draft: Draft, ca: Authorities) -> None:
    draft.keystore("typewriters", Alias("server", ca.chain("typewriters.heritage.example")))
    draft.defect(
        "unused-old-edge",
        "unused-keystore",
        "note",
        "keystores/typewriters",
        "Nothing has named the keystore since the typewriters went",
    )


PLANTS: tuple[Plant, ...] = (
    expired_leaf,
    expired_intermediate,
    expired_backend_ca,
    missing_alias,
    missing_alias_named_like_certificate,
    missing_intermediate,
    uncovered_host_alias,
    broken_proxies,
    forgotten_keystore,
)
