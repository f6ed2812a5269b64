"""Every cause in both directions, one- and two-way, in TLS 1.0 to 1.3; and as many healthy ones.

`python -m tests.observe.grid FOLDER` makes the captures of tests/observe/captures/grid anew (as
root): one file for each row of the grid, with one handshake for each of its columns, in order.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.factories import CA
from tests.observe import recording
from tests.observe.recording import HOST, Scenario, can, certificates, record, tools

VERSIONS = {"tls1_0": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}
DIRECTIONS, WAYS = ("northbound", "southbound"), ("oneway", "twoway")
# what the server shows, by the cause for which the client refuses it: a certificate, and its chain
SHOWN = {
    "hostname_mismatch": ("other", "issuing"),
    "incomplete_chain": ("good", ""),
    "incorrect_chain": ("good", "stranger"),
    "expired_certificate": ("expired", "issuing"),
    "not_yet_valid_certificate": ("future", "issuing"),
    "unknown_certificate": ("foreign", "foreignca"),
}
# what the client shows, by the cause for which the server refuses it
OWN = {
    "missing_client_certificate": "",
    "expired_client_certificate": "meexpired",
    "unknown_client_certificate": "meforeign",
}
OFFERS = ("protocol_mismatch", "cipher_mismatch", "sni_required")
_OLD = "ALL:@SECLEVEL=0"
_FLAGS = {version: f"-{version}" for version in VERSIONS} | {"tls1_0": "-tls1"}
_NUMBERS = {"tls1_0": "1.0", "tls1_1": "1.1", "tls1_2": "1.2", "tls1_3": "1.3"}
_OTHER_VERSION = {"tls1_0": "tls1_2", "tls1_1": "tls1_2", "tls1_2": "tls1_3", "tls1_3": "tls1_2"}
# the client's suite and the server's, OpenSSL's names before IANA's
_SUITES = {
    "tls1_0": ("ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA"),
    "tls1_1": ("ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA"),
    "tls1_2": ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "tls1_3": ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
}
_IANA = {
    "ECDHE-ECDSA-AES256-SHA": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
}


class Row(NamedTuple):
    """One file: who calls whom, which ways certificates go, in which version."""

    direction: str
    way: str
    version: str

    @property
    def name(self) -> str:
        """Its file's."""
        return "-".join(self)

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes, in the order of the handshakes."""
        return (*OFFERS, *SHOWN, *(OWN if self.way == "twoway" else ()))


ROWS = [Row(d, w, v) for d in DIRECTIONS for w in WAYS for v in VERSIONS]


def scenario(row: Row, cause: str) -> Scenario:
    """nginx is the Router and openssl its client; Java is the Message Processor."""
    own = OWN.get(cause, "me" if row.way == "twoway" else "")
    certificate, chain = SHOWN.get(cause, ("good", "issuing"))
    is_nginx = row.direction == "northbound" or cause == "sni_required"
    client = _java(row, cause, own) if row.direction == "southbound" else _openssl(row, cause, own)
    name = f"{row.name}-{cause}"
    if is_nginx:
        sites = {"site": _site(row, cause, certificate, chain)}
        said = "GET / HTTP/1.0\r\n\r\n"
        return Scenario(name, recording._nginx("site"), client, said=said, sites=sites)
    return Scenario(name, _backend(row, cause, certificate, chain), client)


def _site(row: Row, cause: str, certificate: str, chain: str) -> str:
    version, suite = _served(row, cause)
    shown = f"ssl_certificate {certificate}-{chain or 'alone'}.pem; "
    shown += f"ssl_certificate_key {certificate}.key; ssl_protocols {VERSIONS[version]}; "
    if row.version == "tls1_3" and suite:
        shown += f"ssl_conf_command Ciphersuites {suite}; "
    else:
        shown += f"ssl_ciphers {suite or 'ALL'}:@SECLEVEL=0; "
    if row.way == "twoway":
        shown += "ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate root.pem; "
    site = f"server {{{{ listen {{port}} ssl; {shown} server_name {HOST}; return 200 fine; }}}}"
    if cause != "sni_required":
        return site
    reject = f"ssl_reject_handshake on; ssl_protocols {VERSIONS[version]}; ssl_ciphers {_OLD};"
    return f"server {{{{ listen {{port}} ssl default_server; {reject} }}}} {site}"


def _backend(row: Row, cause: str, certificate: str, chain: str) -> str:
    version, suite = _served(row, cause)
    options = f"{_FLAGS[version]} "
    if row.version == "tls1_3" and suite:
        options += f"-ciphersuites {suite}"
    else:
        options += f"-cipher {suite or 'ALL'}:@SECLEVEL=0"
    if row.way == "twoway":
        names = "both" if cause == "unknown_client_certificate" else "root"
        options += f" -Verify 3 -CAfile {names}.pem -verify_return_error"
    return recording._server(certificate, options, chain).replace("-www", "-WWW")  # short answers


def _served(row: Row, cause: str) -> tuple[str, str]:
    """The version that the server takes, and its suite where it has but one."""
    version = _OTHER_VERSION[row.version] if cause == "protocol_mismatch" else row.version
    return version, _SUITES[row.version][1] if cause == "cipher_mismatch" else ""


def _openssl(row: Row, cause: str, own: str) -> str:
    options = f"{_FLAGS[row.version]} {recording._CHECK} -ign_eof "
    suite = _SUITES[row.version][0] if cause == "cipher_mismatch" else ""
    if row.version == "tls1_3" and suite:
        options += f"-ciphersuites {suite}"
    else:
        options += f"-cipher {suite or 'ALL'}:@SECLEVEL=0"
    options += _own(own)
    return recording._client(options, "" if cause == "sni_required" else HOST)


def _own(name: str) -> str:
    chain = "foreignca" if name == "meforeign" else "issuing"
    return f" -cert {name}.pem -key {name}.key -cert_chain {chain}.pem" if name else ""


def _java(row: Row, cause: str, own: str) -> str:
    options = "-Djava.security.properties=legacy.security"
    if cause == "cipher_mismatch":
        suite = _SUITES[row.version][0]
        options += f" -Djdk.tls.client.cipherSuites={_IANA.get(suite, suite)}"
    if cause == "sni_required":
        options += " -Djsse.enableSNIExtension=false"
    version = VERSIONS[row.version]
    return f"java {options} -cp . Handshakes client {{port}} root {HOST} {version} {own}"


# healthy: each server in each version, and all clients that it has


class Served(NamedTuple):
    """One file: a server that is visited by all clients."""

    server: str
    way: str
    version: str

    @property
    def name(self) -> str:
        """Its file's."""
        return f"good-{'-'.join(self)}"


_LATE = ("tls1_2", "tls1_3")
_STACKS = dict.fromkeys(("openssl", "nginx", "gnutls", "node", "python"), tuple(VERSIONS))
_STACKS |= {"java": _LATE, "go": _LATE}
SERVED = [Served(s, w, v) for s, known in _STACKS.items() for w in WAYS for v in known]
CLIENTS = ("curl", "openssl", "gnutls", "java", "go", "node")
CLIENTS_OF_OLD = ("curl", "openssl", "gnutls", "java")


def clients(version: str) -> tuple[str, ...]:
    """Who visits a server, in order."""
    return CLIENTS if version in _LATE else CLIENTS_OF_OLD


def healthy(served: Served) -> Scenario:
    """All clients of a server, one after the other."""
    first, *others = (_visitor(each, served) for each in clients(served.version))
    sites = {"site": _site(Row("northbound", served.way, served.version), "", "good", "issuing")}
    return Scenario(served.name, _visited(served), first, also=tuple(others), sites=sites)


def _visited(served: Served) -> str:
    version, is_mutual = served.version, served.way == "twoway"
    name = VERSIONS[version]
    row = Row("southbound", served.way, version)
    mode = "mutual" if is_mutual else "server"
    return {
        "openssl": lambda: _backend(row, "", "good", "issuing"),
        "nginx": lambda: recording._nginx("site"),
        "gnutls": lambda: recording._gnutls_server(
            f"{_gnutls_of(version)} {recording._DEMANDS if is_mutual else '--disable-client-cert'}"
        ),
        "node": lambda: f"node handshakes_server.js {{port}} {name} {mode}",
        "python": lambda: f"{sys.executable} handshakes_server.py {{port}} {name} {mode}",
        "java": lambda: recording._java_server(mode, name),
        "go": lambda: recording._go_server(mode, _NUMBERS[version]),
    }[served.server]()


def _visitor(client: str, served: Served) -> str:
    version, is_mutual = served.version, served.way == "twoway"
    own, number = "me" if is_mutual else "", _NUMBERS[version]
    options = f"{_FLAGS[version]} {recording._CHECK} -cipher {_OLD}"
    options += _own(own)
    files = "--cert me.pem --key me.key" if own else ""
    gnutls = "--x509certfile=me.pem --x509keyfile=me.key" if own else ""
    return {
        "curl": recording._curl(f"--tlsv{number} --tls-max {number} --ciphers {_OLD} {files}"),
        "openssl": recording._client(options),
        "gnutls": recording._gnutls(f"{_gnutls_of(version)} {gnutls}"),
        "java": _java(Row("southbound", served.way, version), "", own),
        "go": recording._go(f"root {HOST} {number} {own}"),
        "node": f"node handshakes.js {{port}} root {HOST} {VERSIONS[version]} {own}",
    }[client]


def _gnutls_of(version: str) -> str:
    number = _NUMBERS[version]
    return f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{number}:+SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"


def files(folder: Path) -> None:
    """What the grid needs besides: chains as nginx wants them, and a Java that takes anything."""
    certificates(folder)
    tools(folder)
    for program in Path(__file__).parent.glob("handshakes_server.*"):
        shutil.copy(program, folder)
    for certificate, chain in {("good", "issuing"), *SHOWN.values()}:
        above = (folder / f"{chain}.pem").read_text() if chain else ""
        leaf = (folder / f"{certificate}.pem").read_text()
        (folder / f"{certificate}-{chain or 'alone'}.pem").write_text(leaf + above)
    # Java shows a certificate only to who names its issuer: here one of that name, with another key
    named = (folder / "root.pem").read_text() + CA.root("Foreign Root").pem
    (folder / "both.pem").write_text(named)
    (folder / "legacy.security").write_text("jdk.tls.disabledAlgorithms=\n")


def main(target: Path) -> None:
    """Record all rows, or those that are named."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files(folder)
        rows = {row.name: [scenario(row, each) for each in row.causes] for row in ROWS}
        rows |= {served.name: [healthy(served)] for served in SERVED}
        for name, scenarios in rows.items():
            if sys.argv[2:] and not any(each in name for each in sys.argv[2:]):
                continue
            (target / f"{name}.pcap.gz").write_bytes(recorded(folder, scenarios))
        number = len(list(target.glob("root*.pem"))) + 1
        (target / f"root-{number}.pem").write_text((folder / "root.pem").read_text())


def recorded(folder: Path, scenarios: list[Scenario]) -> bytes:
    """All of them in one capture."""
    made = b""
    for each in scenarios:
        assert can(each, folder), each.name
        said = record(folder, each, folder / "now.pcap")
        print(each.name, "|", " ".join(said.split())[-160:], flush=True)
        data = (folder / "now.pcap").read_bytes()
        made += data[24:] if made else data
    return gzip.compress(made, mtime=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
