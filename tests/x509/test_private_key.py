"""Whether a key is that of a certificate, in every form that it may come in."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.errors import InputError
from edgeaudit.x509.private_key import belongs, holds_key
from tests.factories import CA, self_signed

OWN = self_signed("a.example.com")
OTHER = self_signed("b.example.com")
PASSWORD = b"secret"


def _none() -> None:
    return None


def _forms() -> dict[str, bytes]:
    key, plain = OWN.private_key, NoEncryption()
    return {
        "pkcs8": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain),
        "traditional": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, plain),
        "der": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, plain),
        "crlf": OWN.pem.encode() + OWN.key_pem.replace("\n", "\r\n").encode(),
        "encrypted": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)
        ),
        "encrypted der": key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)
        ),
        "pkcs12": pkcs12.serialize_key_and_certificates(
            b"x", key, OWN.parsed, None, BestAvailableEncryption(PASSWORD)
        ),
    }


FORMS = _forms()


@pytest.mark.parametrize("form", FORMS)
def test_its_own_and_anothers(form: str) -> None:
    def password() -> str:
        return PASSWORD.decode()

    assert belongs(FORMS[form], OWN.certificate, password) is True
    assert belongs(FORMS[form], OTHER.certificate, password) is False


@pytest.mark.parametrize("password", [None, "wrong"])
def test_without_its_password_nothing_is_known(password: str | None) -> None:
    assert belongs(FORMS["pkcs12"], OWN.certificate, lambda: password) is None


@pytest.mark.parametrize("form", ["encrypted", "encrypted der"])
@pytest.mark.parametrize(
    ("password", "said"), [(None, "there is no password"), ("wrong", "is wrong")]
)
def test_a_key_that_stays_closed(form: str, password: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        belongs(FORMS[form], OWN.certificate, lambda: password)


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), ed25519.Ed25519PrivateKey.generate()]
)
def test_other_algorithms(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> None:
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert belongs(data, OWN.certificate, _none) is False
    if isinstance(key, rsa.RSAPrivateKey):
        own = CA.root("R").leaf("a.example.com", key=key)
        assert belongs(data, own.certificate, _none) is True


def test_which_files_are_keys() -> None:
    assert [name for name in FORMS if holds_key(FORMS[name])] == [
        "pkcs8",
        "traditional",
        "der",
        "crlf",
        "encrypted",
        "encrypted der",
    ]
    assert not holds_key(OWN.pem.encode())
    assert belongs(OWN.pem.encode(), OWN.certificate, _none) is None


def test_a_certificate_known_by_description() -> None:
    assert belongs(FORMS["pkcs8"], OWN.described, _none) is None


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 2000), st.binary(max_size=4))
def test_damage_is_no_answer_or_one(form: str, at: int, bytes_: bytes) -> None:
    data = FORMS[form][:at] + bytes_ + FORMS[form][at + len(bytes_) :]
    with suppress(InputError):  # its password
        assert belongs(data, OTHER.certificate, _none) in (None, False)
    assert holds_key(ec.__name__.encode()) is False
