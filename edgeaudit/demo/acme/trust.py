"""Who is trusted: nobody, anybody, too few, or one certificate only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Call, Policy, Target, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def client_auth_without_truststore(draft: Draft, ca: Authorities) -> None:
    draft.keystore("members", Alias("server", ca.chain("members.acme.example")))
    draft.host("members", Tls(draft.reference("members", "members"), "server", client_auth=True))
    draft.defect(
        "client-auth-without-truststore",
        "client-auth-without-truststore",
        "error",
        "virtualhosts/members",
        "Members must show certificates, and nobody said whose are good",
    )


def client_auth_without_keystore(draft: Draft, ca: Authorities) -> None:
    draft.backend("notary", Tls(trust_store="ref://partners", client_auth=True))
    draft.defect(
        "client-auth-without-keystore",
        "client-auth-without-key",
        "error",
        "targetservers/notary",
        "The notary demands a client certificate, and the target server has none to show",
    )


def client_auth_without_alias(draft: Draft, ca: Authorities) -> None:
    draft.keystore("probate", Alias("client", ca.chain("probate-client.acme.example")))
    key_store = draft.reference("probate", "probate")
    draft.proxy("probate", draft.target(Tls(key_store, None, "ref://partners", client_auth=True)))
    draft.defect(
        "client-auth-without-alias",
        "client-auth-without-key",
        "error",
        "proxies/probate/1/targets/default",
        "The target endpoint has a keystore and does not say which of its aliases",
    )


def empty_truststore(draft: Draft, ca: Authorities) -> None:
    draft.backend("toll", Tls(trust_store=draft.truststore("toll")))
    draft.mutual_host("subscribers", ca, draft.truststore("subscriber-roots"))
    draft.defect(
        "empty-truststore",
        "empty-truststore",
        "error",
        "keystores/toll",
        "The truststore was made, its certificate was to follow",
    )
    draft.defect(
        "empty-truststore-northbound",
        "empty-truststore",
        "error",
        "keystores/subscriber-roots",
        "No subscriber can sign on: the truststore was emptied for a renewal",
    )


def intermediate_without_root(draft: Draft, ca: Authorities) -> None:
    entry = Alias("partner-issuing", (ca.partner_issuing.certificate,), has_key=False)
    draft.mutual_host("resellers", ca, draft.truststore("reseller-cas", entry))
    draft.defect(
        "intermediate-without-root",
        "incomplete-truststore",
        "error",
        "keystores/reseller-cas",
        "What is enough for backends was taken for clients: nginx wants the root as well",
    )


def one_of_two_without_root(draft: Draft, ca: Authorities) -> None:
    """Also used southbound, where it is in order; two intermediates lead nowhere."""
    policy = ca.mint.authority("Dealer Policy", ca.mint.authority("Dealer Root"))
    issuing = ca.mint.authority("Dealer Issuing", policy)
    sound = Alias("partners", (ca.partner_issuing.certificate, ca.partner_root.certificate), False)
    entry = Alias("dealers", (issuing.certificate, policy.certificate), has_key=False)
    truststore = draft.truststore("dealers-and-partners", sound, entry)
    draft.mutual_host("dealers", ca, truststore)
    draft.backend("dealers", Tls(trust_store=truststore))
    draft.defect(
        "one-of-two-without-root",
        "incomplete-truststore",
        "error",
        "keystores/dealers-and-partners",
        "Partners can sign on, dealers cannot: their root is missing",
    )


def pinned_leaf(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.partner_issuing, "postage.partner.example")
    store = draft.truststore("postage", Alias("backend", (leaf,), has_key=False))
    draft.backend("postage", Tls(trust_store=store))
    draft.defect(
        "pinned-leaf",
        "truststore-pins-leaf",
        "warning",
        "keystores/postage/backend#0",
        "The backend's own certificate is trusted, until the backend renews it",
    )


def pinned_client(draft: Draft, ca: Authorities) -> None:
    leaf = ca.mint.leaf(ca.partner_issuing, "robot.partner.example")
    root = Alias("root", (ca.root.certificate,), has_key=False)
    entry = Alias("robot", (leaf,), has_key=False)
    draft.mutual_host("robots", ca, draft.truststore("robots-and-staff", root, entry))
    draft.defect(
        "pinned-client",
        "truststore-pins-leaf",
        "warning",
        "keystores/robots-and-staff/robot#0",
        "The certificate of a client stands where its CA belongs",
    )


def without_truststore(draft: Draft, ca: Authorities) -> None:
    draft.backend("public-api", Tls())
    draft.backend("public-api-standby", Tls(), is_enabled=False)
    draft.defect(
        "server-without-truststore",
        "no-truststore",
        "warning",
        "targetservers/public-api",
        "Whoever answers for the public API is believed",
    )
    draft.defect(
        "disabled-without-truststore",
        "no-truststore",
        "note",
        "targetservers/public-api-standby",
        "The standby of the public API is switched off, and has no truststore either",
    )


def url_without_settings(draft: Draft, ca: Authorities) -> None:
    draft.proxy("horoscope", Target("default", Call("HTTPS://backend.partner.example/v1")))
    draft.proxy("tarot", draft.target(None), draft.callout("Ask-Cards", Tls()))
    call = Call("https://backend.partner.example/v1")
    draft.shared_flow("oracle", Policy("ServiceCallout", "Ask-Oracle", call))
    for name, where in (
        ("target", "proxies/horoscope/1/targets/default"),
        ("callout", "proxies/tarot/1/policies/Ask-Cards"),
        ("shared-flow", "sharedflows/oracle/1/policies/Ask-Oracle"),
    ):
        story = "The URL begins with https, and nobody said which CA is good"
        draft.defect(f"{name}-trusts-anyone", "no-truststore", "warning", where, story)


def validation_ignored(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://partners", ignores_errors=True)
    draft.backend("payroll", tls)
    draft.proxy("pensions", draft.target(tls))
    draft.keystore("auditors", Alias("server", ca.chain("auditors.acme.example")))
    key_store = draft.reference("auditors", "auditors")
    draft.host("auditors", Tls(key_store, "server", "ref://partners", True, ignores_errors=True))
    for name, where in (
        ("server", "targetservers/payroll"),
        ("target", "proxies/pensions/1/targets/default"),
        ("host", "virtualhosts/auditors"),
    ):
        story = "Validation was switched off for a test, and never on again"
        draft.defect(f"{name}-ignores-errors", "validation-ignored", "warning", where, story)


def private_key_in_truststore(draft: Draft, ca: Authorities) -> None:
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    handed_over = Alias("backend", (ca.mint.leaf(ca.partner_issuing, "fleet.partner.example"),))
    draft.backend("fleet", Tls(trust_store=draft.truststore("fleet", root, handed_over)))
    draft.defect(
        "private-key-in-truststore",
        "private-key-in-truststore",
        "warning",
        "keystores/fleet/backend",
        "The fleet's operator sent its certificate in a file that held the key too",
    )


PLANTS: tuple[Plant, ...] = (
    client_auth_without_truststore,
    client_auth_without_keystore,
    client_auth_without_alias,
    empty_truststore,
    intermediate_without_root,
    one_of_two_without_root,
    pinned_leaf,
    pinned_client,
    without_truststore,
    url_without_settings,
    validation_ignored,
    private_key_in_truststore,
)
