"""Cipher suites that are weak, not known, or leave nothing to agree on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.audit.by_host import hits
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.rule import rule
from edgeaudit.audit.rules.protocols import shortened, unknown_names
from edgeaudit.inventory import VirtualHost
from edgeaudit.tls import cipher_words, ciphers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.offer import Offer
    from edgeaudit.inventory import Endpoint
    from edgeaudit.tls.ciphers import Suite

# a guess takes milliseconds, and a cipher string may be of any length
_GUESSED = 50


@rule(over=Evidence.cipher_settings, cause=Cause.CIPHER_MISMATCH, severity=Severity.WARNING)
def weak_cipher(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host or target allows a cipher suite that protects too little.

    That is: no encryption (NULL), no authentication (anon), EXPORT, RC4, DES, 3DES or MD5, and what
    the policy forbids besides (`forbidden_ciphers`). Clients and backends have dropped them or are
    about to: a side that has nothing better then finds no common suite. Java itself disables most
    of them (jdk.tls.disabledAlgorithms). A cipher string is expanded as OpenSSL 1.0.2 does, and as
    1.1.0 to 3.x do, and the finding tells which of them has the suites, if it was built with them.
    What the string shuts out again, and what a Router cannot do (PSK, SRP), does not count.

    Remedy: in a virtual host set the property ssl_ciphers to "HIGH:!aNULL:!MD5:!3DES" or narrower;
    in a target server or target endpoint take the weak names out of Ciphers. Make sure first that
    the other side has a better one.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Cipher mismatch"; RFC 7465 (RC4),
    RFC 9325, 4.1 and 4.2; OpenSSL, ciphers(1).
    """
    policy = evidence.policy
    offers = [each for each in evidence.offers(endpoint) if each.ciphers]
    yield from hits(offers, lambda offer: weak_suites(offer, policy))


def weak_suites(offer: Offer, policy: Policy) -> Hit | None:
    """What is weak among the suites that an offer names, if something is."""
    weak = _weak(offer, policy.forbidden_ciphers)
    if not any(weak.values()):
        return None
    known_by = Counter(name for named in weak.values() for name in named)
    names = [name for name, _ in known_by.most_common()]
    suites = [suite for named in weak.values() for suite in named.values()]
    why = sorted({word for suite in suites for word in policy.weaknesses(suite)})
    where = [library for library, named in weak.items() if named]
    told = f"{' and '.join(where)} would use {shortened(names)} ({', '.join(why)})"
    facts = {"ciphers": names, "weaknesses": why, "libraries": where}
    return Hit(told, facts=facts, where=offer.ciphers_at)


@rule(over=Evidence.cipher_settings, cause=Cause.CIPHER_MISMATCH, severity=Severity.ERROR)
def unknown_cipher(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host or target names a cipher suite in a way that its side does not know.

    Virtual hosts speak OpenSSL (ECDHE-RSA-AES128-GCM-SHA256), targets Java
    (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), and both mind the case of letters. Java refuses the
    connection before it has begun (`Unsupported CipherSuite`). OpenSSL passes a word over that it
    does not know, so that the suite is missing without a word, and refuses the whole string where
    none is left; what it cannot read at all it refuses too. IANA's names it takes since 3.2 only. A
    word that is shut out (!FOO) and not known breaks nothing, and what it was to shut out stays in:
    that is a warning.

    Remedy: write the names as that side spells them; the finding tells what was probably meant.

    Source: Apigee Edge, "Options for configuring TLS" (JSSE names in targets, OpenSSL's in virtual
    hosts); OpenSSL, ciphers(1); Java, "Standard Algorithm Names", JSSE cipher suite names.
    """
    engine = evidence.engine(endpoint.direction)

    def judge(offer: Offer) -> Hit | None:
        hit = unknown_suites(offer)
        return hit and replace(hit, facts={**hit.facts, "engine": engine})

    yield from hits(evidence.offers(endpoint), judge)


def unknown_suites(offer: Offer) -> Hit | None:
    """What an offer names that its side does not know, if there is something."""
    unknown = list(dict.fromkeys(offer.unknown_ciphers))
    if not unknown:
        return None
    found = {name: _meant(name, offer) for name in unknown[:_GUESSED]}
    meant = {name: other for name, other in found.items() if other}
    side = "Java" if offer.dialect == "java" else "OpenSSL"
    return Hit(
        f"{side} knows no cipher suite {unknown_names(unknown, meant)}",
        facts={"ciphers": unknown, "did_you_mean": meant},
        severity=None if _wanted(unknown, offer) else Severity.WARNING,
        where=offer.ciphers_at,
    )


@rule(over=Evidence.handshake_settings, cause=Cause.CIPHER_MISMATCH, severity=Severity.ERROR)
def no_usable_cipher(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """The protocols, the cipher suites and the key of a virtual host or target leave nothing.

    A suite needs its protocol version (GCM needs TLSv1.2; TLSv1.3 has suites of its own) and, on
    the server, the right kind of key (ECDHE-RSA needs RSA, ECDHE-ECDSA needs an EC or EdDSA key).
    Where no suite is left, every handshake fails with `no shared cipher` or `handshake_failure`; an
    nginx that finds its cipher string empty refuses the whole configuration, even for TLSv1.3. A
    cipher string governs TLSv1.2 and before: where no protocol is set, something must be left for
    those. A backend's key is not known here. Names that are not known are told by their own rules.

    Java, besides, disables more and more by itself (jdk.tls.disabledAlgorithms): Java 21, which
    Edge 4.54 brings, disables TLSv1 and TLSv1.1. A target that allows nothing else gets a warning
    where the version of Java is known, since java.security may allow it again on a host; and an
    error where the Message Processors' own files tell what is disabled.

    Remedy: allow a protocol and a suite that fit one another and the certificate's key: in a
    virtual host by the properties ssl_protocols and ssl_ciphers or another key alias, in a target
    server or target endpoint by Protocols and Ciphers.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Cipher mismatch"; RFC 5246, 7.4.2 and
    A.5; RFC 8422, 5.1.3; RFC 8446, B.4.
    """
    key, engine = key_of(endpoint, evidence), evidence.engine(endpoint.direction)
    offers = evidence.offers(endpoint)
    lines = sorted(filter(None, {each.refused_by for each in offers if each.host}))

    def judge(offer: Offer) -> Hit | None:
        if offer.is_open or offer.unknown_protocols or _wanted(offer.unknown_ciphers, offer):
            return None
        if not is_usable(offer, key):
            facts = {"protocols": list(offer.protocols), "ciphers": list(offer.ciphers), "key": key}
            known = {name: value for name, value in facts.items() if value}
            told = (
                _misfit(offer, key)
                if any(offer.suites().values())
                else "its ciphers leave no suite at all"
            )
            return Hit(told, {**known, "engine": engine}, where=offer.ciphers_at)
        return _disabled(offer, lines) if offer.refusal else None

    yield from hits(offers, judge)


def _disabled(offer: Offer, lines: Sequence[str]) -> Hit:
    """Java does not even begin: for what `lines` say, or as every update of the release does."""
    facts = {"engine": f"Java {offer.java}", "java": offer.refusal}
    if offer.refused_by is None:
        told = f"Java {offer.java} disables by itself whatever it allows"
        return Hit(told, facts, Severity.WARNING, offer.protocols_at)
    told = f"Java {offer.java} leaves nothing of what it allows ({shortened(lines)})"
    return Hit(told, {**facts, "disabled_at": list(lines)}, where=offer.protocols_at)


def _misfit(offer: Offer, key: str | None) -> str:
    suites = "none of its cipher suites" if offer.ciphers else "no cipher suite"
    others = [", ".join(offer.protocols), f"the key ({key})" if key else ""]
    return f"{suites} fits {' and '.join(filter(None, others)) or 'any protocol'}"


@lru_cache(maxsize=1024)
def is_usable(offer: Offer, key: str | None) -> bool:
    """Whether one library at least finds a suite for a handshake."""
    offered = offer.suites().values()
    return any(ciphers.usable(offer.versions, suites, offer.dialect, key) for suites in offered)


@lru_cache(maxsize=1024)
def _weak(offer: Offer, forbidden: tuple[str, ...]) -> dict[str, dict[str, Suite]]:
    """Those that each library would use although they are weak, or forbidden."""
    policy = Policy(forbidden_ciphers=forbidden)
    return {
        library: {name: suite for name, suite in named.items() if policy.weaknesses(suite)}
        for library, named in _allowed(offer).items()
    }


def _allowed(offer: Offer) -> dict[str, dict[str, Suite]]:
    """The suites that each library would use, by name; of Java's all that are named."""
    if offer.dialect == "java":
        found = {name: ciphers.suite(name, "java", offer.java) for name in offer.ciphers}
        return {"Java": {name: suite for name, suite in found.items() if suite}}
    return {
        library: {
            suite.openssl[0]: suite for suite in ciphers.usable(offer.versions, suites, "openssl")
        }
        for library, suites in offer.suites().items()
    }


def _wanted(unknown: Sequence[str], offer: Offer) -> list[str]:
    """Those that are not merely shut out."""
    is_openssl = offer.dialect == "openssl"
    return [name for name in unknown if not (is_openssl and _is_shut_out(name))]


def _is_shut_out(part: str) -> bool:
    return part[0] in "!-" and part[1:2].isalnum()


def _meant(name: str, offer: Offer) -> str | None:
    if offer.dialect == "java":
        return ciphers.suggestion(name, "java")
    return cipher_words.suggestion(name.lstrip("!-+"))


def key_of(endpoint: Endpoint, evidence: Evidence) -> str | None:
    """The key that a virtual host proves to have, where it is known."""
    alias = evidence.impact.key_alias(endpoint) if isinstance(endpoint, VirtualHost) else None
    leaf = evidence.leaf(alias) if alias else None
    return leaf.certificate.key or None if leaf else None
