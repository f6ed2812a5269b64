"""Whether two certificates are for one key."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeaudit.x509.der import public_key_info
from edgeaudit.x509.public_key import shares_key
from tests.factories import CA, rsa_key

ROOT = CA.root("Acme Root")
TWIN = CA.root("Other Root").cross_sign(ROOT)
RSA = CA.root("Acme Root", key=rsa_key())


@pytest.mark.parametrize("made", [ROOT, TWIN, RSA], ids=["root", "twin", "rsa"])
def test_the_key_is_the_one_that_cryptography_reads(made) -> None:
    key = made.parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key_info(made.der) == key


def test_shares_key() -> None:
    assert shares_key(ROOT.certificate, TWIN.certificate) is True
    assert shares_key(ROOT.certificate, RSA.certificate) is False


def test_what_is_known_by_description_has_no_key() -> None:
    assert shares_key(ROOT.certificate, TWIN.described) is None
    assert shares_key(ROOT.described, ROOT.certificate) is None
