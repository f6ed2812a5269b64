"""Which suites a key and a version leave, against handshakes that OpenSSL really makes."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from edgeaudit.tls.cipher_string import DEFAULTS_OF_1_3, expand
from edgeaudit.tls.ciphers import suites, usable
from edgeaudit.tls.protocols import Version
from tests.factories import CA, rsa_key
from tests.tls.openssl_ciphers import built
from tests.x509.openssl import needs_openssl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSIONS = {
    Version.TLSV1: ssl.TLSVersion.TLSv1,
    Version.TLSV1_1: ssl.TLSVersion.TLSv1_1,
    Version.TLSV1_2: ssl.TLSVersion.TLSv1_2,
    Version.TLSV1_3: ssl.TLSVersion.TLSv1_3,
}
KEYS: dict[str, Callable[[], Any]] = {
    "RSA 2048": rsa_key,
    "EC P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}
STRINGS = [
    "ALL",
    "aRSA",
    "aECDSA",
    "kRSA+SHA1",
    "ECDHE+aECDSA+SHA1",
    "ECDHE+aRSA+SHA1",
    "AESGCM:!aNULL",
    "PSK",
    "AECDH",
]
ANYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


@needs_openssl
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("key", KEYS)
def test_a_handshake_ends_well_where_a_suite_is_usable(key, tmp_path: Path) -> None:
    leaf = CA.root("Root").leaf("api.example.com", key=KEYS[key]())
    file = tmp_path / "server.pem"
    file.write_text(leaf.pem + leaf.key_pem)
    of_1_3 = [each for each in suites() if each.name in DEFAULTS_OF_1_3]
    for text in STRINGS:
        offered = [*(each for each in expand(text).suites if each.code in built()), *of_1_3]
        for version in VERSIONS:
            expected = bool(usable([version], offered, "openssl", leaf.certificate.key))
            assert _shakes_hands(file, text, VERSIONS[version]) is expected, (text, version)


def _shakes_hands(file: Path, text: str, version: ssl.TLSVersion) -> bool:
    server, client = (
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers(ANYTHING)
    server.set_ciphers(f"{text}:@SECLEVEL=0")
    server.load_cert_chain(file)
    for context in (server, client):
        context.minimum_version = context.maximum_version = version
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)]
    try:
        for side in sides * 3:
            _go_on(side)
    except ssl.SSLError:
        return False
    return sides[0].cipher() is not None


def _go_on(side: ssl.SSLObject) -> None:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return
