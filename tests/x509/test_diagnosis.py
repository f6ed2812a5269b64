"""What is wrong in a bundle. In the names: L leaf, I intermediate, R root, X and Y others."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID as Aia

from edgeaudit.x509.bundle import Bundle, best_verdict, mended
from edgeaudit.x509.certificate import read_bundle
from edgeaudit.x509.diagnosis import Flaw, diagnose
from edgeaudit.x509.extensions import issuer_addresses
from edgeaudit.x509.pem import as_pem
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made, rsa_key, self_signed, signed_over
from tests.x509.pkis import draw_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.x509.certificate import Certificate

DAY = timedelta(days=1)
URL = "http://ca.example/issuing.crt"


def offered_at(*urls: str) -> dict[str, Any]:
    """That the issuer can be had there, and a place where its status can be asked for."""
    oids = [Aia.CA_ISSUERS] * len(urls)
    oids.append(Aia.OCSP)
    pairs = zip(oids, (*urls, "http://ocsp.example"), strict=True)
    told = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in pairs]
    return {"extensions": [(x509.AuthorityInformationAccess(told), False)]}


R = CA.root("Acme Root")
I2 = R.intermediate("Acme Policy CA")
I1 = I2.intermediate("Acme Issuing CA")
L = I1.leaf("api.example.com")
OFFERED = I1.leaf("offered.example.com", **offered_at(URL))
X = CA.root("Other Root")
Y = X.intermediate("Other CA")
CROSS_I2 = X.cross_sign(I2)
CROSS_R = X.cross_sign(R)
NAMESAKE_I1 = X.intermediate("Acme Issuing CA")
SELF_SIGNED = self_signed("api.example.com")
# without key identifiers, so that OpenSSL takes a namesake for the issuer
BARE_X = CA.root("Bare Root", key_ids=False)
BARE_NAMESAKE = BARE_X.intermediate("Bare CA", key_ids=False)
BARE_L = CA.root("Bare CA", key_ids=False).leaf("api.example.com", key_ids=False)
OLD_I1 = I2.cross_sign(I1, not_after=NOW + DAY)
TRUST = Trust([R.certificate], public_roots=False)


def flaws(bundle: Sequence[Made], trust: Trust = TRUST, **options: Any) -> list[Flaw]:
    certificates = [made.certificate for made in bundle]
    return list(diagnose(certificates, best_verdict(certificates, trust, NOW), **options))


def told(bundle: Sequence[Made], trust: Trust = TRUST) -> list[tuple[str, int]]:
    return [(flaw.slug, flaw.position) for flaw in flaws(bundle, trust)]


@pytest.mark.parametrize(
    "bundle",
    [
        [L, I1, I2],
        [I2.leaf("api.example.com"), I2],
        [R.leaf("api.example.com")],
        [I1.leaf("api.example.com", key=rsa_key()), I1, I2],
        [L, R.cross_sign(I1)],  # a shorter way
    ],
)
def test_nothing_is_wrong(bundle: list[Made]) -> None:
    assert told(bundle) == []


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ([L], [("incomplete-chain", 0)]),
        ([L, I1], [("incomplete-chain", 1)]),
        ([L, I2], [("wrong-issuer", 1)]),
        ([L, Y], [("wrong-issuer", 1)]),
        ([L, I1, I2, Y], [("wrong-issuer", 3)]),
        ([L, I1, I2, Y, Y], [("wrong-issuer", 3), ("duplicate-certificate", 4)]),
        ([L, NAMESAKE_I1], [("invalid-signature", 0)]),
        ([BARE_L, BARE_NAMESAKE, BARE_X], [("invalid-signature", 0), ("root-in-chain", 2)]),
        ([BARE_L, BARE_NAMESAKE], [("invalid-signature", 0)]),
        ([L, I1, I2, R], [("root-in-chain", 3)]),
        ([L, I1, I1, I2], [("duplicate-certificate", 2)]),
        ([L, L, I1, I2], [("duplicate-certificate", 1)]),
        ([Y.leaf("api.example.com"), Y, X], [("untrusted-root", 2)]),
        ([SELF_SIGNED], [("self-signed-certificate", 0)]),
        ([R], [("self-signed-certificate", 0)]),
        ([SELF_SIGNED, Y], [("wrong-issuer", 1), ("self-signed-certificate", 0)]),
        ([L, I2, I1], [("misordered-chain", 1)]),
        ([I1, L, I2], [("misordered-chain", 0)]),
        ([R, I2, I1, L], [("misordered-chain", 0), ("root-in-chain", 0)]),
        ([Y, L, I1, I2], [("wrong-issuer", 0), ("misordered-chain", 0)]),
        ([L, I1, CROSS_I2, I2], [("cross-signed", 2)]),
        ([L, I1, I2, CROSS_R], [("cross-signed", 3)]),
        ([L, I1, CROSS_I2, X, I2], [("root-in-chain", 3), ("cross-signed", 2)]),
        ([L, OLD_I1, I2], [("expires-first", 1)]),
    ],
)
def test_what_is_wrong_and_where(bundle: list[Made], expected: list[tuple[str, int]]) -> None:
    assert told(bundle) == expected


def test_the_missing_issuer_is_told_by_name_and_key() -> None:
    (flaw,) = flaws([OFFERED])
    assert flaw.facts == {
        "missing_issuer": "CN=Acme Issuing CA",
        "missing_key_id": (I1.certificate.subject_key_id or b"").hex(),
        "available_at": [],
        "aia": [URL],
    }
    assert flaw.message == f"the issuer CN=Acme Issuing CA is missing; it can be had from {URL}"
    bare = I1.leaf("a.example", key_ids=False)
    assert flaws([bare])[0].facts["missing_key_id"] is None
    assert flaws([bare])[0].message == "the issuer CN=Acme Issuing CA is missing"


def test_the_missing_issuer_lies_elsewhere() -> None:
    known = {"ca.pem": I1.certificate, "old.pem": NAMESAKE_I1.certificate, "y.pem": Y.certificate}
    (flaw,) = flaws([OFFERED], elsewhere=known)
    assert flaw.facts["available_at"] == ["ca.pem"]
    assert flaw.message.endswith("; it can be had from ca.pem")
    (stranger,) = flaws([OFFERED, Y], elsewhere=known)
    assert (stranger.slug, stranger.facts) == ("wrong-issuer", flaw.facts)


@pytest.mark.parametrize(
    ("bundle", "order"),
    [
        ([L, I2, I1], [0, 2, 1]),
        ([R, I2, I1, L], [3, 2, 1, 0]),
        ([I2, L, I1, Y, L], [1, 2, 0]),
        ([L, CROSS_I2, I2, I1], [0, 3, 2, 1]),
    ],
)
def test_the_order_as_it_should_be(bundle: list[Made], order: list[int]) -> None:
    (flaw,) = (each for each in flaws(bundle) if each.slug == "misordered-chain")
    assert flaw.facts == {"order": order, "leaf": order[0]}
    assert ", ".join(f"#{at}" for at in order) in flaw.message


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"ca": False}, "it is no CA"),
        ({"ca": None, "key_usage": None}, "it is no CA"),
        ({"key_usage": ["digital_signature"]}, "its key usage forbids that"),
    ],
)
def test_an_issuer_that_must_not_be_one(overrides: dict[str, Any], reason: str) -> None:
    unfit = I2.intermediate("Acme Unfit CA", **overrides)
    (flaw,) = flaws([unfit.leaf("api.example.com"), unfit, I2])
    assert (flaw.slug, flaw.position) == ("issuer-not-ca", 1)
    assert flaw.facts == {"code": "invalid_ca"}
    assert flaw.message == f"CN=Acme Unfit CA issued a certificate here, but {reason}"


def test_a_path_length_that_is_passed() -> None:
    short = R.intermediate("Short CA", path_length=0)
    lower = short.intermediate("Lower CA")
    (flaw,) = flaws([lower.leaf("api.example.com"), lower, short])
    assert (flaw.slug, flaw.position) == ("issuer-not-ca", 2)
    assert flaw.facts == {"code": "path_length_exceeded"}
    assert told([short.leaf("api.example.com"), short]) == []


def test_an_anchor_that_is_no_ca_is_told_of_at_the_last_link() -> None:
    root = CA.root("Odd Root", ca=False)
    leaf = root.leaf("api.example.com")
    assert told([leaf], Trust([root.certificate], False)) == [("issuer-not-ca", 0)]


def test_a_wrong_key_identifier_is_a_missing_issuer() -> None:
    """The key did sign, but OpenSSL goes by the identifier."""
    renamed = I2.cross_sign(I1, key_ids=False, extensions=[
        (x509.SubjectKeyIdentifier(b"another"), False)
    ])  # fmt: skip
    assert told([L, renamed, I2]) == [("incomplete-chain", 0)]


@pytest.mark.parametrize(
    ("key", "is_weak"),
    [
        (rsa_key(1024), True),
        (rsa_key(2048), False),
        (ec.generate_private_key(ec.SECP192R1()), True),
        (ec.generate_private_key(ec.SECP224R1()), False),
        (ec.generate_private_key(ec.BrainpoolP256R1()), False),
    ],
)
def test_a_weak_key(key: Any, is_weak: bool) -> None:
    leaf = I1.leaf("api.example.com", key=key)
    assert told([leaf, I1, I2]) == [("weak-key", 0)] * is_weak
    ca = I2.intermediate("CA", key=key)
    bundle = [ca.leaf("api.example.com"), ca, I2]
    assert told(bundle) == [("weak-key", 1)] * is_weak
    assert told([*bundle, X.intermediate("Stranger", key=key)])[1:] == [("weak-key", 1)] * is_weak


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.MD5()])
def test_a_weak_signature(digest: Any) -> None:
    ca = R.intermediate("RSA CA", key=rsa_key())
    leaf = Made(signed_over(digest, ca.leaf("a.example"), rsa_key()), L.private_key)
    (flaw,) = flaws([leaf, ca])
    assert (flaw.slug, flaw.position) == ("weak-signature", 0)
    assert flaw.facts == {"signature": digest.name}


def test_a_weak_signature_on_a_root_does_not_matter() -> None:
    key = rsa_key()
    root = CA(signed_over(hashes.SHA1(), CA.root("Old Root", key=key), key), key)
    trust = Trust([root.certificate], False)
    assert told([root.leaf("a.example"), root], trust) == [("root-in-chain", 1)]


def test_of_a_cross_signed_pair_the_way_is_told() -> None:
    (flaw,) = flaws([L, I1, CROSS_I2, I2])
    assert flaw.message == (
        "CN=Acme Policy CA is cross-signed by CN=Other Root; the path is over CN=Acme Root"
    )
    assert flaw.facts["taken"] == "CN=Acme Root"
    (flaw,) = flaws([L, I1, I2, CROSS_R])
    assert flaw.message.endswith("the path is over its root of that name")


def test_what_expires_first_is_told_of_the_path_really_used() -> None:
    aged = X.cross_sign(I2, not_after=NOW + DAY)
    *_, flaw = flaws([L, OLD_I1, I2, aged])
    assert (flaw.slug, flaw.position) == ("expires-first", 1)
    assert flaw.facts == {
        "subject": "CN=Acme Issuing CA",
        "not_after": "2026-11-24T12:00:00Z",
        "in_bundle": True,
        "first_in_bundle": 1,
    }
    root = CA.root("Ageing Root", not_after=NOW + DAY)
    leaf = root.leaf("api.example.com")
    (flaw,) = flaws([leaf], Trust([root.certificate], False))
    assert (flaw.position, flaw.facts["in_bundle"]) == (0, False)
    aged = X.cross_sign(I2, not_after=NOW + DAY / 2)
    *_, flaw = flaws([L, OLD_I1, I2, aged])
    assert flaw.message.endswith("; CN=Acme Policy CA expires sooner, and is not on it")


def test_of_what_is_described_only_what_is_known_is_told() -> None:
    weak = I1.leaf("api.example.com", key=rsa_key(1024))
    verdict = best_verdict([weak.certificate], TRUST, NOW)
    described = [weak.described, NAMESAKE_I1.described, R.described]
    assert [flaw.slug for flaw in diagnose(described, None)] == ["weak-key"]
    assert [flaw.slug for flaw in diagnose([weak.certificate, Y.described], verdict)] == [
        "weak-key"
    ]
    assert diagnose([], None) == ()


@pytest.mark.parametrize(
    ("bundle", "found", "expected"),
    [
        ([L, I1, I2], [], [L, I1, I2]),
        ([R, I2, Y, I1, L, L], [], [L, I1, I2]),
        ([L, Y], [I1, I2, R], [L, I1, I2]),
        ([L, NAMESAKE_I1], [I1, I2], [L, I1, I2]),
        ([L], [Y], [L]),
        ([L], [I1], [L, I1]),
        ([L, I1, CROSS_I2, X, I2], [], [L, I1, I2]),
        ([SELF_SIGNED, Y], [], [SELF_SIGNED]),
    ],
)
def test_the_bundle_as_it_should_be_uploaded(
    bundle: list[Made], found: list[Made], expected: list[Made]
) -> None:
    certificates = [made.certificate for made in bundle]
    verdict = best_verdict(certificates, TRUST, NOW)
    upload = mended(certificates, verdict, [made.certificate for made in found])
    assert upload == tuple(made.certificate for made in expected)
    assert read_bundle(as_pem(each.der for each in upload).encode()) == upload
    assert as_pem([L.described.der]) == ""
    assert as_pem([L.certificate.der]) == L.parsed.public_bytes(Encoding.PEM).decode()


def test_issuer_addresses() -> None:
    two = I1.leaf("a.example", **offered_at(URL, "ldap://ca.example/\x1b"))
    assert issuer_addresses(two.certificate) == (URL, "ldap://ca.example/\\x1b")
    assert issuer_addresses(L.certificate) == ()
    assert issuer_addresses(OFFERED.described) == ()


def drawn(draw: random.Random) -> tuple[list[Certificate], Trust]:
    case = draw_case(draw)
    certificates = [made.certificate for made in case.untrusted]
    certificates.insert(draw.randrange(len(certificates) + 1), case.leaves[0].certificate)
    return certificates, Trust([made.certificate for made in case.anchors], False)


def test_a_tidy_bundle_may_well_be_looked_at_more_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    draw, tidy = random.Random(2), 0
    for _ in range(80):
        certificates, trust = drawn(draw)
        verdict = best_verdict(certificates, trust, NOW)
        tidy += Bundle(tuple(certificates), verdict).is_tidy
        quickly = diagnose(certificates, verdict)
        with monkeypatch.context() as patch:
            patch.setattr(Bundle, "is_tidy", False)
            assert diagnose(certificates, verdict) == quickly
    assert tidy > 10


def test_a_mended_bundle_has_nothing_left_to_mend() -> None:
    """Where nothing was missing, whatever else was wrong with the order of the bundle."""
    draw, seen = random.Random(1), 0
    arrangement = {"misordered-chain", "wrong-issuer", "duplicate-certificate", "root-in-chain"}
    for _ in range(150):
        certificates, trust = drawn(draw)
        verdict = best_verdict(certificates, trust, NOW)
        found = diagnose(certificates, verdict)
        assert all(0 <= flaw.position < len(certificates) for flaw in found)
        upload = mended(certificates, verdict)
        assert upload[0] == verdict.chain[0]
        if verdict.ok:
            again = diagnose(upload, best_verdict(upload, trust, NOW))
            assert not arrangement & {flaw.slug for flaw in again}
            seen += bool(arrangement & {flaw.slug for flaw in found})
    assert seen > 5
