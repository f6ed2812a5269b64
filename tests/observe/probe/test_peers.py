"""What is found of real servers is what they were told to do, and what OpenSSL finds one by one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from edgeaudit.observe.probe.client import ClientCertificate
from edgeaudit.observe.probe.connection import Timeouts
from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from edgeaudit.tls import ciphers
from edgeaudit.tls.protocols import Version
from tests.factories import CA, bundle, rsa_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edgeaudit.tls.service import Service

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not (shutil.which("nginx") and shutil.which("openssl"))
        and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
        reason="no nginx or no openssl",
    ),
]
EVER = {
    "not_before": datetime(2001, 1, 1, tzinfo=timezone.utc),
    "not_after": datetime(2049, 1, 1, tzinfo=timezone.utc),
}
ROOT = CA.root("Acme Root", **EVER)
ISSUING = ROOT.intermediate("Acme Issuing CA", **EVER)
LEAF = ISSUING.leaf("api.example.com", key=rsa_key(), **EVER)
OTHER = ISSUING.leaf("other.example.com", **EVER)
MINE = ISSUING.leaf("client", **EVER)
SHOWN = ClientCertificate(bundle(MINE, ISSUING).encode(), MINE.key_pem.encode())
MANY = [ROOT.intermediate(f"Partner {number}", **EVER) for number in range(300)]
QUICK = Timeouts(5, 5, 5, 5)
_NEW = ":".join(each.name for each in ciphers.suites() if 0x1301 <= int(each.code, 16) <= 0x1305)
_FLAGS = {
    Version.TLSV1: "-tls1",
    Version.TLSV1_1: "-tls1_1",
    Version.TLSV1_2: "-tls1_2",
    Version.TLSV1_3: "-tls1_3",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all certificates and keys."""
    folder = tmp_path_factory.mktemp("peers")
    for name, made in {"leaf": LEAF, "other": OTHER}.items():
        (folder / f"{name}.pem").write_text(bundle(made, ISSUING))
        (folder / f"{name}.key").write_text(made.key_pem)
    (folder / "trusted.pem").write_text(bundle(ROOT, ISSUING))
    (folder / "many.pem").write_text(bundle(*MANY))
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as once:
        return int(once.getsockname()[1])


@contextmanager
def running(arguments: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """A server, from when it takes connections on."""
    process = subprocess.Popen(
        arguments, cwd=folder, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        while process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
        assert process.poll() is None, process.communicate()[1]
        yield
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def s_server(folder: Path, *options: str) -> Iterator[int]:
    port = free_port()
    own = ("-cert", "leaf.pem", "-key", "leaf.key", "-cert_chain", "leaf.pem", "-quiet")
    accept = ("openssl", "s_server", "-accept", f"127.0.0.1:{port}")
    with running((*accept, *own, *options), port, folder):
        yield port


@contextmanager
def nginx(folder: Path, *servers: str) -> Iterator[int]:
    """nginx with these servers; `PORT` in them is the port."""
    port = free_port()
    home = folder / str(port)
    home.mkdir()
    paths = "".join(
        f"{name}_temp_path {home}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    blocks = "".join(
        f"server {{ ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.key; "
        f"{each.replace('PORT', f'127.0.0.1:{port}').replace('FOLDER', str(folder))} }}"
        for each in servers
    )
    (home / "nginx.conf").write_text(
        f"daemon off; pid {home}/pid; error_log {home}/log; worker_processes 1; events {{}} "
        f"http {{ access_log off; {paths} {blocks} }}"
    )
    with running(("nginx", "-e", f"{home}/log", "-c", f"{home}/nginx.conf"), port, home):
        yield port


def probe(
    port: int, sni: str | None = "api.example.com", client: ClientCertificate | None = None
) -> Service:
    return Prober(timeouts=QUICK, client=client).probe(Asked("127.0.0.1", port, sni))


def by_openssl(port: int) -> dict[Version, set[int]]:
    """The suites that `openssl s_client` can use with a server, asked one by one."""
    found: dict[Version, set[int]] = {}
    for version, flag in _FLAGS.items():
        listed = subprocess.check_output(
            ["openssl", "ciphers", "-s", flag, "-ciphersuites", _NEW,
             "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], text=True,
        )  # fmt: skip
        for name in listed.strip().split(":"):
            suite = ciphers.suite(name, "openssl")
            kind = "-ciphersuites" if version == Version.TLSV1_3 else "-cipher"
            chosen = name if version == Version.TLSV1_3 else f"{name}:@SECLEVEL=0"
            done = subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", flag, kind, chosen],
                input=b"", capture_output=True, check=False,
            )  # fmt: skip
            if suite and f"Cipher is {name}".encode() in done.stdout:
                found.setdefault(version, set()).add(int(suite.code, 16))
    return found


@pytest.mark.parametrize(
    "options",
    [
        ["-cipher", "AES:@SECLEVEL=0"],
        ["-serverpref", "-tls1_2", "-cipher", "ECDHE+AESGCM:CHACHA20:AES256-SHA"],
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_3", "-serverpref", "-ciphersuites",
         "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256"],
        ["-tls1_2", "-cipher", "ALL:eNULL:@SECLEVEL=0"],
    ],
    ids=["default", "preferring", "old", "new", "everything"],
)  # fmt: skip
def test_versions_and_suites_are_those_of_openssl_one_by_one(files: Path, options) -> None:
    with s_server(files, *options) as port:
        found, expected = probe(port), by_openssl(port)
    assert {version: set(suites) for version, suites in found.suites.items()} == expected
    assert all(has == ("-serverpref" in options) for has in found.orders.values())
    assert found.phase is None


def test_the_order_is_the_servers(files: Path) -> None:
    names = ["AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305",
             "AES128-GCM-SHA256"]  # fmt: skip
    with s_server(files, "-serverpref", "-tls1_2", "-cipher", ":".join(names)) as port:
        found = probe(port)
    suites = [ciphers.suite(name, "openssl") for name in names]
    codes = tuple(int(each.code, 16) for each in suites if each)
    assert found.suites == {Version.TLSV1_2: codes}


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(("verify", "needs"), [("on", True), ("optional", False)])
def test_nginx_wants_a_client_certificate(files: Path, protocol, verify, needs) -> None:
    lines = (
        f"listen PORT ssl; ssl_protocols {protocol}; ssl_verify_client {verify};"
        "ssl_verify_depth 3; ssl_client_certificate FOLDER/trusted.pem;"
    )
    with nginx(files, lines) as port:
        found = probe(port, client=SHOWN)
    assert found.needs_client_certificate is needs
    assert found.takes_client_certificate is True
    assert found.request
    names = {each.parsed.subject.public_bytes() for each in (ROOT, ISSUING)}
    assert set(found.request.authorities) == names
    assert found.chain == (LEAF.certificate, ISSUING.certificate)


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_all_of_a_long_list_of_issuers(files: Path, protocol: str) -> None:
    lines = (
        f"listen PORT ssl; ssl_protocols {protocol}; ssl_verify_client on;"
        "ssl_client_certificate FOLDER/many.pem;"
    )
    with nginx(files, lines) as port:
        found = probe(port, client=SHOWN)
    assert found.request
    names = [each.parsed.subject.public_bytes() for each in MANY]
    assert sorted(found.request.authorities) == sorted(names)
    assert found.takes_client_certificate is False


@pytest.mark.parametrize("option", ["-verify", "-Verify"])
@pytest.mark.parametrize("version", ["-tls1", "-tls1_2", "-tls1_3"])
def test_s_server_wants_a_client_certificate(files: Path, option: str, version: str) -> None:
    cipher = ("-cipher", "ALL:@SECLEVEL=0")
    with s_server(files, option, "3", version, "-CAfile", "trusted.pem", *cipher) as port:
        found = probe(port)
    assert found.needs_client_certificate is (option == "-Verify")
    assert found.request is not None


def test_several_names_on_one_port(files: Path) -> None:
    other = (
        "listen PORT ssl; server_name other.example.com; ssl_certificate FOLDER/other.pem;"
        "ssl_certificate_key FOLDER/other.key;"
    )
    with nginx(
        files, "listen PORT ssl default_server; server_name api.example.com;", other
    ) as port:
        found, theirs = probe(port), probe(port, "other.example.com")
    assert (found.use_of_sni, theirs.use_of_sni) == ("ignored", "selects")
    assert theirs.chain == (OTHER.certificate, ISSUING.certificate)


def test_a_name_that_must_be_known(files: Path) -> None:
    reject = "listen PORT ssl default_server; ssl_reject_handshake on;"
    with nginx(files, reject, "listen PORT ssl; server_name api.example.com;") as port:
        found, foreign = probe(port), probe(port, "foreign.example")
    assert found.use_of_sni == "required"
    assert found.with_foreign_name
    assert found.with_foreign_name.fatal
    assert found.with_foreign_name.fatal.name == "unrecognized_name"
    assert (foreign.phase, foreign.chain) == (None, None)


def test_protocols_and_suites_of_nginx(files: Path) -> None:
    lines = (
        "listen PORT ssl; ssl_protocols TLSv1 TLSv1.2; ssl_prefer_server_ciphers on;"
        "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA:@SECLEVEL=0;"
    )
    with nginx(files, lines) as port:
        found = probe(port)
    assert found.suites == {Version.TLSV1_2: (0xC030, 0x002F), Version.TLSV1: (0x002F,)}
    assert found.orders == {Version.TLSV1_2: True}


@pytest.mark.parametrize(
    ("lines", "trouble"),
    [
        ("listen PORT;", "it speaks plain HTTP, not TLS"),
        ("listen PORT ssl proxy_protocol;", "it wants the PROXY protocol to announce the client"),
    ],
    ids=["http", "proxy"],
)
def test_what_nginx_speaks_instead(files: Path, lines: str, trouble: str) -> None:
    with nginx(files, lines) as port:
        assert probe(port).trouble == trouble
