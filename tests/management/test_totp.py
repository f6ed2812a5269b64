"""Codes of the second factor, against the RFC's own examples."""

from __future__ import annotations

import pytest

from edgeaudit.errors import InputError
from edgeaudit.management import totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_of_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert totp.code(totp.key(SECRET), at) == code


def test_a_code_holds_for_thirty_seconds() -> None:
    codes = [totp.code(b"key", at) for at in (60.0, 89.9, 90.0)]
    assert codes[0] == codes[1] != codes[2]


@pytest.mark.parametrize("written", ["JBSW Y3DP", "jbsw-y3dp", " JBSWY3DP======\n", "JBSWY3DP"])
def test_however_an_app_shows_the_secret(written: str) -> None:
    assert totp.key(written) == b"Hello"


def test_a_secret_of_any_length() -> None:
    assert totp.key("JBSWY3DPEE") == b"Hello!"


@pytest.mark.parametrize("secret", ["12345678", "naïve", "A", "  ", "====", "JBSW&Y3DP"])
def test_what_is_not_base32_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(InputError) as caught:
        totp.key(secret)
    assert caught.value.message == "the secret of the second factor is not base32"
