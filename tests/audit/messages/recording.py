"""What real programs say of handshakes that fail, each for one known cause.

`python -m tests.audit.messages.recording FILE` makes tests/audit/messages/recorded.yaml anew: it
needs openssl, nginx, curl, a JDK, Go and Node; what is not here is left out. Ports, process numbers
and the like are as they were.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.observe.recording import (
    _CHECK,
    _CONF,
    _JAVA,
    _MUTUAL,
    _OLD,
    HOST,
    _free_port,
    _java_server,
    _nginx,
    _server,
    _wait_for,
    certificates,
)
from tests.observe.recording import _SITES as SITES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECONDS = 60  # what is cut short is another message: a busy machine takes long
_TO_THE_END = 0.3  # of a stack trace
_REQUEST = b"GET / HTTP/1.0\r\n\r\n"
_LONGEST = 2500
TOOLS = ("openssl", "curl", "javac", "nginx")  # the least without which it tells too little
_PROGRAMS = Path(__file__).parent / "programs"


class Broken(NamedTuple):
    """A server that breaks handshakes, the cause, and whether it is heard instead of its client.

    `version` is that of TLS which clients use, `certificate` what they show, `sni` whom they call.
    """

    name: str
    cause: str
    server: str
    version: str = "1.2"
    certificate: str = ""
    sni: str = HOST
    clients: tuple[str, ...] = ()


class Heard(NamedTuple):
    """What one program said."""

    tool: str
    scenario: str
    cause: str
    message: str


_OWN = "server {{ listen {port} ssl; ssl_certificate %s; ssl_certificate_key %s; return 200 ok; }}"
_SITES = {
    **SITES,
    **{each: _OWN % (f"{each}.chain", f"{each}.key") for each in ("expired", "future", "other")},
    "foreign": _OWN % ("foreign.chain", "foreign.key"),
    "good": _OWN % ("good.pem", "good.key"),
    "tls13": "server {{ listen {port} ssl; ssl_protocols TLSv1.3; return 200 ok; }}",
    "camellia": "server {{ listen {port} ssl; ssl_ciphers ECDHE-ECDSA-CAMELLIA256-SHA384; "
    "ssl_protocols TLSv1.2; return 200 ok; }}",
}
_SAY_HTTP = "python3 -m http.server {port} --bind 127.0.0.1"
_CLOSE = f"{sys.executable} {_PROGRAMS}/rude.py {{port}}"


def _broken() -> Iterator[Broken]:
    for version in ("1.2", "1.3"):
        flag = f"-tls{version.replace('.', '_')}"
        java = f"TLSv{version}"
        for cause, certificate, chain in (
            ("expired_certificate", "expired", "issuing"),
            ("not_yet_valid_certificate", "future", "issuing"),
            ("hostname_mismatch", "other", "issuing"),
            ("incomplete_chain", "good", ""),
            ("unknown_certificate", "foreign", "foreignca"),
            ("unknown_certificate", "selfsigned", ""),
        ):
            yield Broken(
                f"{certificate}{'-alone' if cause == 'incomplete_chain' else ''}-{version}",
                cause,
                _server(certificate, flag, chain),
                version,
            )
            if certificate != "selfsigned":
                yield Broken(f"nginx-{certificate}-{version}", cause, _nginx(certificate), version)
        for cause, certificate in (
            ("missing_client_certificate", ""),
            ("expired_client_certificate", "meexpired"),
            ("unknown_client_certificate", "meforeign"),
        ):
            name = certificate or "menone"
            server = _server("good", f"{flag} {_MUTUAL}", "issuing")
            yield Broken(f"{name}-openssl-{version}", cause, server, version, certificate)
            yield Broken(
                f"{name}-java-{version}", cause, _java_server("mutual", java), version, certificate
            )
            yield Broken(f"{name}-nginx-{version}", cause, _nginx("mutual"), version, certificate)
            yield Broken(f"{name}-go-{version}", cause, "./goserver {port}", version, certificate)
        yield Broken(f"sni-{version}", "sni_required", _nginx("sni"), version, "", "x.example.org")
    yield Broken("protocol-openssl", "protocol_mismatch", _server("good", "-tls1_3", "issuing"))
    yield Broken("protocol-nginx", "protocol_mismatch", _nginx("tls13"))
    yield Broken("cipher-nginx", "cipher_mismatch", _nginx("camellia"))
    yield Broken("protocol-java", "protocol_mismatch", _java_server("server", "TLSv1.3"))
    yield Broken(
        "protocol-old", "protocol_mismatch", _server("good", f"-tls1 {_OLD}", "issuing"), "1.2"
    )
    yield Broken(
        "cipher-openssl",
        "cipher_mismatch",
        _server("good", "-tls1_2 -cipher ECDHE-ECDSA-CAMELLIA256-SHA384", "issuing"),
    )
    yield Broken(
        "cipher-suites-1.3",
        "cipher_mismatch",
        _server("good", "-tls1_3 -ciphersuites TLS_AES_128_CCM_8_SHA256", "issuing"),
        "1.3",
    )
    yield Broken("not-tls", "not_tls", _SAY_HTTP)
    yield Broken("closed", "connection_refused_or_reset", f"{_CLOSE} close")
    yield Broken("reset", "connection_refused_or_reset", f"{_CLOSE} reset")
    yield Broken("refused", "connection_refused_or_reset", "")
    for name, server in (
        ("nginx", _nginx("oneway")),
        ("java", _java_server("server", "TLSv1.2")),
        ("openssl", _server("good", "-tls1_2", "issuing")),
        ("go", "./goserver {port}"),
    ):
        yield Broken(f"plain-{name}", "not_tls", server, clients=("plain",))


def _clients(broken: Broken) -> dict[str, str]:
    """The command of each client."""
    shown, version, sni = broken.certificate, broken.version, broken.sni
    pair = f"{shown}.pem {shown}.key" if shown else ""
    flag = f"-tls{version.replace('.', '_')}"
    curl = f"--cert {shown}.pem --key {shown}.key" if shown else ""
    own = f"-cert {shown}.pem -key {shown}.key -cert_chain {shown}.pem" if shown else ""
    check = _CHECK if sni == HOST else "-CAfile root.pem"
    commands = {
        "openssl": f"openssl s_client -connect 127.0.0.1:{{port}} -servername {sni} {flag} "
        f"{check} {own} -ign_eof",
        "curl": f"curl -sS --max-time {_SECONDS} --tlsv{version} --tls-max {version} "
        f"--cacert root.pem {curl} --resolve {sni}:{{port}}:127.0.0.1 https://{sni}:{{port}}/",
        "python": f"{sys.executable} {_PROGRAMS}/ask.py {{port}} {sni} {version} {pair}",
        "requests": f"{sys.executable} {_PROGRAMS}/ask_requests.py {{port}} {sni} {pair}",
        "node": f"node {_PROGRAMS}/ask.js {{port}} {sni} {version} {pair}",
        "go": f"./goclient {{port}} {sni} {version} {pair}",
        "plain": "curl -sS http://127.0.0.1:{port}/",
    }
    if not shown:
        commands["java"] = f"java -cp . Handshakes client {{port}} root {sni} TLSv{version}"
    wanted = broken.clients or tuple(each for each in commands if each != "plain")
    return {tool: commands[tool] for tool in wanted if tool in commands}


def record(folder: Path, broken: Broken) -> Iterator[Heard]:
    """What each client said, and the server of each, where they said something."""
    own = folder / broken.name
    own.mkdir()
    for file in folder.iterdir():
        if file.is_file():
            (own / file.name).symlink_to(file)
    for tool, command in _clients(broken).items():
        program = command.split()[0]
        if not (shutil.which(program) or (own / program).exists()):
            continue
        said, served = _both(own, broken, command)
        if told := _error_of(tool, said):
            yield Heard(tool, broken.name, broken.cause, told)
        if told := _error_of("server", served):
            kind = broken.server.replace("./goserver", "go").split()[0]
            yield Heard(f"{kind} server", broken.name, broken.cause, told)


def _both(folder: Path, broken: Broken, client: str) -> tuple[str, str]:
    """What a client and the server said; of nginx its log, of s_server nothing: it is no part of
    anything."""
    port = _free_port()
    for name, sites in _SITES.items():
        text = _CONF.format(sites=sites.format(port=port))
        text = text.replace("error_log error.log", "error_log error.log info")
        (folder / f"{name}.conf").write_text(text)
    log = folder / "error.log"
    log.unlink(missing_ok=True)
    said, served = _run(folder, broken.server.format(port=port), client.format(port=port), port)
    if broken.server.startswith(("openssl", _CLOSE)):
        return said, ""
    return said, log.read_text("utf-8", "replace") if log.exists() else served


def _run(folder: Path, server: str, client: str, port: int) -> tuple[str, str]:
    if not server:
        return _said(client, folder), ""
    with (
        (folder / "server.log").open("w+") as log,
        subprocess.Popen(
            server.split(), stdout=log, stderr=log, cwd=folder, stdin=subprocess.DEVNULL
        ) as process,
    ):
        _wait_for(port)
        try:
            said = _said(client, folder)
            if server.startswith("java"):
                _wait_for_the_end(log)
        finally:
            process.terminate()
            process.wait()
        log.seek(0)
        return said, log.read()


def _wait_for_the_end(log: IO[str]) -> None:
    """Until no more is written to it."""
    size = -1
    while size < (size := os.fstat(log.fileno()).st_size):
        time.sleep(_TO_THE_END)


def _said(client: str, folder: Path) -> str:
    try:
        done = subprocess.run(
            client.split(), cwd=folder, capture_output=True, timeout=_SECONDS, input=_REQUEST
        )
    except subprocess.TimeoutExpired as late:
        return ((late.stderr or b"") + b"\n" + (late.stdout or b"")).decode("utf-8", "replace")
    return (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")


_FAULT = re.compile(
    r"error|fail|alert|exception|refused|reset|expired|certificate|curl: \(|unexpected|eof|closed"
    r"|HTTPS|rejected|code:|check(?:Client|Server)Certs",
    re.IGNORECASE,
)
_PROGRESS = re.compile(r"depth=|verify return:")
# what is said without a fault too, what tells nothing, and what depends on who is faster
_NOISE = re.compile(
    r"\s+(?!\s|code:|at .*check(?:Client|Server)Certs)|[^*]*\[notice\]|CONNECTED|subject=|issuer="
    r"|Verification: OK|Verify return code: 0|No client cert|SSL hand|no client certificate avail"
    r"|Certificate chain|Server certificate|ACCEPT|Serving HTTP|ERROR$|using certificate "
    r"|Acceptable client|Requested Signature|Client Certificate Types|.*no peer certificate avail"
    r"|.*CERTIFICATE---|.*signal |.*epoll_wait|.*keepalive|.*gracefully|.*exit"
    r"|.*HTTP Error 400|.*Broken pipe|.*getpeername"
)


def _error_of(tool: str, said: str) -> str:
    """The lines that tell of a fault, without the rest of what it said."""
    if tool == "openssl":
        said = said.partition("\nSSL handshake has read")[0] + _late(said)
    lines = [line for line in said.splitlines() if not _NOISE.match(line)]
    if not any(map(_FAULT.search, lines)):
        return ""
    lines = [line for line in lines if _FAULT.search(line) or _PROGRESS.match(line)]
    return "\n".join(dict.fromkeys(lines))[:_LONGEST]


def _late(said: str) -> str:
    """Errors of s_client come before, and in TLS 1.3 after its summary."""
    lines = said.partition("\nSSL handshake has read")[2].splitlines()
    return "\n" + "\n".join(line for line in lines if ":error:" in line)


def prepare(folder: Path) -> None:
    """Certificates, and the programs that are compiled."""
    certificates(folder)
    for name in ("expired", "future", "other", "foreign"):
        issuer = "foreignca" if name == "foreign" else "issuing"
        chain = [(folder / f"{each}.pem").read_text() for each in (name, issuer)]
        (folder / f"{name}.chain").write_text("".join(chain))
    if shutil.which("javac"):
        subprocess.run(["javac", "-d", str(folder), str(_JAVA)], check=True)
    if shutil.which("go"):
        for name in ("goclient", "goserver"):
            source = folder / f"{name}.go"
            source.write_text((_PROGRAMS / f"{name}.go.txt").read_text())
            subprocess.run(["go", "build", "-o", str(folder / name), str(source)], check=True)
            source.unlink()


_VARYING = re.compile(
    r"\b[0-9A-F]{14,}\b|(?<=:)\d{4,5}\b|\d\d:\d\d:\d\d\S*|\*?\d+#\d+|\*\d+ |\b\d+ ms|port=?.\d+"
    r"|readLoopPeekFailLocked: |0x[0-9a-f]+|line \d+|, request: .*"
)


def merged(heard: Iterable[Heard]) -> list[dict[str, Any]]:
    """Each message of a program once, with all the causes for which it said that."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in heard:
        entry: dict[str, Any] = {
            "tool": each.tool,
            "causes": [],
            "scenarios": [],
            "message": each.message,
        }
        entry = found.setdefault((each.tool, _VARYING.sub("", each.message)), entry)
        for key, value in (("causes", each.cause), ("scenarios", each.scenario)):
            if value not in entry[key]:
                entry[key].append(value)
    return list(found.values())


def heard() -> list[Heard]:
    """What all of them say today."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        with ThreadPoolExecutor(3) as pool:
            told = pool.map(lambda one: list(record(folder, one)), list(_broken()))
            return [each for of_one in told for each in of_one]


def main(target: Path) -> None:
    """Record all."""
    data = merged(heard())
    target.write_text(yaml.safe_dump(data, sort_keys=False, width=100, allow_unicode=True))
    print(len(data), "messages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
