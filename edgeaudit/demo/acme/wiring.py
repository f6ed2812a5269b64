"""Virtual hosts and target servers that name what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def missing_keystore(draft: Draft, ca: Authorities) -> None:
    draft.host("warehouse", Tls("warehouse-2023", "server"))
    draft.defect(
        "missing-keystore",
        "missing-keystore",
        "error",
        "virtualhosts/warehouse",
        "The keystore was deleted after the renewal, but the virtual host still names it",
    )


def missing_keystore_southbound(draft: Draft, ca: Authorities) -> None:
    draft.backend("press", Tls("press-keys", "client", "ref://partners", client_auth=True))
    draft.defect(
        "missing-keystore-southbound",
        "missing-keystore",
        "error",
        "targetservers/press",
        "The target server was copied from prod, its keystore was not",
    )


def missing_truststore(draft: Draft, ca: Authorities) -> None:
    draft.mutual_host("suppliers", ca, "supplier-roots")
    draft.defect(
        "missing-truststore",
        "missing-truststore",
        "error",
        "virtualhosts/suppliers",
        "Suppliers must show certificates, and there is no truststore to check them against",
    )


def missing_truststore_southbound(draft: Draft, ca: Authorities) -> None:
    # Blank and percent sign may stand in a target server's name.
    draft.backend("rates 50%", Tls(trust_store="rate-roots"))
    draft.defect(
        "missing-truststore-southbound",
        "missing-truststore",
        "error",
        "targetservers/rates 50%25",
        "The truststore was mistyped",
    )


def missing_alias(draft: Draft, ca: Authorities) -> None:
    draft.keystore("tickets-2024", Alias("server-2024", ca.chain("tickets.acme.example")))
    draft.host("tickets", Tls(draft.reference("tickets", "tickets-2024"), "server-2023"))
    draft.defect(
        "missing-alias",
        "missing-alias",
        "error",
        "virtualhosts/tickets",
        "The reference was moved to the new keystore, where the alias has another name",
    )


def no_alias_named(draft: Draft, ca: Authorities) -> None:
    draft.keystore("events", Alias("server", ca.chain("events.acme.example")))
    draft.host("events", Tls(draft.reference("events", "events")))
    draft.defect(
        "no-alias-named",
        "missing-alias",
        "error",
        "virtualhosts/events",
        "The virtual host has a keystore and does not say which of its aliases",
    )


def missing_alias_southbound(draft: Draft, ca: Authorities) -> None:
    draft.keystore("crm", Alias("client", ca.chain("crm-client.acme.example")))
    tls = Tls(draft.reference("crm", "crm"), "client-2025", "ref://partners", client_auth=True)
    draft.backend("crm", tls)
    draft.defect(
        "missing-alias-southbound",
        "missing-alias",
        "error",
        "targetservers/crm",
        "The target server was told of next year's alias, the keystore holds this year's",
    )


def alias_without_key(draft: Draft, ca: Authorities) -> None:
    alias = Alias("server", ca.chain("maps.acme.example"), has_key=False)
    draft.secure_host("maps", alias)
    draft.defect(
        "alias-without-key",
        "alias-without-key",
        "error",
        "virtualhosts/maps",
        "Only the certificate was uploaded, not the key",
    )


def alias_without_key_southbound(draft: Draft, ca: Authorities) -> None:
    alias = Alias("client", ca.chain("weather-client.acme.example"), has_key=False)
    draft.secure_backend("weather", alias)
    draft.defect(
        "alias-without-key-southbound",
        "alias-without-key",
        "error",
        "targetservers/weather",
        "Edge cannot prove to the weather service who it is: the key is missing",
    )


def missing_reference(draft: Draft, ca: Authorities) -> None:
    draft.host("jobs", Tls("ref://jobs", "server"))
    draft.defect(
        "missing-reference",
        "missing-reference",
        "error",
        "virtualhosts/jobs",
        "The virtual host was copied from prod, its reference was not",
    )


def missing_reference_southbound(draft: Draft, ca: Authorities) -> None:
    draft.backend("archive", Tls(trust_store="ref://archive-roots"))
    draft.defect(
        "missing-reference-southbound",
        "missing-reference",
        "error",
        "targetservers/archive",
        "The archive should be checked against a truststore that no reference leads to",
    )


def dangling_reference(draft: Draft, ca: Authorities) -> None:
    draft.host("news", Tls(draft.reference("news", "news-2023"), "server"))
    draft.defect(
        "dangling-reference",
        "dangling-reference",
        "error",
        "references/news",
        "The keystore was deleted before the reference was moved",
    )


def dangling_reference_southbound(draft: Draft, ca: Authorities) -> None:
    trust_store = draft.reference("bank roots 100%", "bank-roots-2023", "TrustStore")
    draft.backend("bank", Tls(trust_store=trust_store))
    draft.defect(
        "dangling-reference-southbound",
        "dangling-reference",
        "error",
        "references/bank roots 100%25",
        "The truststore of the bank is gone, the reference to it is not",
    )


def tls_without_keystore(draft: Draft, ca: Authorities) -> None:
    draft.host("beta", Tls())
    draft.defect(
        "tls-without-keystore",
        "tls-without-keystore",
        "error",
        "virtualhosts/beta",
        "TLS was switched on and nobody said with which certificate",
    )


def unused_reference(draft: Draft, ca: Authorities) -> None:
    draft.reference("spare", "partners", "TrustStore")
    draft.defect(
        "unused-reference",
        "unused-reference",
        "note",
        "references/spare",
        "A second reference to a truststore in use; nobody names this one",
    )


def empty_keystore(draft: Draft, ca: Authorities) -> None:
    draft.keystore("new")
    draft.defect(
        "empty-keystore",
        "empty-keystore",
        "note",
        "keystores/new",
        "Nothing was ever uploaded to the keystore",
    )
    draft.defect(
        "unused-empty-keystore",
        "unused-keystore",
        "note",
        "keystores/new",
        "A keystore was made for a renewal that never came",
    )


PLANTS: tuple[Plant, ...] = (
    missing_keystore,
    missing_keystore_southbound,
    missing_truststore,
    missing_truststore_southbound,
    missing_alias,
    no_alias_named,
    missing_alias_southbound,
    alias_without_key,
    alias_without_key_southbound,
    missing_reference,
    missing_reference_southbound,
    dangling_reference,
    dangling_reference_southbound,
    tls_without_keystore,
    unused_reference,
    empty_keystore,
)
