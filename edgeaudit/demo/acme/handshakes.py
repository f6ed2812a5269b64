"""Protocols and cipher suites that are out of date, mistaken, or do not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def legacy_protocol(draft: Draft, ca: Authorities) -> None:
    draft.tuned_host("terminals", ca, ssl_protocols="TLSv1 TLSv1.1 TLSv1.2")
    draft.defect(
        "legacy-protocol",
        "legacy-protocol",
        "warning",
        "virtualhosts/terminals",
        "Payment terminals once needed TLS 1.0; they were replaced, the setting stayed",
    )


def legacy_protocol_southbound(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://partners", protocols=("SSLv2Hello", "TLSv1", "TLSv1.2"))
    draft.backend("as400", tls)
    draft.defect(
        "legacy-protocol-southbound",
        "legacy-protocol",
        "warning",
        "targetservers/as400",
        "The mainframe has learnt TLS 1.2, and Edge still offers what it had before",
    )


def legacy_protocol_switched_off(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://partners", protocols=("SSLv3", "TLSv1.2"))
    draft.backend("teletex", tls, is_enabled=False)
    draft.defect(
        "disabled-legacy-protocol",
        "legacy-protocol",
        "note",
        "targetservers/teletex",
        "A disabled target server keeps its old settings",
    )


def unknown_protocol(draft: Draft, ca: Authorities) -> None:
    draft.tuned_host("parcel-lockers", ca, ssl_protocols="TLSv1.2,TLSv1.3")
    draft.defect(
        "unknown-protocol",
        "unknown-protocol",
        "error",
        "virtualhosts/parcel-lockers",
        "Commas stand where nginx wants blanks",
    )


def unknown_protocol_southbound(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://partners", protocols=("tlsv1.2",))
    draft.proxy("bicycles", draft.target(tls))
    draft.defect(
        "unknown-protocol-of-target",
        "unknown-protocol",
        "error",
        "proxies/bicycles/1/targets/default",
        "Java minds the case of letters, nginx, from which the name was copied, does not",
    )


def weak_cipher(draft: Draft, ca: Authorities) -> None:
    draft.tuned_host("scanners", ca, ssl_ciphers="HIGH:MEDIUM:!aNULL:!MD5")
    draft.defect(
        "weak-cipher",
        "weak-cipher",
        "warning",
        "virtualhosts/scanners",
        "MEDIUM lets 3DES and RC4 in",
    )


def weak_cipher_southbound(draft: Draft, ca: Authorities) -> None:
    ciphers = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "SSL_RSA_WITH_RC4_128_MD5")
    draft.backend("warehouse-robots", Tls(trust_store="ref://partners", ciphers=ciphers))
    draft.defect(
        "weak-cipher-southbound",
        "weak-cipher",
        "warning",
        "targetservers/warehouse-robots",
        "RC4 was added for a controller that is long gone",
    )


def unknown_cipher(draft: Draft, ca: Authorities) -> None:
    names = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    draft.tuned_host("drones", ca, ssl_ciphers=names)
    draft.defect(
        "unknown-cipher",
        "unknown-cipher",
        "error",
        "virtualhosts/drones",
        "One of the names is Java's, and OpenSSL passes it over without a word",
    )
    draft.defect(
        "client-shut-out",
        "client-profile-excluded",
        "note",
        "virtualhosts/drones",
        "What is left is a suite with AES 256, which Java 8 with limited strength has not",
    )


def unknown_exclusion(draft: Draft, ca: Authorities) -> None:
    draft.tuned_host("power-meters", ca, ssl_ciphers="'HIGH:!aNULL:!MD5:!md4'")
    draft.defect(
        "unknown-exclusion",
        "unknown-cipher",
        "warning",
        "virtualhosts/power-meters",
        "What is to be shut out has a name that OpenSSL does not know",
    )


def unknown_cipher_southbound(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://partners", ciphers=("ECDHE-RSA-AES128-GCM-SHA256",))
    draft.proxy("tracking-events", draft.callout("Notify", tls))
    draft.defect(
        "unknown-cipher-of-callout",
        "unknown-cipher",
        "error",
        "proxies/tracking-events/1/policies/Notify",
        "A name that was copied from a virtual host is unknown to Java",
    )


def no_usable_cipher(draft: Draft, ca: Authorities) -> None:
    # all certificates of the demo have EC keys
    draft.tuned_host("tariffs", ca, ssl_ciphers="ECDHE+aRSA+AESGCM", ssl_protocols="TLSv1.2")
    draft.defect(
        "no-usable-cipher",
        "no-usable-cipher",
        "error",
        "virtualhosts/tariffs",
        "The certificate was renewed with an EC key, the cipher suites are still those for RSA",
    )


def no_usable_cipher_southbound(draft: Draft, ca: Authorities) -> None:
    suites = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")
    tls = Tls(trust_store="ref://partners", protocols=("TLSv1.2",), ciphers=suites)
    draft.backend("stock-exchange", tls)
    draft.defect(
        "no-usable-cipher-southbound",
        "no-usable-cipher",
        "error",
        "targetservers/stock-exchange",
        "The suites are those of TLS 1.3, the protocol was set back to TLS 1.2",
    )


def ignored_setting(draft: Draft, ca: Authorities) -> None:
    tls = Tls(protocols=("TLSv1.2",), ciphers=("RC4-SHA",))
    draft.tuned_host("lounges", ca, tls, ssl_protocols="TLSv1.2")
    draft.defect(
        "ignored-tls-setting",
        "ignored-tls-setting",
        "note",
        "virtualhosts/lounges",
        "Settings from the days of 4.15 stand in sSLInfo, where nobody reads them any more",
    )


PLANTS: tuple[Plant, ...] = (
    legacy_protocol,
    legacy_protocol_southbound,
    legacy_protocol_switched_off,
    unknown_protocol,
    unknown_protocol_southbound,
    weak_cipher,
    weak_cipher_southbound,
    unknown_cipher,
    unknown_exclusion,
    unknown_cipher_southbound,
    no_usable_cipher,
    no_usable_cipher_southbound,
    ignored_setting,
)
