"""Healthy protocols and cipher suites. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Call, Target, Tls, VirtualHost

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities

_OLD = Tls(protocols=("SSLv3", "TLS1"), ciphers=("RC4-SHA",))


def quoted_names(draft: Draft, ca: Authorities) -> None:
    """Not unknown: nginx takes quotation marks away, and minds no case."""
    protocols = "'TLSv1.2'  \"tlsv1.3\""
    draft.tuned_host("modern", ca, ssl_protocols=protocols, ssl_ciphers='"HIGH !aNULL !MD5"')


def shut_out_again(draft: Draft, ca: Authorities) -> None:
    """Not weak: what ALL lets in is shut out again, by keywords of which some are old."""
    excluded = "!aNULL:!eNULL:!EXPORT:!SSLv2:!LOW:!MEDIUM:!kKRB5:!MD5"
    draft.tuned_host("strict", ca, ssl_ciphers=f"ALL:RC4-SHA:{excluded}:!RC4:@STRENGTH")


def new_only(draft: Draft, ca: Authorities) -> None:
    """Not unusable, not weak: in TLS 1.3 the cipher string decides nothing."""
    draft.tuned_host("newest", ca, ssl_protocols="TLSv1.3", ssl_ciphers="aRSA:!eNULL")


def names_of_tls_1_3(draft: Draft, ca: Authorities) -> None:
    """Not unknown: OpenSSL passes the names of TLS 1.3 over, and has its suites all the same."""
    names = "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256"
    draft.tuned_host("mixed", ca, ssl_ciphers=names)


def not_set(draft: Draft, ca: Authorities) -> None:
    """Not unusable: what is empty is not set."""
    draft.tuned_host("unset", ca, ssl_protocols="", ssl_ciphers="")


def switched_off(draft: Draft, ca: Authorities) -> None:
    """Not legacy, not ignored: TLS is off."""
    properties = (("ssl_protocols", "SSLv3"), ("ssl_ciphers", "RC4-SHA"))
    names = ("plain-tuned.wellkept.example",)
    off = Tls(enabled=False, protocols=_OLD.protocols, ciphers=_OLD.ciphers)
    draft.virtual_host(VirtualHost("plain-tuned", names, None, 8080, properties=properties))
    draft.virtual_host(VirtualHost("off-tuned", names, off, 8082, properties=properties))


def java_names(draft: Draft, ca: Authorities) -> None:
    """Not unknown: Java has old names of its own, and a signal among the suites."""
    suites = (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    )
    versions = ("TLSv1.2", "TLSv1.3")
    tls = Tls(trust_store="ref://partners", protocols=versions, ciphers=suites)
    draft.backend("modern-backend", tls)


def of_a_target(draft: Draft, ca: Authorities) -> None:
    """Not legacy: TLS 1.2 it is, in a target endpoint and in a callout."""
    tls = Tls(trust_store="ref://partners", protocols=("TLSv1.2",))
    draft.proxy("modern-target", draft.target(tls), draft.callout("Ask-Modern", tls))


def variable(draft: Draft, ca: Authorities) -> None:
    """Not unknown, not unusable: a flow variable may stand for anything."""
    tls = Tls(
        trust_store="ref://partners", protocols=("{flow.protocol}",), ciphers=("{flow.cipher}",)
    )
    draft.proxy("variable-tuned", draft.target(tls))


def backend_switched_off(draft: Draft, ca: Authorities) -> None:
    """Not legacy: TLS settings are there, and are off."""
    off = Tls(enabled=False, protocols=_OLD.protocols, ciphers=_OLD.ciphers)
    draft.proxy("quiet-tuned", Target("default", Call("http://mock.partner.example/v1", tls=off)))


NORTHBOUND: tuple[Plant, ...] = (
    quoted_names,
    shut_out_again,
    new_only,
    names_of_tls_1_3,
    not_set,
    switched_off,
)

SOUTHBOUND: tuple[Plant, ...] = (
    java_names,
    of_a_target,
    variable,
    backend_switched_off,
)
