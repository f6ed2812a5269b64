"""Keys and hashes by their names, as certificates and descriptions have them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeaudit.x509.strength import has_weak_key, has_weak_signature
from tests.factories import CA

LEAF = CA.root("Acme Root").leaf("api.example.com").certificate


@pytest.mark.parametrize(
    ("key", "is_weak"),
    [
        ("RSA 2047", True),
        ("RSA 2048", False),
        ("DSA 1024", True),
        ("DSA 2048", False),
        ("EC P-192", True),
        ("EC P-224", False),
        ("EC brainpoolP160r1", True),
        ("EC brainpoolP256r1", False),
        ("EC prime239v1", False),
        ("EC 192", True),
        ("EC 256", False),
        ("ECDSA 192", True),
        ("Ed25519", False),
        ("Ed448", False),
        ("X448", False),
        ("id-ecPublicKey", False),
        ("1.2.643.7.1.1.1.1", False),
        ("RSA", False),
        ("", False),
    ],
)
def test_a_key_that_is_known_to_be_short(key: str, is_weak: bool) -> None:
    assert has_weak_key(replace(LEAF, key=key)) == is_weak


@pytest.mark.parametrize(
    ("signature", "is_weak"),
    [("md5", True), ("sha1", True), ("sha256", False), ("sha512", False), ("ed25519", False)],
)
def test_a_hash_that_is_broken(signature: str, is_weak: bool) -> None:
    assert has_weak_signature(replace(LEAF, signature=signature)) == is_weak
    root = replace(LEAF, signature=signature, issuer_canonical=LEAF.subject_canonical)
    assert not has_weak_signature(root)
