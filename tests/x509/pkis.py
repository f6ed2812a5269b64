"""Small PKIs drawn at random, most with a flaw or two, and questions about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made, rsa_key, self_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

DAY = timedelta(days=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\0")
CONSTRAINED = x509.NameConstraints([x509.DNSName("other.example")], None)

# One deviation each, for any certificate of a PKI.
FLAWS: list[dict[str, Any]] = [
    {"not_before": NOW - 400 * DAY, "not_after": NOW - DAY},
    {"not_before": NOW - 400 * DAY, "not_after": NOW},
    {"not_before": NOW, "not_after": NOW + 400 * DAY},
    {"not_before": NOW + DAY, "not_after": NOW + 400 * DAY},
    {"ca": False, "path_length": None},
    {"ca": None, "path_length": None},
    {"ca": None, "path_length": None, "key_usage": None},
    {"key_usage": ["digital_signature"]},
    {"key_usage": None},
    {"ca": True, "path_length": 0},
    {"eku": [Eku.CLIENT_AUTH]},
    {"eku": [Eku.SERVER_AUTH]},
    {"eku": [Eku.CODE_SIGNING]},
    {"extensions": [(UNKNOWN, True)]},
    {"extensions": [(UNKNOWN, False)]},
    {"extensions": [(CONSTRAINED, True)]},
    {"key_ids": False},
    {"signed_with": ec.generate_private_key(ec.SECP256R1())},
    {"key": rsa_key(1024)},
    {"key": ed25519.Ed25519PrivateKey.generate()},
    {"key": ec.generate_private_key(ec.SECP384R1())},
]


@dataclass
class Case:
    """A certificate, what else is at hand, who is trusted, and the options of the question."""

    leaf: Made
    untrusted: list[Made]
    anchors: list[Made]
    at: datetime = NOW
    options: dict[str, Any] = field(default_factory=dict)


def draw_case(draw: Random) -> Case:
    """A case; about two in five have no flaw."""
    flaws = draw.choice([0, 0, 0, 1, 1, 1, 2])
    chain = _chain(draw, [draw.randrange(5) for _ in range(flaws)])
    leaf, *issuers = chain
    case = Case(leaf, issuers[:-1], [chain[-1]])
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        draw.choice(_CHANGES)(draw, case, chain)
    case.at = _moment(draw, [*chain, *case.untrusted])
    case.options = _options(draw)
    return case


def answer(case: Case) -> tuple[bool, list[tuple[int, int]]]:
    """Our verdict on it, and the number and depth of each error, in order."""
    verdict = verify(
        case.leaf.certificate,
        [made.certificate for made in case.untrusted],
        Trust([made.certificate for made in case.anchors], public_roots=False),
        case.at,
        **case.options,
    )
    return verdict.ok, [(error.number, error.depth) for error in verdict.errors]


def _chain(draw: Random, flawed: list[int]) -> list[Made]:
    """Leaf first, root last; each position in `flawed` has one flaw more."""
    depth = draw.choice([0, 1, 1, 2, 2, 3])

    def flaw(position: int) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for each in flawed:
            if each == position or position == depth <= each:
                chosen |= draw.choice(FLAWS)
        return chosen

    subject = "a.example" if draw.random() < 0.95 else x509.Name([])
    if depth == 0:
        return [self_signed("a.example", **flaw(0))]
    issuer = root = CA.root("Acme Root", **flaw(depth))
    chain: list[Made] = [root]
    for level in range(depth - 1, 0, -1):
        issuer = issuer.intermediate(f"Acme CA {level}", **flaw(level))
        chain.append(issuer)
    chain.append(issuer.leaf(subject, **{"names": ["a.example", "192.0.2.1"]} | flaw(0)))
    return chain[::-1]


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
    namesake = CA.root("x").intermediate(chain[-1].parsed.subject)
    if len(chain) > 2:
        namesake = CA.root("Acme Root").intermediate(chain[1].parsed.subject)
    case.untrusted.insert(draw.choice([0, len(case.untrusted)]), namesake)


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


def _trust_another(_: Random, case: Case, __: list[Made]) -> None:
    case.anchors[:] = [CA.root("Acme Root")]


def _trust_a_namesake_too(draw: Random, case: Case, _: list[Made]) -> None:
    case.anchors.insert(draw.choice([0, 1]), CA.root("Acme Root"))


def _trust_lower(draw: Random, case: Case, chain: list[Made]) -> None:
    case.anchors[:] = [draw.choice(chain)]


_CHANGES: list[Callable[[Random, Case, list[Made]], None]] = [
    _shuffle,
    _shuffle,
    _lose_one,
    _duplicate,
    _duplicate,
    _add_stranger,
    _add_namesake,
    _cross_sign,
    _cross_sign,
    _trust_another,
    _trust_a_namesake_too,
    _trust_lower,
]


def _moment(draw: Random, certificates: list[Made]) -> datetime:
    """Mostly NOW; else a second before, at or after the boundary of some certificate."""
    if draw.random() < 0.7:
        return NOW
    chosen = draw.choice(certificates).parsed
    boundary = draw.choice([chosen.not_valid_before_utc, chosen.not_valid_after_utc])
    return boundary + timedelta(seconds=draw.choice([-1, 0, 1]))


def _options(draw: Random) -> dict[str, Any]:
    return {
        "purpose": draw.choice([None, None, "sslserver", "sslclient", "any"]),
        "hostname": draw.choice(
            [None, None, None, "a.example", "A.Example", "b.example", "192.0.2.1", "192.0.2.2"]
        ),
        "partial_chain": draw.random() < 0.2,
        "strict": draw.random() < 0.2,
    }
