"""Healthy target servers. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from ..installation import Alias, CommonName, TargetServer, Tls
from ..services import TlsService

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def plain_http(draft: Draft, ca: Authorities) -> None:
    """Not TLS without stores: no TLS at all."""
    draft.target_server(TargetServer("mock", "mock.partner.example", port=80))


def tls_switched_off(draft: Draft, ca: Authorities) -> None:
    """Not TLS without stores: TLS settings are there, and are off."""
    tls = Tls(enabled=False)
    draft.target_server(TargetServer("metrics", "metrics.partner.example", tls, port=8080))


def one_way_with_truststore(draft: Draft, ca: Authorities) -> None:
    """Not a missing keystore: without client authentication none is needed."""
    common_name = CommonName("*.partner.example", wildcard_match=True)
    draft.backend("geocoder", Tls(trust_store="ref://partners", common_name=common_name))


def two_way(draft: Draft, ca: Authorities) -> None:
    """Not unused: the reference serves target servers only."""
    alias = Alias("client", ca.chain("settlement.wellkept.example"))
    draft.secure_backend("settlement", alias, host="settlement.partner.example")


def client_without_alternative_names(draft: Draft, ca: Authorities) -> None:
    """Not common-name-only: no client looks for a host name in a client certificate."""
    chain = ca.chain("robot.wellkept.example", names=())
    draft.secure_backend("robot", Alias("client", chain), host="robot.partner.example")


def intermediate_as_anchor(draft: Draft, ca: Authorities) -> None:
    """Not incomplete: Java takes an intermediate as its trust anchor."""
    entry = Alias("partner-issuing", (ca.partner_issuing.certificate,), has_key=False)
    tls = Tls(trust_store=draft.truststore("insurer", entry))
    draft.backend("insurer", tls, host="insurer.partner.example")


def truststore_of_one_entry(draft: Draft, ca: Authorities) -> None:
    """Not a wrong order: an entry holds intermediate and root together."""
    chain = (ca.partner_issuing.certificate, ca.partner_root.certificate)
    entry = Alias("chain", chain, has_key=False)
    draft.backend("auditor", Tls(trust_store=draft.truststore("auditor", entry)))


def truststore_of_single_entries(draft: Draft, ca: Authorities) -> None:
    """Not a wrong issuer: the entries of a truststore need not belong together."""
    issuing = Alias("partner-issuing", (ca.partner_issuing.certificate,), has_key=False)
    root = Alias("acme-root", (ca.root.certificate,), has_key=False)
    draft.backend("registry", Tls(trust_store=draft.truststore("registry", issuing, root)))


def plain_on_another_port(draft: Draft, ca: Authorities) -> None:
    """Not disabled TLS: nothing but the number 443 says that a port is one of TLS."""
    draft.target_server(TargetServer("intranet", "intranet.partner.example", port=8443))


def odd_root_above_a_good_ca(draft: Draft, ca: Authorities) -> None:
    """Not an unusable anchor: Java arrives at the CA below, whose key it takes."""
    root = ca.mint.authority("Weather Root", key=ec.generate_private_key(ec.SECP224R1()))
    issuing = ca.mint.authority("Weather Issuing", root)
    entry = Alias("chain", (issuing.certificate, root.certificate), has_key=False)
    host = "weather.partner.example"
    draft.backend("weather", Tls(trust_store=draft.truststore("weather", entry)), host=host)
    chain = (ca.mint.leaf(issuing, host), issuing.certificate)
    draft.answer(f"{host}:443", TlsService(chain))


def self_signed_backend(draft: Draft, ca: Authorities) -> None:
    """Not a pinned leaf: a certificate that signed itself is its own root."""
    entry = Alias("printer", (ca.mint.leaf(None, "printer.partner.example"),), has_key=False)
    tls = Tls(trust_store=draft.truststore("printer", entry))
    draft.backend("printer", tls, host="printer.partner.example")


def leaf_beside_its_issuer(draft: Draft, ca: Authorities) -> None:
    """Not a pinned leaf: the CA is trusted too, so the next certificate will be as well."""
    leaf = ca.mint.leaf(ca.partner_issuing, "courts.partner.example")
    entry = Alias("courts", (leaf, ca.partner_issuing.certificate), has_key=False)
    tls = Tls(trust_store=draft.truststore("courts", entry))
    draft.backend("courts", tls, host="courts.partner.example")


def two_editions_of_a_root(draft: Draft, ca: Authorities) -> None:
    """Not superseded: both certificates of the CA are good for years."""
    again = ca.mint.authority("Partner Root", key=ca.partner_root.key, days=(-10, 3650))
    entries = (
        Alias("partner-root", (ca.partner_root.certificate,), has_key=False),
        Alias("partner-root-again", (again.certificate,), has_key=False),
    )
    draft.backend("embassy", Tls(trust_store=draft.truststore("embassy", *entries)))


def disabled(draft: Draft, ca: Authorities) -> None:
    """Not unused: a disabled target server is a user still."""
    alias = Alias("client", ca.chain("standby.wellkept.example"))
    draft.secure_backend("standby", alias, is_enabled=False)


PLANTS: tuple[Plant, ...] = (
    plain_http,
    tls_switched_off,
    one_way_with_truststore,
    two_way,
    client_without_alternative_names,
    intermediate_as_anchor,
    truststore_of_one_entry,
    truststore_of_single_entries,
    plain_on_another_port,
    odd_root_above_a_good_ca,
    self_signed_backend,
    leaf_beside_its_issuer,
    two_editions_of_a_root,
    disabled,
)
