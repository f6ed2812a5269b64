"""Target endpoints with URL and `SSLInfo` of their own that name what is not there, or not good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Call, Policy, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def missing_keystore(draft: Draft, ca: Authorities) -> None:
    tls = Tls("ferries-2023", "client", "ref://partners", client_auth=True)
    draft.proxy("ferries", draft.target(tls))
    draft.defect(
        "missing-keystore-of-target",
        "missing-keystore",
        "error",
        "proxies/ferries/1/targets/default",
        "The keystore was deleted after the renewal, but a target endpoint still names it",
    )


def missing_truststore(draft: Draft, ca: Authorities) -> None:
    # Blank and percent sign may stand in a proxy's name.
    draft.proxy("fares 50% off", draft.target(Tls(trust_store="fare-roots")))
    draft.defect(
        "missing-truststore-of-target",
        "missing-truststore",
        "error",
        "proxies/fares 50%25 off/1/targets/default",
        "The proxy was imported from another organization, its truststore was not",
    )


def missing_reference(draft: Draft, ca: Authorities) -> None:
    draft.proxy("hotels", draft.target(Tls(trust_store="ref://hotel-roots"), "to booking"))
    draft.defect(
        "missing-reference-of-target",
        "missing-reference",
        "error",
        "proxies/hotels/1/targets/to booking",
        "The reference is there in prod only",
    )


def dangling_reference(draft: Draft, ca: Authorities) -> None:
    trust_store = draft.reference("car-rental", "car-rental-2022", "TrustStore")
    draft.proxy("cars", draft.target(Tls(trust_store=trust_store)))
    draft.defect(
        "dangling-reference-of-target",
        "dangling-reference",
        "error",
        "references/car-rental",
        "One proxy alone names the reference, whose truststore was deleted",
    )


def missing_alias(draft: Draft, ca: Authorities) -> None:
    draft.keystore("museums", Alias("client", ca.chain("museums-client.acme.example")))
    key_store = draft.reference("museums", "museums")
    tls = Tls(key_store, "client-2024", "ref://partners", client_auth=True)
    draft.proxy("museums", draft.target(tls))
    draft.defect(
        "missing-alias-of-target",
        "missing-alias",
        "error",
        "proxies/museums/1/targets/default",
        "The reference was moved to a keystore whose alias has another name",
    )


def alias_without_key(draft: Draft, ca: Authorities) -> None:
    alias = Alias("client", ca.chain("theatres-client.acme.example"), has_key=False)
    draft.keystore("theatres", alias)
    key_store = draft.reference("theatres", "theatres")
    draft.proxy(
        "theatres", draft.target(Tls(key_store, "client", "ref://partners", client_auth=True))
    )
    draft.defect(
        "alias-without-key-of-target",
        "alias-without-key",
        "error",
        "proxies/theatres/1/targets/default",
        "The theatres' backend demands a client certificate, and its key was never uploaded",
    )


def expired_client_certificate(draft: Draft, ca: Authorities) -> None:
    chain = ca.chain("trains-client.acme.example", days=(-370, -5))
    draft.keystore("trains", Alias("client", chain))
    key_store = draft.reference("trains", "trains")
    draft.proxy(
        "trains", draft.target(Tls(key_store, "client", "ref://partners", client_auth=True))
    )
    draft.defect(
        "expired-client-certificate-of-target",
        "expired-certificate",
        "error",
        "keystores/trains/client#0",
        "The expired certificate is shown to a backend by one target endpoint, and nowhere else",
    )


def missing_intermediate(draft: Draft, ca: Authorities) -> None:
    leaf, _ = ca.chain("buses-client.acme.example")
    draft.keystore("buses", Alias("client", (leaf,)))
    key_store = draft.reference("buses", "buses")
    draft.proxy("buses", draft.target(Tls(key_store, "client", "ref://partners", client_auth=True)))
    draft.defect(
        "missing-intermediate-of-target",
        "incomplete-chain",
        "warning",
        "keystores/buses/client#0",
        "A proxy sends its client certificate alone; the backend may or may not know its issuer",
    )


def expired_ca_of_saml(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Identity Root 2012", days=(-4000, -40))
    entry = Alias("root", (root.certificate,), has_key=False)
    store = draft.truststore("identity-providers", entry)
    policy = Policy("ValidateSAMLAssertion", "Check-Identity", Call(tls=Tls(trust_store=store)))
    draft.proxy("staff", policy)
    draft.defect(
        "expired-ca-of-saml",
        "expired-certificate",
        "warning",
        "keystores/identity-providers/root#0",
        "Only a SAML policy trusts the root, which has expired",
    )


PLANTS: tuple[Plant, ...] = (
    missing_keystore,
    missing_truststore,
    missing_reference,
    dangling_reference,
    missing_alias,
    alias_without_key,
    expired_client_certificate,
    missing_intermediate,
    expired_ca_of_saml,
)
