"""What lists of java.security disable, and which of them Java cannot read."""

from __future__ import annotations

import pytest

from edgeaudit.x509.java_algorithms import RELEASES, Key, malformed

LATE = (
    "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, DSA keySize < 1024,"
    " EC keySize < 224, SHA1 usage SignedJAR & denyAfter 2019-01-01, include"
    " jdk.disabled.namedCurves"
)


# each was put before Java 11, 17 and 25
@pytest.mark.parametrize(
    ("disabled", "entry"),
    [
        (LATE, None),
        ("", None),
        ("DH  keySize  <  2048", None),
        ("DH keySize < 2048&jdkCA, RSA keySize < 1024 &", None),
        ("DH usage Foo, rsa_pkcs1_sha1 usage HandshakeSignature, DH usage", None),
        ("include", None),
        ("RC4, DH keySize<2048", "DH keySize<2048"),
        ("DH keySize <2048", "DH keySize <2048"),
        ("DH keysize < 2048", "DH keysize < 2048"),
        ("DH keySize = 5", "DH keySize = 5"),
        ("DH denyAfter 2019-1-1", "DH denyAfter 2019-1-1"),
        ("RSA jdkCA jdkCA", "RSA jdkCA jdkCA"),
        ("include foo.bar", "include foo.bar"),
    ],
)
def test_what_java_cannot_read(disabled: str, entry: str | None) -> None:
    assert malformed(disabled) == entry


def test_the_defaults_are_those_of_java_security() -> None:
    in_tls = "SSLv3, TLSv1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, anon, ECDH"
    assert RELEASES[8].disabling(LATE, in_tls).has_defaults
    assert RELEASES[8].disabling().has_defaults
    assert not RELEASES[8].disabling(f"{LATE}, SHA1").has_defaults


def test_the_list_of_tls_holds_for_paths_and_not_for_anchors() -> None:
    release, key = RELEASES[21].disabling(in_tls="RSA keySize < 3072"), Key("RSA", 2048)
    assert release.forbids(key, "SHA256withRSA", "CN=a")
    assert release.forbids_anchor(key, "SHA256withRSA") is None
    assert release.forbids_anchor(key, "SHA256withRSA", is_search=True)
