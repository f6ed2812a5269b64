"""nginx itself, on the same files, says and does what we say is in effect."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgeaudit.hosts.reading import Given, HostFiles, read_hosts
from edgeaudit.tls.cipher_string import expand
from edgeaudit.tls.protocols import Version, version
from tests.factories import CA, rsa_key
from tests.hosts.configurations import GOOD, MISTAKEN, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.host import Server
    from tests.hosts.configurations import Files

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
pytestmark = [
    pytest.mark.full,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(
        not Path(NGINX).exists() and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
        reason="no nginx here",
    ),
]
_TRIED = {
    Version.TLSV1: ssl.TLSVersion.TLSv1,
    Version.TLSV1_1: ssl.TLSVersion.TLSv1_1,
    Version.TLSV1_2: ssl.TLSVersion.TLSv1_2,
    Version.TLSV1_3: ssl.TLSVersion.TLSv1_3,
}
# nginx 1.22's own, where nothing is set
_NOTHING_SET = "TLSv1 TLSv1.1 TLSv1.2"


@pytest.fixture(scope="module")
def certificates() -> dict[str, str]:
    root = CA.root("Root")
    made = {"1": root.leaf("a.example", key=rsa_key()), "2": root.leaf("b.example", key=rsa_key())}
    pems = {f"c{name}.pem": each.pem for name, each in made.items()}
    return pems | {f"k{name}.pem": each.key_pem for name, each in made.items()}


@pytest.fixture
def ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def lay_out(folder: Path, files: Files, ports: tuple[int, int], pems: dict[str, str]) -> Path:
    root = folder / "router-1" / "nginx"
    for path, text in {**written(files, ports), **pems}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def ours(root: Path) -> HostFiles:
    return read_hosts([Given(root)])


def nginx(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [NGINX, "-p", str(root), "-c", "nginx.conf", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def running(root: Path) -> Iterator[None]:
    command = [NGINX, "-p", str(root), "-c", "nginx.conf"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            assert any(map(_is_up, iter(process.stderr.readline, "")))
            yield
        finally:
            process.terminate()


def _is_up(line: str) -> bool:
    return "start worker process" in line


def shaken(address: tuple[str, int], name: str | None, tls: Version, ciphers: str) -> str | None:
    """The suite of a handshake, and the name that it was shown a certificate for; None if none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = _TRIED[tls]
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    try:
        with (
            socket.create_connection(address, timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as wrapped,
        ):
            found = wrapped.cipher()
            return found[0] if found else None
    except OSError:
        return None


@pytest.mark.parametrize("name", GOOD)
def test_what_is_in_effect(name: str, tmp_path, ports, certificates) -> None:
    root = lay_out(tmp_path, GOOD[name], ports, certificates)
    found = ours(root)
    assert found.gaps == ()
    (host,) = found.hosts
    dumped = nginx(root, "-T")
    assert dumped.returncode == 0, dumped.stderr
    read = set(re.findall(r"^# configuration file (.*):$", dumped.stdout, re.MULTILINE))
    unread = {str(path) for path in root.rglob("*.conf")} - read
    assert set(host.idle) == unread
    with running(root):
        for server in host.servers:
            check(server)


def check(server: Server) -> None:
    for listen in server.listens:
        if listen.address not in server.tls or not server.names:
            continue
        where = listen.address.partition(":")[0].replace("*", "127.0.0.2")
        address, name = (where, listen.port or 0), server.names[0]
        holding = server.protocols.get(listen.address)
        told = holding.value if holding else _NOTHING_SET
        # ciphers that OpenSSL 3 keeps from old protocols, unless the string says otherwise
        loose = "SECLEVEL=0" in (server.value("ssl_ciphers") or "")
        expected = {version(each, "openssl") for each in told.split()}
        expected -= set() if loose else {Version.TLSV1, Version.TLSV1_1}
        accepted = {each for each in _TRIED if shaken(address, name, each, "ALL")}
        assert accepted == expected, server.where
        asks = server.value("ssl_verify_client") not in (None, "off")
        assert is_asked(address, name, max(accepted)) == asks
        if Version.TLSV1_2 in accepted and (text := server.value("ssl_ciphers")):
            check_ciphers(address, name, text)


def check_ciphers(address: tuple[str, int], name: str, text: str) -> None:
    tried = [each["name"] for each in ssl.create_default_context().get_ciphers()]
    tried += ["AES128-SHA", "AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384"]
    old = {each for each in tried if not each.startswith(("TLS_", "DHE", "ECDHE-ECDSA"))}
    expanded = {alias for suite in expand(text).suites for alias in suite.openssl}
    accepted = {each for each in old if shaken(address, name, Version.TLSV1_2, each)}
    assert accepted == old & expanded


def is_asked(address: tuple[str, int], name: str, tls: Version) -> bool:
    """Whether the server asks for a certificate."""
    flag = f"-{tls.spelling.lower().replace('v', '').replace('.', '_')}"
    at = ["-connect", f"{address[0]}:{address[1]}", "-servername", name]
    command = ["openssl", "s_client", *at, flag, "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    said = done.stdout
    return "Requested Signature Algorithms" in said or "Client Certificate Types" in said


@pytest.mark.parametrize("name", MISTAKEN)
def test_what_nginx_refuses(name: str, tmp_path, ports, certificates) -> None:
    root = lay_out(tmp_path, MISTAKEN[name], ports, certificates)
    said = nginx(root, "-t")
    assert said.returncode != 0
    first = next((line for line in said.stderr.splitlines() if "[emerg]" in line), "")
    found = ours(root)
    assert len(found.gaps) == 1, found.gaps
    place = re.search(r" in (\S+):(\d+)$", first)
    if place and "includes itself" not in found.gaps[0].detail:
        assert f"{place[1]}:{place[2]}" in found.gaps[0].detail
