"""The versions and suites that a service speaks when it is asked, whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.observed import hit
from edgeaudit.audit.rules.protocols import shortened
from edgeaudit.audit.sightings import services_for_clients
from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.observed import Observation


@rule(over=services_for_clients, cause=Cause.PROTOCOL_MISMATCH, severity=Severity.WARNING)
def served_legacy_protocol(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint speaks a protocol version that is out of date.

    SSLv3, TLSv1 and TLSv1.1 must not be used any more (RFC 7568, RFC 8996); `protocol_floor` of the
    policy tells what is out of date. Where an endpoint speaks nothing newer than TLSv1.1 it is an
    error: clients of today have switched that off, and end with `unsupported protocol` or
    `protocol_version`. Of a virtual host whose ssl_protocols name these versions, legacy-protocol
    speaks; where they do not, another virtual host of the port may have set them, or the change has
    not reached the Router yet. Of backends see no-common-protocol.

    Remedy: set the property ssl_protocols to "TLSv1.2" (with "TLSv1.3" where the Router has it) in
    all virtual hosts of the port; before that see who still comes with the old ones. Where
    something before the Routers ends TLS, switch them off there.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Protocol mismatch"; "Virtual host
    property reference"; RFC 8996.
    """
    floor = evidence.policy.protocol_floor
    spoken = sorted(each for each, is_so in observation.service.versions.items() if is_so)
    is_judged = evidence.judges("legacy-protocol")
    said = _named(observation, evidence) if is_judged else set()
    old = [each for each in spoken if each < floor]
    is_all = bool(spoken) and spoken[-1] < Version.TLSV1_2
    if not old or (not is_all and set(old) <= said):
        return
    names = [each.spelling for each in old]
    only = "only " if is_all else ""
    yield hit(
        observation,
        f"{observation.asked.told} speaks {only}{', '.join(names)}, below {floor.spelling}",
        {"protocols": names, "floor": floor.spelling},
        Severity.ERROR if is_all else None,
    )


@rule(over=services_for_clients, cause=Cause.CIPHER_MISMATCH, severity=Severity.WARNING)
def served_weak_cipher(observation: Observation, evidence: Evidence) -> Iterator[Hit]:
    """An endpoint speaks a cipher suite that protects too little.

    That is what weak-cipher calls weak: NULL, anon, EXPORT, RC4, DES, 3DES, MD5, and what the
    policy forbids besides. Where an endpoint speaks nothing else it is an error: clients of today
    offer none of these. Of a virtual host whose ssl_ciphers are set, weak-cipher speaks.

    Remedy: set the property ssl_ciphers to "HIGH:!aNULL:!MD5:!3DES" or narrower in all virtual
    hosts of the port. Where something before the Routers ends TLS, switch them off there.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Cipher mismatch"; RFC 7465 (RC4),
    RFC 9325, 4.1 and 4.2.
    """
    codes = {code for each in observation.service.suites.values() for code in each}
    suites = [suite for code in sorted(codes) if (suite := on_the_wire(code))]
    weak = {suite: evidence.policy.weaknesses(suite) for suite in suites}
    names = [suite.name for suite, why in weak.items() if why]
    is_all = len(suites) == len(codes) and all(suite.weaknesses for suite in suites)
    is_said = evidence.judges("weak-cipher") and _sets_ciphers(observation, evidence)
    if not names or (is_said and not is_all):
        return
    why = sorted({word for words in weak.values() for word in words})
    only = "only " if is_all else ""
    yield hit(
        observation,
        f"{observation.asked.told} speaks {only}{shortened(names)} ({', '.join(why)})",
        {"ciphers": names, "weaknesses": why},
        Severity.ERROR if is_all else None,
    )


def _named(observation: Observation, evidence: Evidence) -> set[Version]:
    """The versions that the settings of each virtual host there name; none where one has none.

    Where the files of several Routers speak of it, those that any of them names.
    """
    named = [
        {
            version
            for offer in evidence.offers(each)
            if offer.protocols
            for version in offer.versions
        }
        for each in observation.asked.subjects
    ]
    return set.intersection(*named) if named else set()


def _sets_ciphers(observation: Observation, evidence: Evidence) -> bool:
    subjects = observation.asked.subjects
    return bool(subjects) and all(
        offer.ciphers for each in subjects for offer in evidence.offers(each)
    )
