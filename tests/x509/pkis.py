"""Small PKIs drawn at random, most with a flaw or two, and questions about them."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.name import _ASN1Type

from edgeaudit.errors import InputError
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made, rsa_key, self_signed, signed_over
from tests.x509.flaws import DAY, FLAWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from edgeaudit.x509.certificate import Certificate

SEED = int(os.environ.get("EDGEAUDIT_SEED", "20261123"))
PKIS = 4  # in one question
STRINGS = [
    _ASN1Type.UTF8String,
    _ASN1Type.PrintableString,
    _ASN1Type.T61String,
    _ASN1Type.BMPString,
    _ASN1Type.UniversalString,
]
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
OLD_DIGESTS = {"MD5": hashes.MD5(), "SHA-1": hashes.SHA1()}
SIGNATURES = ["SHA-256", "SHA-256", "RSA-PSS", *OLD_DIGESTS]  # of an RSA key
LENGTHS = [9, 99, 100, 101, 102]  # OpenSSL goes up to a depth of 100


@dataclass
class Case:
    """Certificates, what else is at hand, who is trusted, and the options of the question.

    `kinds` counts what was drawn for it.
    """

    leaves: list[Made]
    untrusted: list[Made]
    anchors: list[Made]
    at: datetime = NOW
    options: dict[str, Any] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)


Answer = tuple[bool, list[tuple[str, int]]]  # whether it is ok; code and depth of its errors
UNREADABLE: Answer = (False, [("unreadable", 0)])


def draw_case(draw: Random, pkis: int = 1) -> Case:
    """One question about the leaves of some PKIs; about two in five of them have no flaw."""
    case = Case([], [], [])
    for number in range(pkis):
        pki = _draw_pki(draw, str(number))
        case.leaves += pki.leaves
        case.untrusted += pki.untrusted
        case.anchors += pki.anchors
        case.kinds += pki.kinds
    case.at = _moment(draw, case)
    case.options = draw_options(draw)
    return case


def answers(case: Case) -> list[Answer]:
    """Our verdict on each leaf, and the code and depth of each error, in order."""
    trust = Trust([made.certificate for made in case.anchors], public_roots=False)
    untrusted = [made.certificate for made in case.untrusted]
    return [_answer(leaf, untrusted, trust, case) for leaf in case.leaves]


def _answer(leaf: Made, untrusted: list[Certificate], trust: Trust, case: Case) -> Answer:
    try:
        verdict = verify(leaf.certificate, untrusted, trust, case.at, **case.options)
    except InputError:
        return UNREADABLE
    return verdict.ok, [(error.code, error.depth) for error in verdict.errors]


def _draw_pki(draw: Random, tag: str) -> Case:
    case = Case([], [], [])
    chain = _long_chain(draw, case.kinds) if draw.random() < 0.01 else _chain(draw, case.kinds, tag)
    case.leaves, case.untrusted, case.anchors = chain[:1], chain[1:-1], chain[-1:]
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        change = draw.choice(CHANGES)
        case.kinds[change.__name__] += 1
        change(draw, case, chain)
    return case


def _chain(draw: Random, kinds: Counter[str], tag: str) -> list[Made]:
    """Leaf first, root last, with up to two flaws."""
    depth = draw.choice([0, 1, 1, 2, 2, 3])
    key = {"key": rsa_key()} if draw.random() < 0.1 else {}
    overrides: list[dict[str, Any]] = [dict(key) for _ in range(depth + 1)]
    for _ in range(draw.choice([0, 0, 0, 1, 1, 1, 2])):
        level, name = draw.randint(0, depth), draw.choice(list(FLAWS))
        both = overrides[level] | FLAWS[name]
        overrides[level] = key | FLAWS[name] if "extensions" in both else both
        kinds[f"{name} at {level}"] += 1
    if depth == 0:
        return [self_signed("a.example", **overrides[0])]
    chain: list[Made] = []
    for level in range(depth, -1, -1):
        signature = _signature(draw, chain, overrides[level])
        kinds[signature] += 1
        if signature == "RSA-PSS":
            overrides[level]["pss"] = PSS
        made = _issued(draw, kinds, chain, f"{level} {tag}" if level else "", overrides[level])
        if signature in OLD_DIGESTS:
            made = replace(made, der=signed_over(OLD_DIGESTS[signature], made, rsa_key()))
        chain.insert(0, made)
    return chain


def _signature(draw: Random, above: list[Made], overrides: dict[str, Any]) -> str:
    signer = above[0].private_key if above else overrides.get("key")
    is_plain = signer != rsa_key() or "signed_with" in overrides
    return "plain" if is_plain else draw.choice(SIGNATURES)


def _issued(
    draw: Random, kinds: Counter[str], above: list[Made], tag: str, overrides: dict[str, Any]
) -> Made:
    """A CA of this tag, or without one a leaf, below the first of `above`."""
    subject = _name(draw, kinds, f"Acme CA {tag}" if tag else "a.example")
    if not above:
        return CA.root(subject, **overrides)
    issuer = above[0]
    assert isinstance(issuer, CA)
    if tag:
        return issuer.intermediate(subject, **overrides)
    return issuer.leaf(subject, **{"names": ["a.example", "192.0.2.1"]} | overrides)


def _name(draw: Random, kinds: Counter[str], text: str) -> x509.Name:
    """Of any type of string, or empty."""
    if draw.random() < 0.03:
        kinds["empty name"] += 1
        return x509.Name([])
    string = draw.choice(STRINGS)
    kinds[string.name] += 1
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text, _type=string)])


def _long_chain(draw: Random, kinds: Counter[str]) -> list[Made]:
    length = draw.choice(LENGTHS)
    kinds[f"{length} issuers"] += 1
    issuers = _issuers()[-length:]
    return [issuers[0].leaf("a.example"), *issuers]


@cache
def _issuers() -> list[CA]:
    """The most issuers of all, root last; a shorter chain of them has another root."""
    issuers = [CA.root("Deep Root")]
    for level in range(LENGTHS[-1] - 1):
        issuers.insert(0, issuers[0].intermediate(f"Deep CA {level}"))
    return issuers


def _shuffle(draw: Random, case: Case, _: list[Made]) -> None:
    draw.shuffle(case.untrusted)


def _lose_one(draw: Random, case: Case, _: list[Made]) -> None:
    if case.untrusted:
        case.untrusted.pop(draw.randrange(len(case.untrusted)))


def _duplicate(draw: Random, case: Case, chain: list[Made]) -> None:
    case.untrusted.append(draw.choice(chain))


def _add_stranger(_: Random, case: Case, __: list[Made]) -> None:
    case.untrusted.insert(0, CA.root("Other Root").intermediate("Other CA"))


def _add_namesake(draw: Random, case: Case, chain: list[Made]) -> None:
    """An issuer of the right name with another key, in front of the right one or behind."""
    above, below = chain[-1], chain[min(1, len(chain) - 1)]
    namesake = CA.root(above.parsed.subject).intermediate(below.parsed.subject)
    case.untrusted.insert(draw.choice([0, len(case.untrusted)]), namesake)


def _respell(draw: Random, case: Case, chain: list[Made]) -> None:
    """An issuer that writes its own name otherwise than what it issued does."""
    above, issuer = chain[-1], chain[-2 % len(chain)]
    if isinstance(above, CA) and issuer in case.untrusted and list(issuer.parsed.subject):
        (attribute,) = issuer.parsed.subject
        text = str(attribute.value).upper().replace(" ", "  ")
        twin = above.intermediate(_name(draw, case.kinds, text), key=issuer.private_key)
        case.untrusted[case.untrusted.index(issuer)] = twin


def _cross_sign(draw: Random, case: Case, chain: list[Made]) -> None:
    """Another way up: a twin of an issuer, under a root that may be trusted and valid or not."""
    twin = draw.choice(chain[1:] or chain)
    if not isinstance(twin, CA):
        return
    other = CA.root("Other Root")
    validity = {"not_after": NOW - DAY} if draw.random() < 0.3 else {}
    case.untrusted.insert(draw.choice([0, len(case.untrusted)]), other.cross_sign(twin, **validity))
    if draw.random() < 0.5:
        case.anchors.append(other)


def _close_a_loop(draw: Random, case: Case, chain: list[Made]) -> None:
    """Two issuers that issued each other, in front of the way out or without one."""
    twin, other = draw.choice(chain), CA.root("Other Root")
    if isinstance(twin, CA):
        if draw.random() < 0.5:
            case.untrusted.clear()
            case.anchors[:] = [CA.root("Another Root")]
        case.untrusted[:0] = [other.cross_sign(twin), twin.cross_sign(other)]


def _trust_another(_: Random, case: Case, __: list[Made]) -> None:
    case.anchors[:] = [CA.root("Another Root")]


def _trust_a_namesake(draw: Random, case: Case, chain: list[Made]) -> None:
    namesake = CA.root(chain[-1].parsed.subject)
    case.anchors[draw.choice([0, 1]) :] = draw.choice([[namesake], [namesake, chain[-1]]])


def _trust_lower(draw: Random, case: Case, chain: list[Made]) -> None:
    case.anchors[:] = [draw.choice(chain)]


CHANGES: list[Callable[[Random, Case, list[Made]], None]] = [
    _shuffle,
    _shuffle,
    _lose_one,
    _duplicate,
    _duplicate,
    _add_stranger,
    _add_namesake,
    _respell,
    _cross_sign,
    _cross_sign,
    _close_a_loop,
    _trust_another,
    _trust_a_namesake,
    _trust_lower,
]


def _moment(draw: Random, case: Case) -> datetime:
    """Mostly NOW; else a second before, at or after the boundary of some certificate."""
    if draw.random() < 0.7:
        return NOW
    chosen = draw.choice([*case.leaves, *case.untrusted, *case.anchors]).parsed
    boundary = draw.choice([chosen.not_valid_before_utc, chosen.not_valid_after_utc])
    seconds = draw.choice([-1, 0, 1])
    case.kinds[f"{seconds:+} s"] += 1
    return boundary + timedelta(seconds=seconds)


def draw_options(draw: Random) -> dict[str, Any]:
    """What `verify` is asked besides."""
    return {
        "purpose": draw.choice([None, None, "sslserver", "sslclient", "any"]),
        "hostname": draw.choice(
            [None, None, None, "a.example", "A.Example", "b.example", "192.0.2.1", "192.0.2.2"]
        ),
        "partial_chain": draw.random() < 0.2,
        "strict": draw.random() < 0.2,
    }
