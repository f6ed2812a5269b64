"""Thresholds."""

from __future__ import annotations

import pytest

from edgeaudit.audit.policy import Policy, Threshold, forbidden_suites
from edgeaudit.tls.ciphers import suite


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", Threshold(days=30)),
        ("30d", Threshold(days=30)),
        (" 0.5 d ", Threshold(days=0.5)),
        ("20%", Threshold(share=0.2)),
        ("0", Threshold()),
    ],
)
def test_what_is_understood(text: str, expected: Threshold) -> None:
    assert Threshold.parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-3d", "3h", "101%", "d", "1e3d", "999999d", "٣d"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"days \(30d\) or a share of the life time \(20%\)"):
        Threshold.parse(text)


@pytest.mark.parametrize(
    ("forbidden", "name", "told"),
    [
        ((), "TLS_RSA_WITH_AES_128_CBC_SHA", ()),
        (("CBC",), "TLS_RSA_WITH_AES_128_CBC_SHA", ("forbidden",)),
        (("CBC",), "TLS_RSA_WITH_AES_128_GCM_SHA256", ()),
        (("kRSA+AESGCM", "ARIA"), "TLS_RSA_WITH_AES_128_GCM_SHA256", ("forbidden",)),
        (("CBC",), "SSL_RSA_WITH_3DES_EDE_CBC_SHA", ("3DES", "forbidden")),
        ((), "SSL_RSA_WITH_RC4_128_MD5", ("RC4", "MD5")),
        (("SSL_RSA_WITH_DES_CBC_SHA",), "TLS_RSA_WITH_DES_CBC_SHA", ("DES", "forbidden")),
    ],
)
def test_weaknesses(forbidden, name, told) -> None:
    found = suite(name, "java")
    assert found is not None
    assert Policy(forbidden_ciphers=forbidden).weaknesses(found) == told


@pytest.mark.parametrize("word", ["", "cbc", "AES+FOO", "!AES", "HIGH:AES"])
def test_what_names_no_suites(word) -> None:
    with pytest.raises(ValueError, match="OpenSSL knows no"):
        forbidden_suites(word)
