"""What is wrong or needless in a bundle of certificates, in words and as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgeaudit.x509.bundle import Bundle
from edgeaudit.x509.certificate import is_signed_by
from edgeaudit.x509.extensions import issuer_addresses, may_sign_certificates
from edgeaudit.x509.path import has_issued
from edgeaudit.x509.public_key import shares_key
from edgeaudit.x509.strength import has_weak_key, has_weak_signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.path import PathError, Verdict

_UNFIT_ISSUER = {
    "invalid_ca": "it is no CA",
    "keyusage_no_certsign": "its key usage forbids that",
    "path_length_exceeded": "its path length does not allow so many CAs below it",
}


@dataclass(frozen=True)
class Flaw:
    """One thing in a bundle that is wrong, needless, or worth knowing.

    `slug` is that of the audit's rule where there is one; `cross-signed` and `expires-first` have
    none and are nothing wrong. `position` is that of the certificate in the bundle, from 0.
    """

    slug: str
    position: int
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def diagnose(
    certificates: Sequence[Certificate],
    verdict: Verdict | None,
    elsewhere: Mapping[str, Certificate] | None = None,
) -> tuple[Flaw, ...]:
    """All that can be said of a bundle, of whose leaf OpenSSL says `verdict`.

    `elsewhere` are certificates known from other places, by place or file name, among which a
    missing issuer may be. Without a verdict, and where a certificate is known by description only,
    what stands on key identifiers, key usages or signatures is left unsaid.
    """
    if not certificates:
        return ()
    bundle = Bundle(tuple(certificates), verdict)
    found = [*_missing_issuer(bundle, elsewhere or {})]
    found += [flaw for look in _LOOKS for flaw in look(bundle)]
    return tuple(found)


def _missing_issuer(bundle: Bundle, elsewhere: Mapping[str, Certificate]) -> Iterator[Flaw]:
    if not bundle.lacks_issuer or bundle.chain.impostors:
        return  # of an impostor invalid-signature speaks
    last = bundle.path[-1]
    missing = last.issuer
    available = [place for place, each in elsewhere.items() if has_issued(each, last)]
    addresses = list(issuer_addresses(last))
    facts = {
        "missing_issuer": missing,
        "missing_key_id": last.authority_key_id.hex() if last.authority_key_id else None,
        "available_at": available,
        "aia": addresses,
    }
    stranger, place = bundle.stranger_in_place, ""
    if available or addresses:
        place = f"; it can be had from {', '.join(available or addresses)}"
    if stranger is None:
        yield Flaw(
            "incomplete-chain", bundle.last, f"the issuer {missing} is missing{place}", facts
        )
        return
    told = f"{_stranger(bundle, stranger)}; the issuer that is needed is {missing}{place}"
    yield Flaw("wrong-issuer", stranger, told, facts)


def _strangers(bundle: Bundle) -> Iterator[Flaw]:
    if bundle.verdict is None:
        return
    for position in bundle.strangers:
        if position != bundle.stranger_in_place:
            yield Flaw("wrong-issuer", position, _stranger(bundle, position))


def _stranger(bundle: Bundle, position: int) -> str:
    return f"{bundle.certificates[position].subject} issued nothing in this chain"


def _invalid_signature(bundle: Bundle) -> Iterator[Flaw]:
    position = bundle.unsigned
    if position is None:
        return
    below = bundle.certificates[position]
    issuers = [
        at
        for at, each in enumerate(bundle.certificates)
        if each.subject_canonical == below.issuer_canonical and not is_signed_by(below, each)
    ]
    told = f"{below.subject} was not signed by the key of the issuer beside it"
    if below.authority_key_id:
        told += f"; the key that is needed is {below.authority_key_id.hex()}"
    facts = {"issuers": issuers, "missing_issuer": below.issuer}
    yield Flaw("invalid-signature", position, told, facts)


def _order(bundle: Bundle) -> Iterator[Flaw]:
    order, leaf = bundle.order, bundle.chain.leaf
    if leaf == 0 and not bundle.out_of_order:
        return
    told = f"in the right order it is {', '.join(f'#{at}' for at in order)}"
    if leaf:
        told = f"the leaf stands at #{leaf}, not first; {told}"
    position = 0 if leaf else min(bundle.out_of_order)
    yield Flaw("misordered-chain", position, told, {"order": list(order), "leaf": leaf})


def _unfit_issuers(bundle: Bundle) -> Iterator[Flaw]:
    unfit: dict[int, Flaw] = {}
    for error in bundle.errors:
        if error.code in _UNFIT_ISSUER and error.depth < len(bundle.path):
            issuer = bundle.path[error.depth]
            at = bundle.position(issuer)
            position = bundle.last if at is None else at  # a trust anchor, above the last link
            told = f"{issuer.subject} issued a certificate here, but {_why_unfit(issuer, error)}"
            unfit.setdefault(
                error.depth, Flaw("issuer-not-ca", position, told, {"code": error.code})
            )
    yield from unfit.values()


def _why_unfit(issuer: Certificate, error: PathError) -> str:
    # OpenSSL 3 says invalid_ca of a CA whose key usage forbids it to be one (X509_check_ca)
    is_forbidden = issuer.is_ca and not may_sign_certificates(issuer)
    return _UNFIT_ISSUER["keyusage_no_certsign" if is_forbidden else error.code]


def _needless(bundle: Bundle) -> Iterator[Flaw]:
    for position, first in bundle.copies.items():
        told = f"the same certificate stands at #{first}"
        yield Flaw("duplicate-certificate", position, told, {"first": first})
    for position in bundle.needless_roots:
        subject = bundle.certificates[position].subject
        yield Flaw("root-in-chain", position, f"the root {subject} need not be sent")


def _roots(bundle: Bundle) -> Iterator[Flaw]:
    if (root := bundle.untrusted_root) is not None:
        told = f"the root {bundle.certificates[root].subject} is neither public nor configured"
        yield Flaw("untrusted-root", root, told)
    leaf = bundle.certificates[bundle.chain.leaf]
    if leaf.der is not None and leaf.is_self_signed:
        told = f"{leaf.subject} signed itself"
        yield Flaw("self-signed-certificate", bundle.chain.leaf, told)


def _weaknesses(bundle: Bundle) -> Iterator[Flaw]:
    for position in bundle.counted:
        each = bundle.certificates[position]
        if has_weak_key(each):
            told = f"the key of {each.subject} is too short: {each.key}"
            yield Flaw("weak-key", position, told, {"key": each.key})
        if has_weak_signature(each):
            told = f"{each.subject} is signed over {each.signature.upper()}, which can be forged"
            yield Flaw("weak-signature", position, told, {"signature": each.signature})


def _cross_signed(bundle: Bundle) -> Iterator[Flaw]:
    said = {*bundle.strangers, *bundle.copies}
    for position, other in enumerate(bundle.certificates):
        if position in said or other in bundle.path:
            continue
        taken = next((each for each in bundle.path if _are_twins(each, other)), None)
        if taken is not None:
            way = "its root of that name" if taken.is_self_issued else taken.issuer
            told = f"{other.subject} is cross-signed by {other.issuer}; the path is over {way}"
            facts = {"issuers": [taken.issuer, other.issuer], "taken": taken.issuer}
            yield Flaw("cross-signed", position, told, facts)


def _are_twins(one: Certificate, other: Certificate) -> bool:
    return (
        one.subject_canonical == other.subject_canonical
        and one.issuer_canonical != other.issuer_canonical
        and shares_key(one, other) is True
    )


def _first_to_expire(bundle: Bundle) -> Iterator[Flaw]:
    if bundle.lacks_issuer or len(bundle.path) < 2:
        return
    first = min(bundle.path, key=lambda each: each.not_after)
    if first.not_after == bundle.path[0].not_after:
        return
    position = bundle.position(first)
    soonest = min(bundle.certificates, key=lambda each: each.not_after)
    facts = {
        "subject": first.subject,
        "not_after": f"{first.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "in_bundle": position is not None,
        "first_in_bundle": bundle.position(soonest),
    }
    told = f"on the path used {first.subject} expires first, on {first.not_after:%Y-%m-%d}"
    if soonest not in bundle.path:
        told += f"; {soonest.subject} expires sooner, and is not on it"
    yield Flaw("expires-first", bundle.last if position is None else position, told, facts)


_LOOKS = (
    _strangers,
    _invalid_signature,
    _order,
    _unfit_issuers,
    _needless,
    _roots,
    _weaknesses,
    _cross_signed,
    _first_to_expire,
)
