from __future__ import annotations

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.x509.rc2 import decrypt_cbc


@pytest.mark.parametrize(
    ("key", "plain", "secret"),
    [
        ("ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", "1000000000000001", "30649edf9be7d2c2"),
    ],
)
def test_the_examples_of_rfc_2268(key: str, plain: str, secret: str) -> None:
    found = decrypt_cbc(bytes.fromhex(key), bytes(8), bytes.fromhex(secret))
    assert found.hex() == plain


@given(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=8, max_size=8),
    st.binary(max_size=99).map(lambda data: data[: len(data) // 8 * 8]),
)
def test_it_undoes_what_openssl_did(key: bytes, iv: bytes, data: bytes) -> None:
    encryptor = Cipher(RC2(key), modes.CBC(iv)).encryptor()
    assert decrypt_cbc(key, iv, encryptor.update(data) + encryptor.finalize()) == data


def test_part_of_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of blocks"):
        decrypt_cbc(b"key", bytes(8), bytes(9))
