"""What nginx's OpenSSL refuses to load, held against this machine's; and what Java cannot show."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from edgeaudit.audit.planning.acceptance import of_java, of_nginx, of_peers
from edgeaudit.x509.stores import read_file
from tests.factories import CA, self_signed

if TYPE_CHECKING:
    from pathlib import Path

ISSUING = CA.root("Acme Root", key=rsa.generate_private_key(65537, 1024))
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")


def _made(folder: Path, key: list[str], digest: str) -> tuple[Path, Path]:
    """A certificate and its key, as weak as openssl makes them."""
    ca, ca_key, leaf, own = (folder / name for name in ("ca", "ca_key", "leaf", "key"))
    ca.write_text(ISSUING.pem)
    ca_key.write_text(ISSUING.key_pem)
    made = ["openssl", "req", "-x509", "-CA", str(ca), "-CAkey", str(ca_key), "-subj", "/CN=x"]
    made += ["-nodes", "-newkey", *key, f"-{digest}", "-keyout", str(own), "-out", str(leaf)]
    subprocess.run(made, check=True, capture_output=True)
    return leaf, own


def _refusal(leaf: Path, key: Path, level: int) -> str:
    """Why OpenSSL does not load them for a server at that security level."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(f"DEFAULT:@SECLEVEL={level}")
    try:
        context.load_cert_chain(leaf, key)
    except ssl.SSLError as error:
        return (error.reason or "").replace("_", " ").lower()
    return ""


P_256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


@needs_openssl
@pytest.mark.parametrize(
    ("key", "digest"),
    [
        (["rsa:512"], "sha256"),
        (["rsa:1024"], "sha256"),
        (["ec", "-pkeyopt", "ec_paramgen_curve:prime192v1"], "sha256"),
        (P_256, "md5"),
        (P_256, "sha1"),
        (P_256, "sha256"),
    ],
    ids=lambda each: each[-1].rpartition(":")[2] if isinstance(each, list) else each,
)
def test_openssl_says_so_too(key: list[str], digest: str, tmp_path: Path) -> None:
    leaf, own = _made(tmp_path, key, digest)
    (entry,) = read_file(leaf)
    objections = list(of_nginx(entry.certificates))
    for level in (1, 2):
        refusal = _refusal(leaf, own, level)
        told = [each for each in objections if level == 2 or "security level" not in each.told]
        assert bool(told) == bool(refusal)
        assert all(f"({refusal})" in each.told for each in told)
    assert {each.is_certain for each in objections} <= {digest == "md5" or "rsa:512" in key}


@pytest.mark.parametrize(
    ("key", "java", "is_refused"),
    [
        (ed25519.Ed25519PrivateKey.generate(), 8, True),
        (ed25519.Ed25519PrivateKey.generate(), 21, False),
        (ed25519.Ed25519PrivateKey.generate(), None, False),
        (ec.generate_private_key(ec.SECP256K1()), 8, True),
        (ec.generate_private_key(ec.SECP256K1()), None, True),
        (ec.generate_private_key(ec.SECP384R1()), None, False),
        (ec.generate_private_key(ec.SECP256K1()), 99, False),
    ],
    ids=["edwards-8", "edwards-21", "edwards", "koblitz-8", "koblitz", "p384", "unknown"],
)
def test_keys_with_which_java_does_tls(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    java: int | None,
    is_refused: bool,
) -> None:
    made = self_signed("api.example.com", key=key)
    assert bool(list(of_java(made.certificate, java))) == is_refused
    assert not list(of_java(made.described, java))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (ec.generate_private_key(ec.SECP256R1()), ""),
        (ed25519.Ed25519PrivateKey.generate(), "clients with Java 8, 11 do no TLS"),
        (ec.generate_private_key(ec.SECP256K1()), "clients with Java 8, 11, 17, 21, 25 do no TLS"),
    ],
    ids=["p256", "edwards", "koblitz"],
)
def test_what_clients_cannot_do_with_it(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, told: str
) -> None:
    leaf = self_signed("api.example.com", key=key).certificate
    found = list(of_peers(leaf, "northbound"))
    assert [each.told.split(" with a key")[0] for each in found] == [told] * bool(told)
    assert not any(each.is_certain for each in found)
    assert not list(of_peers(leaf, "southbound"))
