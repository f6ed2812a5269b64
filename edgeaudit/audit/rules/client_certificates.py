"""The certificates that backends ask the Message Processor for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit, pair, place_of
from edgeaudit.audit.sightings import asking_targets
from edgeaudit.x509.names import read_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation
    from edgeaudit.inventory import Alias

_MOST_NAMES = 5
_KEYS = frozenset({"RSA", "EC", "DSA", "Ed25519", "Ed448"})  # the kinds that a request can name


@rule(over=asking_targets, cause=Cause.UNKNOWN_CLIENT_CERTIFICATE, severity=Severity.ERROR)
def client_certificate_unacceptable(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A backend asks for another certificate than that of the target's key alias.

    Java then sends no certificate at all: it shows one only where an issuer in its chain is among
    the names that the server lists, and its key of a kind that the server takes (RFC 5246, 7.4.4;
    RFC 8446, 4.2.3). A backend that requires one ends the handshake; where it does without, this is
    a warning.

    Remedy: have a certificate issued by one of the CAs that the backend names, for a key of a kind
    that it takes, or have the backend add the issuer to those that it accepts; where the issuers
    are amiss in the key alias, upload the whole chain to a new keystore and point the reference at
    it.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Unknown client certificate"; JSSE,
    `sun.security.ssl.SunX509KeyManagerImpl`.
    """
    alias, request = _own(observation, evidence), observation.service.request
    if alias is None or request is None:
        return
    leaf, names = alias.certificates[0], list(_accepted(observation).values())
    why = []
    if _is_of_no_issuer(alias, _accepted(observation)):
        more = f" and {len(names) - _MOST_NAMES} others" if len(names) > _MOST_NAMES else ""
        told = "; ".join(names[:_MOST_NAMES])
        why.append(f"certificates of {told}{more}, and {alias.where} leads to none of these")
    if leaf.key.partition(" ")[0] in _KEYS.difference(request.keys or _KEYS):
        why.append(f"keys of {' and '.join(request.keys)}, and that of {alias.where} is {leaf.key}")
    if why:
        is_needed = observation.service.needs_client_certificate is not False
        yield hit(
            observation,
            f"{pair(observation)}: the backend accepts {'; it accepts '.join(why)}",
            {"engine": evidence.engine("southbound"), "target": place_of(observation),
             "alias": alias.where, "accepted": names, "keys": list(request.keys), "key": leaf.key,
             "issuers": [each.issuer for each in alias.certificates]},
            Severity.ERROR if is_needed else Severity.WARNING,
            certificate=leaf,
        )  # fmt: skip


def _is_of_no_issuer(alias: Alias, accepted: Mapping[bytes, str]) -> bool:
    issuers = {each.issuer_canonical for each in alias.certificates}
    return bool(accepted) and not issuers & accepted.keys()


@rule(over=asking_targets, cause=Cause.MISSING_CLIENT_CERTIFICATE, severity=Severity.ERROR)
def client_certificate_unconfigured(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """A backend demands a client certificate, and the target is not set to show one.

    The Message Processor sends none, and the backend ends the handshake (`handshake_failure`,
    `certificate_required`), or a request later. A target that is set to show one and names no key
    is what client-auth-without-key speaks of.

    Remedy: set ClientAuthEnabled in SSLInfo of the target, with a KeyStore (by reference) and a
    KeyAlias whose certificate the backend accepts.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Missing client certificate"; "Options
    for configuring TLS".
    """
    target = observation.subject
    if target is None or observation.service.needs_client_certificate is not True:
        return
    if not (target.tls and target.tls.client_auth):
        accepted = list(_accepted(observation).values())
        yield hit(
            observation,
            f"{pair(observation)}: the backend demands a client certificate, and the target"
            " has client authentication off",
            {"target": target.where, "accepted": accepted},
        )


def _own(observation: Observation, evidence: Evidence) -> Alias | None:
    """The key alias that the target shows, where all of it is known."""
    target = observation.subject
    if target is None or not (target.tls and target.tls.client_auth):
        return None
    alias = evidence.impact.key_alias(target)
    return alias if alias and alias.chain and alias.is_complete else None


def _accepted(observation: Observation) -> dict[bytes, str]:
    """The issuers that the service names, canonical and as text; none where any will do."""
    request = observation.service.request
    found = {}
    for der in request.authorities if request else ():
        try:
            name = read_name(der)
        except (ValueError, IndexError):
            return {}  # what cannot be read may be the very issuer
        found[name.canonical] = name.text
    return found
