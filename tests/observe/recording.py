"""Records handshakes of real programs on loopback with tcpdump, one small capture a scenario.

`python -m tests.observe.recording FOLDER` makes those of tests/observe/captures anew (as root).
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import TYPE_CHECKING

from tests.factories import CA, Made, bundle, rsa_key, self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = datetime.now(timezone.utc)
HOST = "api.example.com"
_SECONDS = 20
_JAVA = Path(__file__).with_name("Handshakes.java")
_GO, _NODE = "handshakes.go", "handshakes.js"


@dataclass(frozen=True)
class Scenario:
    """A server and a client: commands in which {port} is filled in; what is typed to the server
    once they are connected, what the client has to say, clients that come later,
    and nginx's sites besides those below.
    """

    name: str
    server: str
    client: str
    typed: str = ""
    said: str = ""
    also: tuple[str, ...] = ()
    sites: dict[str, str] = field(default_factory=dict)


def _server(certificate: str, options: str = "", chain: str = "") -> str:
    shown = f"-cert_chain {chain}.pem" if chain else ""
    return (
        f"openssl s_server -accept 127.0.0.1:{{port}} -cert {certificate}.pem -key "
        f"{certificate}.key {shown} -www -quiet {options}"
    )


def _client(options: str = "", name: str = HOST) -> str:
    sni = f"-servername {name}" if name else "-noservername"
    return f"openssl s_client -connect 127.0.0.1:{{port}} {sni} {options}"


def _curl(options: str = "", name: str = HOST) -> str:
    where = f"--resolve {name}:{{port}}:127.0.0.1 https://{name}:{{port}}/"
    return f"curl -sS --max-time 10 --cacert root.pem {options} {where}"


def _nginx(name: str) -> str:
    return f"nginx -p . -e error.log -c {name}.conf"


def _java(options: str) -> str:
    return f"java -cp . Handshakes client {{port}} {options}"


def _java_server(mode: str, version: str) -> str:
    return f"java -cp . Handshakes {mode} {{port}} good {version}"


def _go(options: str) -> str:
    return f"./handshakes client {{port}} {options}"


def _go_server(mode: str, version: str) -> str:
    return f"./handshakes {mode} {{port}} good {version}"


def _gnutls(options: str, name: str = HOST) -> str:
    names = f"--sni-hostname={name} --verify-hostname={name}"
    return f"gnutls-cli --port={{port}} --x509cafile=root.pem {names} {options} 127.0.0.1"


def _gnutls_server(options: str, key: str = "good") -> str:
    chain = "full" if key == "good" else key
    shown = f"--x509certfile={chain}.pem --x509keyfile={key}.key --x509cafile=root.pem"
    does = "" if "--echo" in options else "--http"
    return f"gnutls-serv {does} --port={{port}} {shown} {options}"


def _node(program: str) -> str:
    return f"{program} handshakes.js {{port}} root {HOST}"


def _old_gnutls(version: str, cipher: str, more: str = "") -> str:
    kinds = f"-VERS-ALL:+VERS-TLS{version}:-CIPHER-ALL:+{cipher}:+RSA:+MD5{more}"
    return f"--priority=NORMAL:{kinds}:%VERIFY_ALLOW_SIGN_WITH_SHA1"


_KEY_LOG = "env SSLKEYLOGFILE=keys.log "
_CLOSE = "--http1.1 -HConnection:close"
_BLOCK, _CHACHA = "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"
_FOREIGN = "--cert meforeign.pem --key meforeign.key"
_GNU_1_2 = "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2"
_GNU_1_3 = "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3"
_DEMANDS = "--require-client-cert --verify-client-cert"
_ME_EXPIRED = "-cert meexpired.pem -key meexpired.key -cert_chain issuing.pem"
_ME_FOREIGN = "-cert meforeign.pem -key meforeign.key -cert_chain foreignca.pem"
# what Java 8 offers by its defaults, of what later releases still have
_JAVA_8 = (
    "-Djdk.tls.client.protocols=TLSv1.2 -Djdk.tls.namedGroups=secp256r1,secp384r1,secp521r1 "
    "-Djdk.tls.client.cipherSuites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,"
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
)


def _java_8(options: str) -> str:
    return f"java {_JAVA_8} -cp . Handshakes client {{port}} {options}"


_OLD = "-cipher DEFAULT@SECLEVEL=0"
_VERIFY = "-CAfile root.pem -verify_return_error"
_CHECK = f"{_VERIFY} -verify_hostname {HOST}"
_MUTUAL = "-Verify 3 -CAfile root.pem -verify_return_error"
SCENARIOS = [
    # healthy
    *(
        Scenario(f"good-{each}", _server("good", f"-{each} {_OLD}", "issuing"), _curl(f"{flag}"))
        for each, flag in (
            ("tls1_2", "--tlsv1.2 --tls-max 1.2"),
            ("tls1_3", "--tlsv1.3"),
        )
    ),
    Scenario(
        "good-tls1_0",
        _server("good", f"-tls1 {_OLD}", "issuing"),
        _client(f"-tls1 {_OLD} {_CHECK}"),
    ),
    Scenario(
        "good-tls1_1",
        _server("good", f"-tls1_1 {_OLD}", "issuing"),
        _client(f"-tls1_1 {_OLD} {_CHECK}"),
    ),
    Scenario("good-nginx-tls1_2", _nginx("oneway"), _curl("--tls-max 1.2")),
    Scenario("good-nginx-tls1_3", _nginx("oneway"), _curl("--tlsv1.3")),
    Scenario(
        "good-mutual-tls1_2", _nginx("mutual"), _curl("--tls-max 1.2 --cert me.pem --key me.key")
    ),
    Scenario("good-mutual-tls1_3", _nginx("mutual"), _curl("--tlsv1.3 --cert me.pem --key me.key")),
    Scenario("good-optional-tls1_2", _nginx("optional"), _curl("--tls-max 1.2")),
    Scenario("good-java-tls1_2", _nginx("oneway"), _java(f"root {HOST} TLSv1.2")),
    Scenario("good-java-tls1_3", _nginx("oneway"), _java(f"root {HOST} TLSv1.3")),
    Scenario(
        "good-resumed-tls1_2",
        _server("good", "-tls1_2", "issuing"),
        _client("-reconnect -tls1_2 -no_ign_eof"),
    ),
    Scenario("good-leaves-tls1_2", _server("good", "-tls1_2", "issuing"), _client(_CHECK)),
    Scenario("good-leaves-tls1_3", _server("good", "-tls1_3", "issuing"), _client(_CHECK)),
    Scenario(
        "good-retry-tls1_3",
        _server("good", "-tls1_3 -groups P-384"),
        _client("-groups P-256:P-384"),
    ),
    # protocol
    Scenario(
        "protocol-server-1_2", _server("good", "-tls1_2", "issuing"), _client(f"-tls1 {_OLD}")
    ),
    Scenario("protocol-server-1_3", _server("good", "-tls1_3", "issuing"), _client("-tls1_2")),
    Scenario("protocol-nginx", _nginx("oneway"), _client(f"-tls1_1 {_OLD}")),
    Scenario(
        "protocol-client-java",
        _server("good", f"-tls1 {_OLD}", "issuing"),
        _java(f"root {HOST} TLSv1.2"),
    ),
    Scenario(
        "protocol-client-openssl", _server("good", f"-tls1 {_OLD}", "issuing"), _client("-tls1_2")
    ),
    Scenario("protocol-java-server", _java_server("server", "TLSv1.2"), _client(f"-tls1 {_OLD}")),
    # cipher
    Scenario(
        "cipher-openssl",
        _server("good", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "issuing"),
        _client("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
    ),
    Scenario("cipher-nginx", _nginx("oneway"), _client("-tls1_2 -cipher AES128-SHA:@SECLEVEL=0")),
    Scenario(
        "cipher-java",
        _java_server("server", "TLSv1.2"),
        _client("-tls1_2 -cipher CAMELLIA256-SHA:@SECLEVEL=0"),
    ),
    # names
    Scenario("name-curl-tls1_2", _server("other", "-tls1_2", "issuing"), _curl("--tls-max 1.2")),
    Scenario("name-curl-tls1_3", _server("other", "-tls1_3", "issuing"), _curl()),
    Scenario("name-openssl-tls1_2", _server("other", "-tls1_2", "issuing"), _client(_CHECK)),
    Scenario(
        "name-java-tls1_2", _server("other", "-tls1_2", "issuing"), _java(f"root {HOST} TLSv1.2")
    ),
    Scenario(
        "name-java-tls1_3", _server("other", "-tls1_3", "issuing"), _java(f"root {HOST} TLSv1.3")
    ),
    # dates
    *(
        Scenario(f"{what}-{who}-{each}", _server(what, f"-{each}", "issuing"), client)
        for what in ("expired", "future")
        for each, java in (("tls1_2", "TLSv1.2"), ("tls1_3", "TLSv1.3"))
        for who, client in (
            ("openssl", _client(f"{_CHECK} -{each}")),
            ("java", _java(f"root {HOST} {java}")),
        )
    ),
    # chains
    Scenario("incomplete-openssl-tls1_2", _server("good", "-tls1_2"), _client(_CHECK)),
    Scenario("incomplete-openssl-tls1_3", _server("good", "-tls1_3"), _client(_CHECK)),
    Scenario("incomplete-java-tls1_2", _server("good", "-tls1_2"), _java(f"root {HOST} TLSv1.2")),
    Scenario("stranger-openssl-tls1_2", _server("good", "-tls1_2", "stranger"), _client(_CHECK)),
    Scenario("unknown-openssl-tls1_2", _server("foreign", "-tls1_2", "foreignca"), _client(_CHECK)),
    Scenario(
        "unknown-java-tls1_2",
        _server("foreign", "-tls1_2", "foreignca"),
        _java(f"root {HOST} TLSv1.2"),
    ),
    Scenario("selfsigned-curl-tls1_2", _server("selfsigned", "-tls1_2"), _curl("--tls-max 1.2")),
    Scenario(
        "selfsigned-java-tls1_3", _server("selfsigned", "-tls1_3"), _java(f"root {HOST} TLSv1.3")
    ),
    # clients' certificates
    Scenario(
        "client-none-openssl-tls1_2", _server("good", f"-tls1_2 {_MUTUAL}", "issuing"), _client()
    ),
    Scenario(
        "client-none-openssl-tls1_3",
        _server("good", f"-tls1_3 {_MUTUAL}", "issuing"),
        _client("-ign_eof"),
    ),
    Scenario("client-none-java-tls1_2", _java_server("mutual", "TLSv1.2"), _client()),
    Scenario("client-none-java-tls1_3", _java_server("mutual", "TLSv1.3"), _client("-ign_eof")),
    Scenario("client-none-nginx-tls1_2", _nginx("mutual"), _curl("--tls-max 1.2")),
    Scenario(
        "client-expired-openssl-tls1_2",
        _server("good", f"-tls1_2 {_MUTUAL}", "issuing"),
        _client("-cert meexpired.pem -key meexpired.key -cert_chain issuing.pem"),
    ),
    Scenario(
        "client-expired-java-tls1_2",
        _java_server("mutual", "TLSv1.2"),
        _client("-cert meexpired.pem -key meexpired.key -cert_chain issuing.pem"),
    ),
    Scenario(
        "client-expired-nginx-tls1_2",
        _nginx("mutual"),
        _curl("--tls-max 1.2 --cert meexpired.pem --key meexpired.key"),
    ),
    Scenario(
        "client-unknown-openssl-tls1_2",
        _server("good", f"-tls1_2 {_MUTUAL}", "issuing"),
        _client("-cert meforeign.pem -key meforeign.key -cert_chain foreignca.pem"),
    ),
    Scenario(
        "client-unknown-openssl-tls1_3",
        _server("good", f"-tls1_3 {_MUTUAL}", "issuing"),
        _client("-cert meforeign.pem -key meforeign.key -cert_chain foreignca.pem -ign_eof"),
    ),
    Scenario(
        "client-unknown-java-tls1_2",
        _java_server("mutual", "TLSv1.2"),
        _client("-cert meforeign.pem -key meforeign.key -cert_chain foreignca.pem"),
    ),
    Scenario(
        "client-unknown-nginx-tls1_2",
        _nginx("mutual"),
        _curl("--tls-max 1.2 --cert meforeign.pem --key meforeign.key"),
    ),
    # with the server's secrets
    *(
        Scenario(
            f"keys-{what}",
            _server(what, "-tls1_3 -keylogfile keys.log", "issuing"),
            _java(f"root {HOST} TLSv1.3"),
        )
        for what in ("good", "expired", "future", "other")
    ),
    Scenario(
        "keys-client-expired",
        _server("good", f"-tls1_3 -keylogfile keys.log {_MUTUAL}", "issuing"),
        _client("-cert meexpired.pem -key meexpired.key -cert_chain issuing.pem -ign_eof"),
    ),
    Scenario(
        "keys-client-none",
        _server("good", f"-tls1_3 -keylogfile keys.log {_MUTUAL}", "issuing"),
        _client("-ign_eof"),
    ),
    Scenario("keys-name", _server("other", "-tls1_3 -keylogfile keys.log", "issuing"), _curl()),
    *(
        Scenario(f"keys-nginx-{what}", _nginx("mutual"), f"{_KEY_LOG}{_curl(f'--tlsv1.3 {own}')}")
        for what, own in (
            ("good", "--cert me.pem --key me.key"),
            ("client-none", ""),
            ("client-expired", "--cert meexpired.pem --key meexpired.key"),
            ("client-unknown", "--cert meforeign.pem --key meforeign.key"),
        )
    ),
    *(
        Scenario(
            f"keys-block-{name}",
            _server("good", f"-cipher ALL:@SECLEVEL=0 -keylogfile keys.log {server}", "issuing"),
            _client(client),
        )
        for name, server, client in (
            ("tls1_0", "", "-tls1 -cipher ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"),
            ("tls1_0-mac-first", "-no_etm", "-tls1 -cipher ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"),
            ("tls1_1", "", "-tls1_1 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
            ("cbc", "", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384"),
            ("cbc-mac-first", "-no_etm", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256"),
            ("gcm", "", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("ccm", "", "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
            ("chacha", "", "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305"),
        )
    ),
    # of OpenSSL 3 these suites are not to be had
    *(
        Scenario(
            f"keys-block-{name}",
            f"{_KEY_LOG}{_gnutls_server(f'{priority} --echo', key)}",
            _gnutls(f"{priority} --insecure"),
            said="hello\n",
        )
        for name, key, priority in (
            ("3des", "good", _old_gnutls("1.2", "3DES-CBC")),
            ("3des-mac-first", "good", _old_gnutls("1.2", "3DES-CBC", ":%NO_ETM")),
            ("3des-tls1_0", "good", _old_gnutls("1.0", "3DES-CBC", ":%NO_ETM")),
            ("rc4", "good", _old_gnutls("1.2", "ARCFOUR-128")),
            ("rc4-tls1_0", "good", _old_gnutls("1.0", "ARCFOUR-128")),
            ("rc4-md5", "rsa", _old_gnutls("1.2", "ARCFOUR-128", ":-SHA1")),
        )
    ),
    Scenario(
        "keys-renegotiated",
        "openssl s_server -accept 127.0.0.1:{port} -cert good.pem -key good.key -cert_chain "
        "issuing.pem -keylogfile keys.log -tls1_2 -no_cache -no_ticket -CAfile root.pem "
        "-verify_return_error",
        _client("-cert meexpired.pem -key meexpired.key -cert_chain issuing.pem -ign_eof"),
        typed="R\n",
    ),
    # names of sites
    Scenario("sni-nginx-tls1_2", _nginx("sni"), _client("-tls1_2", "")),
    Scenario("sni-openssl", _nginx("sni"), _curl("", "elsewhere.example.com")),
    # GnuTLS
    Scenario("good-gnutls-tls1_2", _server("good", "-tls1_2", "issuing"), _gnutls(_GNU_1_2)),
    Scenario("good-gnutls-tls1_3", _server("good", "-tls1_3", "issuing"), _gnutls(_GNU_1_3)),
    *(
        Scenario(f"{what}-gnutls-tls1_2", _server(what, "-tls1_2", chain), _gnutls(_GNU_1_2))
        for what, chain in (("expired", "issuing"), ("future", "issuing"), ("foreign", "foreignca"))
    ),
    Scenario("name-gnutls-tls1_2", _server("other", "-tls1_2", "issuing"), _gnutls(_GNU_1_2)),
    Scenario("incomplete-gnutls-tls1_2", _server("good", "-tls1_2"), _gnutls(_GNU_1_2)),
    Scenario("protocol-gnutls-server", _gnutls_server(_GNU_1_3), _client("-tls1_2")),
    Scenario(
        "protocol-client-gnutls", _server("good", f"-tls1 {_OLD}", "issuing"), _gnutls(_GNU_1_2)
    ),
    Scenario(
        "cipher-gnutls",
        _gnutls_server(f"{_GNU_1_2}:-AES-128-GCM"),
        _client("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
    ),
    Scenario("client-none-gnutls-tls1_2", _gnutls_server(f"{_GNU_1_2} {_DEMANDS}"), _client()),
    Scenario(
        "client-expired-gnutls-tls1_2",
        _gnutls_server(f"{_GNU_1_2} {_DEMANDS}"),
        _client(_ME_EXPIRED),
    ),
    Scenario(
        "client-unknown-gnutls-tls1_2",
        _gnutls_server(f"{_GNU_1_2} {_DEMANDS}"),
        _client(_ME_FOREIGN),
    ),
    # Go
    Scenario("good-go-tls1_2", _go_server("mutual", "1.2"), _go(f"root {HOST} 1.2 me")),
    Scenario("good-go-tls1_3", _go_server("mutual", "1.3"), _go(f"root {HOST} 1.3 me")),
    *(
        Scenario(f"{what}-go-tls1_2", _server(what, "-tls1_2", chain), _go(f"root {HOST} 1.2"))
        for what, chain in (("expired", "issuing"), ("future", "issuing"), ("foreign", "foreignca"))
    ),
    Scenario("name-go-tls1_2", _server("other", "-tls1_2", "issuing"), _go(f"root {HOST} 1.2")),
    Scenario(
        "expired-go-tls1_3", _server("expired", "-tls1_3", "issuing"), _go(f"root {HOST} 1.3")
    ),
    Scenario("protocol-go-server", _go_server("server", "1.3"), _client("-tls1_2")),
    Scenario(
        "protocol-client-go", _server("good", f"-tls1 {_OLD}", "issuing"), _go(f"root {HOST} 1.2")
    ),
    Scenario(
        "cipher-go",
        _go_server("server", "1.2"),
        _client("-tls1_2 -cipher ECDHE-ECDSA-CAMELLIA256-SHA384:@SECLEVEL=0"),
    ),
    Scenario("client-none-go-tls1_2", _go_server("mutual", "1.2"), _client()),
    Scenario("client-none-go-tls1_3", _go_server("mutual", "1.3"), _client("-ign_eof")),
    Scenario("client-expired-go-tls1_2", _go_server("mutual", "1.2"), _client(_ME_EXPIRED)),
    Scenario("client-unknown-go-tls1_2", _go_server("mutual", "1.2"), _client(_ME_FOREIGN)),
    # old OpenSSL, in old Node.js
    Scenario("good-node4", _nginx("oneway"), _node("node4")),
    Scenario("expired-node4", _server("expired", "-tls1_2", "issuing"), _node("node4")),
    Scenario("foreign-node4", _server("foreign", "-tls1_2", "foreignca"), _node("node4")),
    Scenario("protocol-node0_8", _nginx("oneway"), _node("node0.8")),
    Scenario("protocol-node4", _server("good", "-tls1_3", "issuing"), _node("node4")),
    Scenario(
        "cipher-node4",
        _server("good", "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", "issuing"),
        _node("node4"),
    ),
    # Java 8's defaults
    Scenario("good-java8", _nginx("oneway"), _java_8(f"root {HOST} TLSv1.2")),
    Scenario(
        "cipher-java8",
        _server("good", "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", "issuing"),
        _java_8(f"root {HOST} TLSv1.2"),
    ),
    Scenario(
        "protocol-java8", _server("good", "-tls1_3", "issuing"), _java_8(f"root {HOST} TLSv1.2")
    ),
    Scenario(
        "client-none-java8",
        _server("good", f"-tls1_2 {_MUTUAL}", "issuing"),
        _java_8(f"root {HOST} TLSv1.2"),
    ),
    Scenario(
        "client-other-issuer-java8",
        _server("good", f"-tls1_2 {_MUTUAL}", "issuing"),
        _java_8(f"root {HOST} TLSv1.2 meforeign"),
    ),
    # nginx
    Scenario("client-none-nginx-tls1_3", _nginx("mutual"), _curl("--tlsv1.3")),
    Scenario(
        "client-future-nginx-tls1_2",
        _nginx("mutual"),
        _curl("--tls-max 1.2 --cert mefuture.pem --key mefuture.key"),
    ),
    # other than TLS
    Scenario("not-tls-server", "python3 -m http.server {port} --bind 127.0.0.1", _curl()),
    Scenario("not-tls-client", _nginx("oneway"), "curl -sS http://127.0.0.1:{port}/"),
    Scenario(
        "not-tls-client-java",
        _java_server("server", "TLSv1.2"),
        "curl -sS http://127.0.0.1:{port}/",
    ),
    Scenario("not-tls-server-nginx", _nginx("plain"), _curl()),
    Scenario(
        "plain-openssl",
        _server("good", "", "issuing"),
        "curl -sS http://127.0.0.1:{port}/",
        also=(_curl(),),
    ),
    Scenario("refused", "", _curl()),
    # what looks like a refusal of a client's certificate, and is none; and what is one
    *(
        Scenario(f"good-{name}", _nginx("longer" if "block" in name else "short"), _curl(options))
        for name, options in (
            ("short-tls1_2", f"--tls-max 1.2 {_CLOSE}"),
            ("short-block-tls1_2", f"--tls-max 1.2 --ciphers {_BLOCK} {_CLOSE}"),
            ("short-http1_0-tls1_2", "--tls-max 1.2 --http1.0"),
            ("short-http2-tls1_2", "--tls-max 1.2 --http2"),
            ("short-foreign-tls1_2", f"--tls-max 1.2 {_CLOSE} {_FOREIGN}"),
            ("short-expected-tls1_2", f"--tls-max 1.2 {_CLOSE} --cert me.pem --key me.key"),
            ("short-tls1_3", f"--tlsv1.3 {_CLOSE}"),
        )
    ),
    *(
        Scenario(f"client-{name}-tls1_2", _nginx(site), _curl(f"--tls-max 1.2 {options}"))
        for name, site, options in (
            ("none-nginx-no-tokens", "quiet", ""),
            ("none-nginx-block", "mutual", f"--ciphers {_BLOCK}"),
            ("none-nginx-chacha", "mutual", f"--ciphers {_CHACHA}"),
            ("none-nginx-chrome", "mutual", "-A Chrome/119"),
            ("expired-nginx-no-tokens", "quiet", "--cert meexpired.pem --key meexpired.key"),
            ("none-nginx-http2", "http2", "--http2"),
        )
    ),
    # health checks
    *(
        Scenario(
            f"checked-{name}",
            _server(what, "-tls1_2", "issuing"),
            "timeout 1 haproxy -f haproxy.cfg",
        )
        for name, what in (("good", "good"), ("other", "other"))
    ),
]


def certificates(folder: Path) -> None:
    """The certificates and keys of the scenarios."""
    root = CA.root("Acme Root", key=rsa_key())
    issuing = root.intermediate("Acme Issuing CA")
    foreign = CA.root("Foreign Root")
    foreign_ca = foreign.intermediate("Foreign CA")
    past = {"not_before": TODAY - timedelta(90), "not_after": TODAY - timedelta(3)}
    future = {"not_before": TODAY + timedelta(30)}
    now = {"not_before": TODAY - timedelta(30), "not_after": TODAY + timedelta(3000)}
    made: dict[str, Made] = {
        "good": issuing.leaf(HOST, **now),
        "rsa": issuing.leaf(HOST, key=rsa_key(), **now),
        "other": issuing.leaf("www.example.org", **now),
        "expired": issuing.leaf(HOST, **past),
        "future": issuing.leaf(HOST, **future),
        "foreign": foreign_ca.leaf(HOST, **now),
        "me": issuing.leaf("partner", **now),
        "meexpired": issuing.leaf("partner", **past),
        "mefuture": issuing.leaf("partner", **future),
        "meforeign": foreign_ca.leaf("partner", **now),
        "selfsigned": self_signed(HOST, not_after=TODAY + timedelta(3000)),
    }
    for name, each in made.items():
        (folder / f"{name}.pem").write_text(each.pem)
        (folder / f"{name}.key").write_text(each.key_pem)
    chain = bundle(made["good"], issuing)
    (folder / "full.pem").write_text(chain)
    for name, ca in (
        ("root", root),
        ("issuing", issuing),
        ("foreignca", foreign_ca),
        ("stranger", foreign_ca),
    ):
        (folder / f"{name}.pem").write_text(ca.pem)
    for name in ("me", "meexpired", "mefuture", "meforeign"):
        ca = foreign_ca if name == "meforeign" else issuing
        (folder / f"{name}.pem").write_text(bundle(made[name], ca))


_CONF = """daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{}}
http {{ access_log off; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
  uwsgi_temp_path u; scgi_temp_path s; ssl_certificate full.pem; ssl_certificate_key good.key;
  {sites} }}
"""
_SITES = {
    "oneway": "server {{ listen {port} ssl; return 200 fine; }}",
    "mutual": "server {{ listen {port} ssl; ssl_verify_client on; ssl_verify_depth 3; "
    "ssl_client_certificate root.pem; return 200 fine; }}",
    "optional": "server {{ listen {port} ssl; ssl_verify_client optional; "
    "ssl_client_certificate root.pem; return 200 fine; }}",
    "quiet": "server {{ listen {port} ssl; ssl_verify_client on; ssl_verify_depth 3; "
    "server_tokens off; ssl_client_certificate root.pem; return 200 fine; }}",
    "http2": "server {{ listen {port} ssl http2; ssl_verify_client on; ssl_verify_depth 3; "
    "ssl_client_certificate root.pem; return 200 fine; }}",
    "short": "server {{ listen {port} ssl http2; ssl_verify_client optional_no_ca; "
    f"return 200 {'fine' * 58}; }}}}",
    "longer": "server {{ listen {port} ssl; ssl_verify_client optional; "
    f"ssl_client_certificate root.pem; return 200 {'fine' * 90}; }}}}",
    "plain": "server {{ listen {port}; return 200 fine; }}",
    "sni": "server {{ listen {port} ssl default_server; ssl_reject_handshake on; }} "
    "server {{ listen {port} ssl; server_name api.example.com; return 200 fine; }}",
}


# a check that never sees HTTP, and ends the program soon
_CHECKS = """global
  stats timeout 1s
defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen it
  bind abns@nobody
  server one 127.0.0.1:{port} check inter 60s ssl verify none check-sni api.example.com
"""


def record(folder: Path, scenario: Scenario, target: Path) -> str:
    """One scenario into one file, and what the client said."""
    port = _free_port()
    for name, sites in (_SITES | scenario.sites).items():
        text = _CONF.format(sites=sites.format(port=port))
        (folder / f"{name}.conf").write_text(text)
    (folder / "haproxy.cfg").write_text(_CHECKS.format(port=port))
    server = _running(scenario.server.format(port=port), folder, port, scenario.typed)
    with _capturing(port, target), server:
        for client in (scenario.client, *scenario.also):
            said = subprocess.run(
                client.format(port=port).split(),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                input=scenario.said,
            )
            time.sleep(0.15)
    keys = folder / "keys.log"
    if keys.exists():
        keys.rename(target.with_suffix(".keys"))
    return said.stdout[-200:] + said.stderr[-300:]


@contextmanager
def _capturing(port: int, target: Path) -> Iterator[None]:
    tcpdump = [
        "tcpdump",
        "-i",
        "lo",
        "-s",
        "0",
        "-U",
        "--immediate-mode",
        "-Z",
        "root",
        "-w",
        str(target),
        f"tcp port {port}",
    ]
    with subprocess.Popen(tcpdump, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "listening on" not in process.stderr.readline():
            pass
        try:
            yield
        finally:
            time.sleep(0.1)
            process.terminate()


@contextmanager
def _running(command: str, folder: Path, port: int, typed: str) -> Iterator[None]:
    if not command:
        yield
        return
    with subprocess.Popen(
        command.split(),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        _wait_for(port)
        typing = Timer(0.5, _type, [process, typed])
        typing.start()
        try:
            yield
        finally:
            typing.cancel()
            process.terminate()


def _type(process: subprocess.Popen[str], text: str) -> None:
    if process.stdin and text:
        process.stdin.write(text)
        process.stdin.flush()


def _wait_for(port: int) -> None:
    """Until somebody listens, without a connection that would stand in the capture."""
    wanted = f":{port:04X} 00000000:0000 0A"
    wanted6 = f":{port:04X} {'0' * 32}:0000 0A"
    for _ in range(2000):
        tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        if wanted in tables or wanted6 in tables:
            return
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def tools(folder: Path) -> None:
    """Java's and Go's programs, made for the scenarios, and what Node.js runs."""
    subprocess.run(["javac", "-d", str(folder), str(_JAVA)], check=True)
    if shutil.which("go"):
        program = ["go", "build", "-o", str(folder / "handshakes"), str(_JAVA.with_name(_GO))]
        subprocess.run(program, check=True)
    shutil.copy(_JAVA.with_name(_NODE), folder)


def can(scenario: Scenario, folder: Path) -> bool:
    """Whether what it needs is there."""
    commands = (scenario.server, scenario.client)
    programs = [each.removeprefix(_KEY_LOG).split()[0] for each in commands if each]
    return all(shutil.which(each) or (folder / each).is_file() for each in programs)


def main(target: Path) -> None:
    """Record all scenarios, or those that are named."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        certificates(folder)
        tools(folder)
        for scenario in SCENARIOS:
            if sys.argv[2:] and not any(each in scenario.name for each in sys.argv[2:]):
                continue
            if not can(scenario, folder):
                print(scenario.name, "| left out: a program is missing")
                continue
            said = record(folder, scenario, target / f"{scenario.name}.pcap")
            print(scenario.name, "|", " ".join(said.split())[-160:])
        (target / "root.pem").write_text((folder / "root.pem").read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
