"""What mends that a service does otherwise than its configuration wants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.remedies import certificates, proofs, wiring
from edgeaudit.audit.remedies.endpoints import (
    processors_restart,
    redeployed,
    routers_restart,
    set_tls,
)
from edgeaudit.audit.remedies.renewal import key_renewed, trust_renewed
from edgeaudit.audit.remedies.shell import says
from edgeaudit.audit.remedies.site import told
from edgeaudit.inventory import VirtualHost
from edgeaudit.tls import ciphers
from edgeaudit.tls.protocols import Version, version
from edgeaudit.x509.hostname import covers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.offer import Offer
    from edgeaudit.audit.remedies.site import Case

_PROPERTIES = "/opt/apigee/customer/application/message-processor.properties"


def activated(case: Case) -> Iterator[str]:
    """What is stored must become what is served."""
    is_referred = case.hit.facts["wiring"] == "reference"
    when = "If a few minutes later the old one is still shown" if is_referred else "Now"
    yield from routers_restart(case, when)
    if not is_referred:
        yield says("With a reference nothing needs to restart at the next renewal.")
    yield from proofs.hosts_handshake([case.subject])


def chain_sent(case: Case) -> Iterator[str]:
    """The endpoint must send its issuers; a backend's may lie in the truststore instead."""
    missing = case.hit.facts["missing_issuer"]
    if isinstance(case.subject, VirtualHost):
        yield says(f"The chain that is stored must hold {missing}; then the Routers must show it.")
        yield from routers_restart(case, "If it holds that")
        yield from proofs.hosts_handshake([case.subject])
    else:
        yield says(f"Ask who runs the backend to send {missing} too; or trust it yourself:")
        yield from _trusted(case, f"the certificate of {missing}")


def backend_trusted(case: Case) -> Iterator[str]:
    """The CA of the backend goes into the truststore."""
    issuer = case.hit.facts["issuer"]
    yield says(f"If {issuer} is to be trusted; else ask who runs the backend.")
    yield from _trusted(case, f"the certificate of {issuer}, or of the root above it")


def _trusted(case: Case, holds: str) -> Iterator[str]:
    store = case.site.evidence.impact.truststore(case.subject)
    if store:
        yield from trust_renewed(case, store, holds)


def protocols_met(case: Case) -> Iterator[str]:
    """The versions that the backend speaks, less what is out of date where there is better."""
    floor, offers = case.site.evidence.policy.protocol_floor, _offers(case)
    spoken = {version(name, "java", offers[0].java) for name in case.hit.facts["spoken"]}
    known = sorted(each for each in spoken if each is not None and _all_have(offers, each))
    if not known:
        yield says("Java has none of these enabled: the backend must enable another version.")
        return
    wanted = [each for each in known if each >= floor] or known[-1:]
    if wanted[-1] < Version.TLSV1_2:
        yield says("Better: have the backend enable TLSv1.2.")
    yield from _set(case, {"protocols": [each.spelling for each in wanted]})


def ciphers_met(case: Case) -> Iterator[str]:
    """The suites that the backend has and Java knows; none is weak."""
    offers = _offers(case)
    found = (ciphers.suite(name, "java", offers[0].java) for name in case.hit.facts["spoken"])
    weaknesses = case.site.evidence.policy.weaknesses
    known = [each.java for each in found if each and not weaknesses(each)]
    good = [
        each
        for each in known
        if not any(replace(offer, ciphers=(each,)).refusal for offer in offers)
    ]
    if not good:
        yield says("Java has no good suite of these: the backend must enable another one.")
        return
    yield from _set(case, {"ciphers": list(dict.fromkeys(good))})


def _offers(case: Case) -> tuple[Offer, ...]:
    """What each Message Processor offers."""
    return case.site.evidence.offers(case.subject)


def _all_have(offers: Sequence[Offer], version: Version) -> bool:
    """Whether the Java of each enables it, where its release is known."""
    named = (replace(each, protocols=(version.spelling,), ciphers=()) for each in offers)
    return not any(each.refusal for each in named)


def _set(case: Case, settings: dict[str, object]) -> Iterator[str]:
    yield from set_tls(case, case.subject, settings)
    yield from redeployed(case, case.subject)
    yield from proofs.handshakes([case.subject], "")


def sni_enabled(case: Case) -> Iterator[str]:
    """A property of the Message Processors."""
    if case.site.is_public_cloud:
        yield says("Ask Apigee Support to have the Message Processors send server names.")
        return
    line = "conf_system_jsse.enableSNIExtension=true"
    yield says(f"On each Message Processor, set {line} in {_PROPERTIES}, owned by apigee.")
    yield from processors_restart(case)
    yield from proofs.handshakes([case.subject], "")


def acceptable_shown(case: Case) -> Iterator[str]:
    """A certificate of an issuer, and for a kind of key, that the backend names."""
    impact = case.site.evidence.impact
    alias, store = impact.key_alias(case.subject), impact.keystore(case.subject)
    if alias and store:
        issuers, keys = case.hit.facts["accepted"], case.hit.facts["keys"]
        kind = f" for a key of {' or '.join(keys)}" if keys else ""
        by = f" issued by one of these: {told(issuers)}" if issuers else ""
        chain = f"a certificate{kind}{by}; then its issuers in order"
        yield from key_renewed(case, store, alias, chain, "its private key")


def client_configured(case: Case) -> Iterator[str]:
    """Client authentication is switched on, with a keystore if there is none."""
    tls = case.subject.tls
    if tls is None or tls.keystore is None or tls.key_alias is None:
        yield from wiring.without_keystore(case, {"clientAuthEnabled": True})
        return
    yield from _set(case, {"clientAuthEnabled": True})


def asked_again(case: Case) -> Iterator[str]:
    """The handshake from where it matters."""
    yield from proofs.handshakes([case.subject], "")


def name_covered(case: Case) -> Iterator[str]:
    """The certificate that is stored for a virtual host is reissued, where that lacks it too."""
    evidence = case.site.evidence
    alias = evidence.impact.key_alias(case.subject)
    leaf = evidence.leaf(alias) if alias and isinstance(case.subject, VirtualHost) else None
    if leaf and not all(covers(leaf.certificate, each) for each in case.hit.facts["hosts"]):
        yield from certificates.uncovered(case)
    else:
        yield from asked_again(case)
