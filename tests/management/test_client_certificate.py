"""A management server that demands a client certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from edgeaudit.errors import ConfigError, InputError
from edgeaudit.management.connections import ClientCertificate
from tests.management.asking import client_of
from tests.management.server import Authority, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.management.server import Server

PASSWORD = "wörd"


def never() -> str:
    raise AssertionError("a plain key needs no password")


@pytest.fixture
def authority() -> Authority:
    return Authority.made()


@pytest.fixture
def pem(authority: Authority, tmp_path: Path) -> Path:
    """A certificate and its key, in one file."""
    (tmp_path / "client").mkdir()
    authority.context(tmp_path / "client")
    return tmp_path / "client/server.pem"


@pytest.fixture
def key(pem: Path, tmp_path: Path) -> Path:
    """The key of that certificate, encrypted, in a file of its own."""
    path = tmp_path / "client.key"
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
    path.write_bytes(load_pem_private_key(pem.read_bytes(), None).private_bytes(*form))
    return path


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[Server]:
    context = authority.context(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file(tmp_path))
    with serving([reply()], context) as running:
        yield running


def is_let_in(server: Server, ca_file: Path, shown: ClientCertificate | None) -> bool:
    client = client_of(server, ca_file=ca_file, client_certificate=shown)
    return client.get("organizations").is_good


def test_a_certificate_is_shown(server: Server, pem: Path, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    assert is_let_in(server, ca_file, ClientCertificate(pem, pem, never))
    assert not is_let_in(server, ca_file, None)


def test_the_key_may_be_encrypted(server: Server, pem: Path, key: Path, tmp_path: Path) -> None:
    shown = ClientCertificate(pem, key, lambda: PASSWORD)
    assert is_let_in(server, tmp_path / "ca.pem", shown)


def test_what_asking_for_the_password_raises(pem: Path, key: Path) -> None:
    def nobody() -> str:
        raise ConfigError("there is no password")

    with pytest.raises(ConfigError, match="there is no password"):
        client_of("https://edge.example", client_certificate=ClientCertificate(pem, key, nobody))


@pytest.mark.parametrize("password", ["wrong", "", "x" * 2000])
def test_a_wrong_password_is_not_shown(pem: Path, key: Path, password: str) -> None:
    shown = ClientCertificate(pem, key, lambda: password)
    with pytest.raises(InputError) as caught:
        client_of("https://edge.example", client_certificate=shown)
    assert caught.value.message == f"{pem} and {key}: not a client certificate with its key"


def test_the_key_of_another_certificate(pem: Path, tmp_path: Path) -> None:
    Authority.made().context(tmp_path)
    shown = ClientCertificate(pem, tmp_path / "server.pem", never)
    with pytest.raises(InputError, match="not a client certificate with its key"):
        client_of("https://edge.example", client_certificate=shown)


def test_a_file_without_a_key(authority: Authority, tmp_path: Path) -> None:
    file = authority.file(tmp_path)
    with pytest.raises(InputError, match=r"ca.pem: not a client certificate with its key"):
        client_of("http://edge.example", client_certificate=ClientCertificate(file, file, never))


@pytest.mark.parametrize("is_key", [True, False])
def test_a_file_that_is_not_there(pem: Path, tmp_path: Path, is_key: bool) -> None:
    none = tmp_path / "none.pem"
    files = (pem, none) if is_key else (none, pem)
    with pytest.raises(InputError, match=r"none.pem: No such file or directory"):
        client_of("https://edge.example", client_certificate=ClientCertificate(*files, never))
