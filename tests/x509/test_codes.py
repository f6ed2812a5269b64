from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeaudit.x509.codes import code, passed_over
from edgeaudit.x509.libcrypto import libcrypto

HEADER = Path("/usr/include/openssl/x509_vfy.h")


@pytest.mark.skipif(not HEADER.exists(), reason="no OpenSSL header here")
def test_the_names_are_those_of_the_header() -> None:
    macros = re.findall(r"#define\s+X509_V_ERR_(\w+)\s+(\d+)", HEADER.read_text())
    major = libcrypto().OpenSSL_version_num() >> 28
    assert len(macros) > 70
    for name, number in macros:
        assert code(int(number), major) == name.lower()


def test_openssl_1_numbers_some_errors_otherwise() -> None:
    assert (code(24, 1), code(24, 3)) == ("invalid_ca", "no_issuer_public_key")
    assert (24 in passed_over(1), 24 in passed_over(3)) == (True, False)


def test_a_number_of_tomorrow_has_a_name_too() -> None:
    assert code(999, 3) == "error_999"


def test_a_date_in_the_future_ends_the_search_and_one_in_the_past_does_not() -> None:
    assert 10 in passed_over(3)
    assert 9 not in passed_over(3)
