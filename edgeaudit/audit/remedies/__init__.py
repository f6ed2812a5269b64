"""The steps that mend a finding, exact enough to paste; edgeaudit prints them and runs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Hit
from edgeaudit.audit.remedies import certificates, handshakes, observed, wiring
from edgeaudit.audit.remedies.renewal import renewed
from edgeaudit.audit.remedies.site import Case, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.audit.impact import Subject
    from edgeaudit.inventory import Alias, Keystore

REMEDIES: dict[str, Callable[[Case], Iterator[str]]] = {
    "alias-without-key": certificates.key_added,
    "client-auth-without-key": wiring.without_key,
    "client-auth-without-truststore": wiring.without_truststore,
    "client-certificate-unacceptable": observed.acceptable_shown,
    "client-certificate-unconfigured": observed.client_configured,
    "common-name-only": certificates.names_in_common_name,
    "dangling-reference": wiring.dangling_reference,
    "duplicate-certificate": certificates.chain_mended,
    "empty-truststore": certificates.truststore_filled,
    "expired-certificate": certificates.dated,
    "expiring-certificate": certificates.dated,
    "failed-handshake": observed.asked_again,
    "incomplete-chain": certificates.chain_mended,
    "incomplete-truststore": certificates.truststore_completed,
    "invalid-signature": certificates.chain_mended,
    "issuer-not-ca": certificates.reissued,
    "legacy-protocol": handshakes.protocols_set,
    "misordered-chain": certificates.chain_mended,
    "missing-alias": wiring.missing_alias,
    "missing-keystore": wiring.missing_keystore,
    "missing-reference": wiring.missing_reference,
    "missing-truststore": wiring.missing_truststore,
    "no-common-cipher": observed.ciphers_met,
    "no-common-protocol": observed.protocols_met,
    "no-truststore": wiring.without_truststore,
    "no-usable-cipher": handshakes.both_set,
    "not-yet-valid-certificate": certificates.dated,
    "root-in-chain": certificates.chain_mended,
    "self-signed-certificate": certificates.reissued,
    "served-certificate-differs": observed.activated,
    "served-certificate-expired": observed.asked_again,
    "served-certificate-expiring": observed.asked_again,
    "served-chain-untrusted": observed.asked_again,
    "served-chain-incomplete": observed.chain_sent,
    "served-name-mismatch": observed.name_covered,
    "sni-disabled": observed.sni_enabled,
    "tls-without-keystore": wiring.without_keystore,
    "truststore-pins-leaf": certificates.truststore_unpinned,
    "uncovered-host-alias": certificates.uncovered,
    "unknown-cipher": handshakes.ciphers_set,
    "unknown-protocol": handshakes.protocols_set,
    "untrusted-backend": observed.backend_trusted,
    "untrusted-root": certificates.reissued,
    "unusable-trust-anchor": certificates.anchor_replaced,
    "weak-cipher": handshakes.ciphers_set,
    "weak-key": certificates.reissued,
    "weak-signature": certificates.reissued,
    "wrong-issuer": certificates.chain_mended,
}


def steps(site: Site, slug: str, subject: Subject, hit: Hit) -> tuple[str, ...]:
    """The lines that mend what a rule found: comments, which begin with `# `, and shell commands.

    The commands stand in a subshell, which ends where one of them fails: what comes after a proof
    is not done without it. None where there is nothing more exact to say than the rule's manual
    does.
    """
    if "host" in hit.facts:
        return ()  # it stands in a file of a host, out of the API's reach
    remedy = REMEDIES.get(slug)
    return _in_a_subshell(site, tuple(remedy(Case(site, subject, hit))) if remedy else ())


def renewal_steps(
    site: Site, store: Keystore, present: Alias | None, alias: str, *, has_key: bool
) -> tuple[str, ...]:
    """The lines that put a new chain under an alias of the store, as `steps` has them.

    `present` is what lies there now. With a key, or where one is there, it is that of an endpoint.
    """
    case = Case(site, present or store, Hit(""))
    return _in_a_subshell(site, tuple(renewed(case, store, present, alias, has_key=has_key)))


def _in_a_subshell(site: Site, lines: tuple[str, ...]) -> tuple[str, ...]:
    if all(line.startswith("# ") for line in lines):
        return lines
    return (*site.base, "(set -eo pipefail", *lines, ")")
