"""What a handshake with a real server tells: certificates, what it wants of the client's, SNI."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from edgeaudit.errors import InputError
from edgeaudit.observe.probe.client import Client, ClientCertificate
from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.protocols import Version
from tests.factories import CA, rsa_key, self_signed
from tests.observe.probe.servers import RSA_AES, alert, context, flight, served, speaks

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from edgeaudit.tls.service import Service

    Answer = Callable[[socket.socket], object]

# a real server reads the real clock
EVER = {
    "not_before": datetime(2001, 1, 1, tzinfo=timezone.utc),
    "not_after": datetime(2049, 1, 1, tzinfo=timezone.utc),
}
ROOT = CA.root("Acme Root", **EVER)
ISSUING = ROOT.intermediate("Acme Issuing CA", **EVER)
LEAF, OTHER = ISSUING.leaf("api.example.com"), ROOT.leaf("other.example.com")
MINE = ISSUING.leaf("client", **EVER)
SHOWN = ClientCertificate(f"{MINE.pem}{ISSUING.pem}".encode(), MINE.key_pem.encode())
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
MISSING = b"HTTP/1.1 400 Bad Request\r\n\r\n<h1>No required SSL certificate was sent</h1>"


def server(folder: Path, version: ssl.TLSVersion, verify: ssl.VerifyMode) -> ssl.SSLContext:
    found = context(LEAF, folder, ISSUING)
    found.minimum_version = found.maximum_version = version
    found.verify_mode = verify
    (folder / "trusted.pem").write_text(f"{ROOT.pem}{ISSUING.pem}")
    found.load_verify_locations(folder / "trusted.pem")
    return found


def probe(answer: Answer, client: ClientCertificate | None = None) -> Service:
    with served(answer) as port:
        return Prober(client=client).probe(Asked("127.0.0.1", port, "api.example.com"))


@pytest.mark.parametrize("version", VERSIONS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("verify", "needs"),
    [(ssl.CERT_NONE, False), (ssl.CERT_OPTIONAL, False), (ssl.CERT_REQUIRED, True)],
    ids=["none", "optional", "required"],
)
def test_what_is_shown_and_asked_for(tmp_path: Path, version, verify, needs) -> None:
    found = probe(speaks(server(tmp_path, version, verify)), client=SHOWN)
    assert found.phase is None
    assert found.chain == (LEAF.certificate, ISSUING.certificate)
    assert found.needs_client_certificate is needs
    spoken = {each for each, is_spoken in found.versions.items() if is_spoken}
    assert spoken == {Version(int(version))}
    assert found.with_name
    assert found.with_name.ending is (Ending.ALERT if needs else Ending.COMPLETED)
    assert (found.request is not None) == (verify != ssl.CERT_NONE)
    if found.request:
        assert found.takes_client_certificate is True
        assert found.with_certificate
        assert found.with_certificate.client_chain == (MINE.certificate, ISSUING.certificate)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda each: each.name)
def test_a_server_that_refuses_the_request_and_not_the_handshake(tmp_path: Path, version) -> None:
    """As nginx does it."""
    tls = server(tmp_path, version, ssl.CERT_OPTIONAL)
    assert probe(speaks(tls, MISSING)).needs_client_certificate is True


def test_a_certificate_that_the_server_does_not_take(tmp_path: Path) -> None:
    mine = self_signed("stranger", **EVER)
    tls = server(tmp_path, ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED)
    shown = ClientCertificate(mine.pem.encode(), mine.key_pem.encode())
    found = probe(speaks(tls), client=shown)
    assert found.takes_client_certificate is False
    assert found.with_certificate
    assert found.with_certificate.fatal


def test_a_certificate_with_anothers_key_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="cannot be used together"):
        Client(ClientCertificate(MINE.pem.encode(), LEAF.key_pem.encode()))
    with pytest.raises(InputError, match="cannot be used together"):
        Client(ClientCertificate(b"", b""))


@pytest.mark.parametrize("kind", ["ignored", "selects", "required"])
def test_what_the_name_does(tmp_path: Path, kind: str) -> None:
    (tmp_path / "other").mkdir()
    tls, other = context(LEAF, tmp_path), context(OTHER, tmp_path / "other")

    def choose(made: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if kind != "ignored" and name != "api.example.com":
            made.context = other
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if kind == "required" else None
        return None

    tls.sni_callback = choose
    found = probe(speaks(tls))
    assert found.use_of_sni == kind
    assert found.chain == (LEAF.certificate,)
    assert found.with_foreign_name
    assert found.with_foreign_name.sni == "edgeaudit.invalid"
    assert found.without_name
    silent = replace(found.without_name, ending=Ending.TIMED_OUT, server_chain=None)
    assert replace(found, without_name=silent).use_of_sni == "unknown"


def test_what_our_openssl_cannot_do_is_read_in_clear() -> None:
    """A server of SSL 3.0, which has no Certificate message that OpenSSL would look at."""
    leaf = self_signed("old.example.com", key=rsa_key())

    def answer(made: socket.socket) -> None:
        hello = made.recv(65_536)
        is_old = hello[9:11] == b"\x03\x00"
        said = flight(leaf.der, names=[b"\x30\x00"], version=Version.SSLV3)
        made.sendall(said if is_old and RSA_AES.to_bytes(2, "big") in hello else alert(40))
        made.recv(1)

    found = probe(answer)
    assert found.suites == {Version.SSLV3: (RSA_AES,)}
    assert found.chain == (leaf.certificate,)
    assert found.request
    assert found.request.authorities == (b"\x30\x00",)
    assert (found.phase, found.needs_client_certificate) == (None, None)
