"""Bundles, good and bad. In the names: L leaf, I intermediate, R root, X and Y others."""

from __future__ import annotations

import random

import pytest

from edgeaudit.x509.chain import Chain, analyse, leaf_index
from tests.factories import CA, Made, self_signed

R = CA.root("Acme Root")
I2 = R.intermediate("Acme Policy CA")
I1 = I2.intermediate("Acme Issuing CA")
L = I1.leaf("api.example.com")
OLD_L = I1.leaf("api.example.com")
SAME_KEY_L = I1.leaf("api.example.com", key=L.private_key)
X = CA.root("Other Root")
Y = X.intermediate("Other CA")
Z = Y.leaf("other.example")
SELF_SIGNED = self_signed("api.example.com")
CROSS_I2 = X.cross_sign(I2)
NAMESAKE_I1 = X.intermediate("Acme Issuing CA")
RENEWED_R = CA.root("Acme Root", key=R.private_key)
REKEYED_R = CA.root("Acme Root")

COMPLETE = None
POLICY, ROOT, ISSUING = "CN=Acme Policy CA", "CN=Acme Root", "CN=Acme Issuing CA"


def chain(*bundle: Made) -> Chain:
    return analyse([made.certificate for made in bundle])


@pytest.mark.parametrize(
    ("bundle", "path", "missing"),
    [
        ([L, I1, I2, R], (0, 1, 2, 3), COMPLETE),
        ([L, I1, I2], (0, 1, 2), ROOT),
        ([L, I1], (0, 1), POLICY),
        ([L], (0,), ISSUING),
        ([L, I2, R], (0,), ISSUING),
        ([L, R, I2, I1], (0, 3, 2, 1), COMPLETE),
        ([R, I2, I1, L], (3, 2, 1, 0), COMPLETE),
        ([I1, L], (1, 0), POLICY),
        ([R, L], (1,), ISSUING),
        ([L, L, I1, I1, I2], (0, 2, 4), ROOT),
        ([L, I1, CROSS_I2, I2, R], (0, 1, 3, 4), COMPLETE),
        ([L, I1, I2, CROSS_I2, X], (0, 1, 3, 4), COMPLETE),
        ([L, I1, CROSS_I2, I2], (0, 1, 2), "CN=Other Root"),
        ([L, NAMESAKE_I1, I1], (0, 2), POLICY),
        ([L, I1, I2, REKEYED_R, R], (0, 1, 2, 4), COMPLETE),
        ([SELF_SIGNED], (0,), COMPLETE),
        ([R], (0,), COMPLETE),
        ([I1, I2], (0, 1), ROOT),
    ],
)
def test_the_path_follows_names_and_signatures(
    bundle: list[Made], path: tuple[int, ...], missing: str | None
) -> None:
    found = chain(*bundle)
    assert (found.path, found.missing_issuer, found.impostors) == (path, missing, ())
    assert found.leaf == path[0]


@pytest.mark.parametrize(
    ("bundle", "strangers"),
    [
        ([L, I1, X], (2,)),
        ([L, Y], (1,)),
        ([L, Y, I1, I2], (1,)),
        ([L, I1, I2, Z], (3,)),
        ([L, OLD_L, I1], (1,)),
        ([L, SAME_KEY_L, I1], (1,)),
        ([L, I2, R], (1,)),
        ([SELF_SIGNED, X], (1,)),
        ([L, Y, Z], (2,)),
    ],
)
def test_a_stranger_issued_nothing_here(bundle: list[Made], strangers: tuple[int, ...]) -> None:
    assert chain(*bundle).strangers == strangers


@pytest.mark.parametrize(
    "bundle",
    [
        [L, I1, I2, R],
        [L, L, I1, I1, R, R, I2],
        [R, I1, L, I2],
        [L, I1, I2, CROSS_I2],
        [L, I1, I2, CROSS_I2, X, R],
        [L, I1, I2, R, RENEWED_R],
        [L, I1, I2, R, REKEYED_R],
        [L, NAMESAKE_I1],
        [SELF_SIGNED, SELF_SIGNED],
        [L],
    ],
)
def test_what_belongs_is_no_stranger(bundle: list[Made]) -> None:
    """Copies, twins, roots and impostors have rules of their own, and so has the wrong order."""
    assert chain(*bundle).strangers == ()


@pytest.mark.parametrize(
    ("bundle", "impostors", "missing"),
    [
        ([L, NAMESAKE_I1], (1,), ISSUING),
        ([L, I1, X.intermediate("Acme Policy CA"), R], (2,), POLICY),
        ([L, I1, I2, REKEYED_R], (3,), ROOT),
        ([L, NAMESAKE_I1, I1], (), POLICY),
        ([SELF_SIGNED, self_signed("api.example.com")], (), COMPLETE),
        ([L, I1, I2, CA.root("Acme Root", key=R.private_key, signed_with=X.private_key)], (), ROOT),
    ],
)
def test_an_impostor_has_the_right_name_and_the_wrong_key(
    bundle: list[Made], impostors: tuple[int, ...], missing: str | None
) -> None:
    found = chain(*bundle)
    assert (found.impostors, found.missing_issuer) == (impostors, missing)


def test_of_two_signers_the_one_that_the_key_identifier_names_is_taken() -> None:
    without_id = R.cross_sign(I2, key_ids=False)
    assert chain(L, I1, without_id, I2).path == (0, 1, 3)


def test_certificates_that_signed_each_other_are_walked_once() -> None:
    one, two = CA.root("One"), CA.root("Two")
    ring = [two.cross_sign(one), one.cross_sign(two)]
    found = chain(one.leaf("a.example"), *ring)
    assert (found.path, found.missing_issuer) == ((0, 1, 2), "CN=One")


@pytest.mark.parametrize(
    ("bundle", "leaf"),
    [
        ([], 0),
        ([L, I1], 0),
        ([I1, L], 1),
        ([R, I2, I1, L, Z], 3),
        ([L, OLD_L], 0),
        ([SELF_SIGNED, SELF_SIGNED], 0),
        ([R, I2], 0),
        ([Y.intermediate("not a CA", ca=False), L], 0),
    ],
)
def test_the_leaf_is_the_first_that_issues_nothing(bundle: list[Made], leaf: int) -> None:
    assert leaf_index([made.certificate for made in bundle]) == leaf


def test_a_leaf_that_acts_as_issuer_is_not_the_leaf() -> None:
    no_ca = I1.intermediate("acts as issuer", ca=False)
    below = no_ca.leaf("below.example")
    assert leaf_index([no_ca.certificate, below.certificate]) == 1


def test_descriptions_are_linked_by_name() -> None:
    found = analyse([made.described for made in (L, NAMESAKE_I1, I2, Z)])
    assert found == Chain(0, (0, 1), "CN=Other Root", (), (2, 3))
    assert analyse([SELF_SIGNED.described]).missing_issuer is None


def test_an_empty_bundle_has_nothing_wrong() -> None:
    assert analyse([]) == Chain(0, (), None, (), ())


def test_the_order_never_changes_who_belongs() -> None:
    draw, bundle = random.Random(1), [L, I1, I2, CROSS_I2, R, Z]
    for _ in range(30):
        others = bundle[1:]
        draw.shuffle(others)
        shuffled = [L, *others]
        found = chain(*shuffled)
        assert [shuffled[index] for index in found.path] == [L, I1, I2, R]
        assert [shuffled[index] for index in found.strangers] == [Z]
