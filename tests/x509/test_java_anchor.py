"""What a glance spares: where it says that no Java refuses a CA, reading it as Java does agrees."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from edgeaudit.x509 import java_anchor
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_anchor import anchor_refusal
from tests.factories import CA, rsa_key

KEYS = {
    "RSA 1024": rsa.generate_private_key(65537, 1024),
    "RSA 2048": rsa_key(),
    "EC P-224": ec.generate_private_key(ec.SECP224R1()),
    "EC P-256": ec.generate_private_key(ec.SECP256R1()),
    "EC P-384": ec.generate_private_key(ec.SECP384R1()),
    "EC P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
USAGES = {
    "unsaid": None,
    "signs": ("key_cert_sign", "crl_sign"),
    "does not": ("digital_signature", "crl_sign"),
}


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_glance_spares_none_that_is_refused(
    key: str, usage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = CA.root("Backend CA", key=KEYS[key], key_usage=USAGES[usage]).certificate
    assert ca.key == key
    at_a_glance = [anchor_refusal(ca, java) for java in RELEASES.values()]
    monkeypatch.setattr(java_anchor, "_is_usual", lambda *_: False)
    assert [anchor_refusal(ca, java) for java in RELEASES.values()] == at_a_glance
    assert all(at_a_glance) == (usage == "does not" or key == "EC P-224")
