"""What is found of a JSSE server is what it was told to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from edgeaudit.observe.probe.client import ClientCertificate
from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from edgeaudit.tls.handshake import cipher_name
from edgeaudit.tls.protocols import Version
from tests.factories import CA, bundle, rsa_key
from tests.observe.probe.test_handshakes import EVER

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        shutil.which("javac") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
        reason="no JDK here",
    ),
]
ROOT = CA.root("Acme Root", **EVER)
LEAF = ROOT.leaf("api.example.com", key=rsa_key(), **EVER)
MINE, STRANGER = ROOT.leaf("client", **EVER), CA.root("Nobody", **EVER).leaf("nobody", **EVER)
SUITES = (
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the server's keystore, its truststore, and the compiled server."""
    folder = tmp_path_factory.mktemp("jsse")
    own = pkcs12.serialize_key_and_certificates(
        b"own", rsa_key(), LEAF.parsed, [ROOT.parsed], BestAvailableEncryption(b"secret")
    )
    (folder / "own.p12").write_bytes(own)
    trust = [pkcs12.PKCS12Certificate(ROOT.parsed, b"root")]
    (folder / "trust.p12").write_bytes(
        pkcs12.serialize_java_truststore(trust, BestAvailableEncryption(b"secret"))
    )
    source = Path(__file__).with_name("JsseServer.java")
    subprocess.run(["javac", "-d", folder, source], check=True)
    return folder


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[int]:
    options = [
        f"-Djavax.net.ssl.{store}={value}"
        for name, kind in (("own", "keyStore"), ("trust", "trustStore"))
        for store, value in ((kind, folder / f"{name}.p12"), (f"{kind}Password", "secret"))
    ]
    process = subprocess.Popen(
        ["java", *options, "-cp", folder, "JsseServer", *arguments],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def shown(made) -> ClientCertificate:
    return ClientCertificate(bundle(made).encode(), made.key_pem.encode())


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(("client", "needs"), [("none", False), ("want", False), ("need", True)])
def test_what_it_wants_of_the_client(stores: Path, protocol, client, needs) -> None:
    with serving(stores, protocol, "default", "true", client) as port:
        asked = Asked("127.0.0.1", port, "api.example.com")
        found = Prober(client=shown(MINE)).probe(asked)
        other = Prober(client=shown(STRANGER)).probe(asked)
    spoken = [each.spelling for each, is_spoken in found.versions.items() if is_spoken]
    assert spoken == [protocol]
    assert found.needs_client_certificate is needs
    if client != "none":
        assert found.request
        assert found.request.authorities == (ROOT.parsed.subject.public_bytes(),)
        assert found.takes_client_certificate is True
        # OpenSSL sends what it has, whoever is acceptable
        assert other.takes_client_certificate is False
    assert found.chain == (LEAF.certificate, ROOT.certificate)


@pytest.mark.parametrize("has_order", [True, False])
def test_its_suites_and_whose_order_holds(stores: Path, has_order: bool) -> None:
    order = str(has_order).lower()
    with serving(stores, "TLSv1.2", ",".join(SUITES), order, "none") as port:
        found = Prober().probe(Asked("127.0.0.1", port))
    names = tuple(map(cipher_name, found.suites[Version.TLSV1_2]))
    assert set(names) == set(SUITES)
    assert found.orders == {Version.TLSV1_2: has_order}
    assert (names == SUITES) is has_order
