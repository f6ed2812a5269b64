"""Protocols and cipher suites that both sides know and that are good enough."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeaudit.audit.remedies import proofs
from edgeaudit.audit.remedies.endpoints import redeployed, set_properties, set_tls
from edgeaudit.audit.remedies.shell import says
from edgeaudit.audit.remedies.site import MOST
from edgeaudit.inventory import VirtualHost
from edgeaudit.tls import ciphers
from edgeaudit.tls.protocols import Version, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.offer import Offer
    from edgeaudit.audit.remedies.site import Case

# from what most clients can do to what the fewest can
_GOOD = ("HIGH:!aNULL:!MD5:!3DES", "ECDHE+AESGCM")
_SEPARATOR = re.compile("[:, ]+")


def protocols_set(case: Case) -> Iterator[str]:
    """The names as that side spells them, less what is out of date."""
    yield from _set(case, protocols=_protocols(case))


def ciphers_set(case: Case) -> Iterator[str]:
    """The names as that side spells them, less what is weak."""
    offer = case.site.evidence.offer(case.subject)
    yield from _set(case, ciphers=_suites(case, offer))


def both_set(case: Case) -> Iterator[str]:
    """Protocols and suites that fit one another, and any key."""
    offer = case.site.evidence.offer(case.subject)
    modern = _modern(offer, max(Version.TLSV1_2, case.site.evidence.policy.protocol_floor))
    changed = replace(offer, protocols=tuple(modern))
    yield from _set(case, protocols=modern, ciphers=_suites(case, changed))


def _set(
    case: Case, protocols: list[str] | None = None, ciphers: list[str] | None = None
) -> Iterator[str]:
    endpoint = case.subject
    if isinstance(endpoint, VirtualHost):
        properties = {
            "ssl_protocols": " ".join(protocols or ()),
            "ssl_ciphers": (ciphers or [""])[0],
        }
        given = {name: value for name, value in properties.items() if value}
        yield from set_properties(case, endpoint, given)
    else:
        named = {"protocols": protocols, "ciphers": ciphers}
        settings = {name: value for name, value in named.items() if value is not None}
        yield from set_tls(case, endpoint, settings)
        yield from redeployed(case, endpoint)
    yield says("It tells the protocol and the cipher suite that are agreed on:")
    yield from proofs.handshakes([endpoint], "")


def _protocols(case: Case) -> list[str]:
    offer, meant = case.site.evidence.offer(case.subject), case.hit.facts.get("did_you_mean", {})
    names = [word for name in offer.protocols for word in meant.get(name, name).split()]
    corrected = replace(offer, protocols=tuple(names))
    return _modern(corrected, case.site.evidence.policy.protocol_floor)


def _modern(offer: Offer, floor: Version) -> list[str]:
    """Those that are not out of date; the oldest of these, where none is named."""
    found = {version(name, offer.dialect, offer.java) for name in offer.protocols}
    kept = sorted(each for each in found if each is not None and each >= floor)
    return [each.spelling for each in kept or [floor]]


def _suites(case: Case, offer: Offer) -> list[str]:
    """A list for Java, empty for its own choice; one cipher string for OpenSSL."""
    meant = case.hit.facts.get("did_you_mean", {})
    if offer.dialect == "java":
        corrected = dict.fromkeys(meant.get(name, name) for name in offer.ciphers)
        return [name for name in corrected if _is_clean(case, replace(offer, ciphers=(name,)))]
    narrowed = _narrowed(case, offer, meant)
    strings = [each for each in (narrowed, *_GOOD) if each]
    good = (each for each in strings if _is_clean(case, replace(offer, ciphers=(each,))))
    return [next(good, _GOOD[-1])]


def _narrowed(case: Case, offer: Offer, meant: dict[str, str]) -> str:
    """The cipher string with other names for what is not known, and what is weak shut out."""
    unknown = set(offer.unknown_ciphers)
    parts = [part for text in offer.ciphers for part in _SEPARATOR.split(text)]
    known = [_corrected(part, meant) if part in unknown else part for part in parts]
    weak = [] if unknown else case.hit.facts.get("ciphers", ())
    shut_out = [f"!{name}" for name in weak] if case.hit.facts.get("weaknesses") else []
    return ":".join(filter(None, [*known, *shut_out])) if len(shut_out) <= MOST else ""


def _corrected(part: str, meant: dict[str, str]) -> str:
    name = meant.get(part)
    return part[: len(part) - len(part.lstrip("!+-"))] + name if name else ""


def _is_clean(case: Case, offer: Offer) -> bool:
    """Whether each library has something to agree on, and nothing weak or disabled."""
    policy, key = case.site.evidence.policy, case.hit.facts.get("key")
    usable = [
        ciphers.usable(offer.versions, suites, offer.dialect, key)
        for suites in offer.suites().values()
    ]
    is_weak = any(policy.weaknesses(suite) for suites in usable for suite in suites)
    is_refused = bool(offer.unknown_ciphers or offer.refusal)
    return all(usable) and not is_weak and not is_refused
