"""From the files of hosts to what is in effect on them; bad files cost no others."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from edgeaudit.hosts.reading import Given, deobfuscated, read_hosts
from tests.factories import CA
from tests.hosts.configurations import GOOD, MISTAKEN, written
from tests.x509.keystores import java_store, key_entry, trusted_entry

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.host import Host, Setting
    from edgeaudit.hosts.reading import HostFiles

ROOT = CA.root("Root")
LEAF = ROOT.leaf("mp.example.com")
CONF_D = "opt/nginx/conf.d"
OWN = "opt/apigee/customer/application"
DEFAULT = "ssl_protocols TLSv1.2;\nserver { listen 443 ssl; C }\n".replace(
    "C", "ssl_certificate x.pem; ssl_certificate_key x.key;"
)


def laid_out(folder: Path, files: dict[str, str | bytes]) -> HostFiles:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        (folder / path).write_bytes(data)
    return read_hosts([Given(folder)])


def told(setting: Setting) -> tuple[str, str]:
    return setting.value, setting.where.rpartition("/")[2]


def only(found: HostFiles) -> Host:
    (host,) = found.hosts
    return host


def test_two_hosts_in_a_folder(tmp_path) -> None:
    found = laid_out(
        tmp_path,
        {
            f"router-1/{CONF_D}/0-default.conf": "ssl_protocols TLSv1.2;",
            f"router-1/{OWN}/router.properties": "",
            f"mp-1/{OWN}/message-processor.properties": "conf_system_https.protocols=TLSv1.2",
        },
    )
    assert [each.title for each in found.hosts] == ["Message Processor mp-1", "Router router-1"]
    assert found.gaps == ()


@pytest.mark.parametrize(
    "inside", ["", "opt", "opt/nginx", f"{CONF_D}", f"{CONF_D}/0-default.conf"]
)
def test_the_name_of_a_host(tmp_path, inside) -> None:
    laid_out(tmp_path, {f"router-7/{CONF_D}/0-default.conf": "ssl_protocols TLSv1.2;"})
    host = only(read_hosts([Given(tmp_path / "router-7" / inside)]))
    assert (host.kind, host.name) == ("router", "router-7")


def test_several_folders_of_one_host(tmp_path) -> None:
    nginx, own = "opt/nginx/conf.d/0-default.conf", f"{OWN}/router.properties"
    token = "conf_load_balancing_load.balancing.driver.server.ssl.protocols=TLSv1.2"
    laid_out(tmp_path, {f"r1/{nginx}": "server { listen 80; }", f"r1/{own}": token})
    given = [Given(tmp_path / "r1/opt/nginx"), Given(tmp_path / "r1/opt/apigee/customer")]
    found = read_hosts(given)
    host = only(found)
    assert (host.name, len(host.servers), len(host.settings)) == ("r1", 1, 1)
    assert found.gaps == ()


def test_a_whole_folder_of_nginx(tmp_path) -> None:
    """Files of any name are included, and folders of any name are the same host's."""
    files: dict[str, str | bytes] = {
        "nginx.conf": "include /etc/nginx/modules-enabled/*.conf;\nhttp {\n"
        "include /etc/nginx/mime.types;\ninclude /etc/nginx/sites-enabled/*;\n}",
        "mime.types": "types { }",
        "sites-enabled/default": "server { listen 443 ssl; ssl_reject_handshake on; }",
        "snippets/x.conf": "ssl_protocols TLSv1;",
    }
    found = laid_out(tmp_path / "r1/etc/nginx", files)
    assert found.gaps == ()
    host = only(found)
    assert (host.name, len(host.servers), len(host.idle)) == ("r1", 1, 1)


@pytest.mark.parametrize("main", [None, "opt/nginx/nginx.conf"])
def test_the_system_s_own_nginx_is_not_the_router_s(tmp_path, main) -> None:
    own = "http { include conf.d/*.conf; }"
    files: dict[str, str | bytes] = {
        "etc/nginx/nginx.conf": own,
        "etc/nginx/conf.d/default.conf": "server { listen 80; }",
        f"{CONF_D}/0-default.conf": "ssl_protocols TLSv1.2; server { listen 443 ssl; }",
        **({main: own} if main else {}),
    }
    host = only(laid_out(tmp_path / "r", files))
    assert [told(each.settings["ssl_protocols"])[0] for each in host.servers] == ["TLSv1.2"]
    assert host.idle == ()


def test_a_name_that_is_given(tmp_path) -> None:
    (tmp_path / "0-default.conf").write_text("server { listen 80; }")
    assert only(read_hosts([Given(tmp_path / "0-default.conf", "r1")])).name == "r1"


@pytest.mark.parametrize(
    ("files", "value", "where", "beneath"),
    [
        ({f"{OWN}/message-processor.properties": "\nX=TLSv1.2"}, "TLSv1.2", "rties:2", []),
        (
            {
                f"{OWN}/message-processor.properties": "X=TLSv1.2",
                "opt/apigee/token/application/message-processor.properties": "X=TLSv1.1",
                "opt/apigee/edge-message-processor/token/default.properties": "X=TLSv1",
                "opt/apigee/edge-message-processor/conf/system.properties": "Y=SSLv3",
            },
            "TLSv1.2",
            "message-processor.properties:1",
            ["TLSv1.1", "TLSv1", "SSLv3"],
        ),
        (
            {
                "opt/apigee/edge-message-processor-4.53/token/default.properties": "X=TLSv1",
                "opt/apigee/edge-message-processor-4.53/conf/system.properties": "Y=TLSv1.2",
            },
            "TLSv1",
            "default.properties:1",
            ["TLSv1.2"],
        ),
        (
            {f"{OWN}/message-processor.properties": "X=TLSv1\nX=TLSv1.2"},
            "TLSv1.2",
            "message-processor.properties:2",
            ["TLSv1"],
        ),
        (
            {f"{OWN}/message-processor.properties": "Z=TLSv1.2\nX=TLSv1"},
            "TLSv1.2",
            "message-processor.properties:1",
            ["TLSv1"],
        ),
    ],
)
def test_which_of_several_holds(tmp_path, files, value, where, beneath) -> None:
    token, key = "conf_system_https.protocols", "https.protocols"
    other = "conf/system.properties+https.protocols"
    text = {
        path: body.replace("X", token).replace("Y", key).replace("Z", other)
        for path, body in files.items()
    }
    setting = only(laid_out(tmp_path, text)).settings["https.protocols"]
    assert setting.value == value
    assert setting.where.endswith(where)
    assert [each.value for each in setting.beneath] == beneath


def test_java_s_own_file_comes_last(tmp_path) -> None:
    name = "jdk.tls.disabledAlgorithms"
    files: dict[str, str | bytes] = {
        "opt/apigee/edge-message-processor/conf/jvmsecurity.properties": f"{name}=SSLv3",
        "opt/jdk/conf/security/java.security": f"{name}=RC4",
    }
    setting = only(laid_out(tmp_path / "mp", files)).settings[name]
    assert (setting.value, [each.value for each in setting.beneath]) == ("SSLv3", ["RC4"])


def test_which_of_several_servers_holds(tmp_path) -> None:
    """nginx itself says so in tests/hosts/test_against_nginx.py."""
    files: dict[str, str | bytes] = {
        "opt/nginx/nginx.conf": "http { ssl_ciphers HIGH; include conf.d/*.conf; }",
        f"{CONF_D}/b.conf": "server { listen 443 ssl default_server; server_name b;"
        " ssl_ciphers LOW; ssl_protocols TLSv1.3; }",
        f"{CONF_D}/B.conf": "server { listen 443 ssl; server_name a; ssl_protocols TLSv1.2; }",
    }
    first, second = only(laid_out(tmp_path / "r", files)).servers
    assert (first.names, second.names) == (("a",), ("b",))
    assert {each.protocols["*:443"].value for each in (first, second)} == {"TLSv1.3"}
    assert first.value("ssl_ciphers") == "HIGH"
    own = second.settings["ssl_ciphers"]
    assert (own.value, [each.value for each in own.beneath]) == ("LOW", ["HIGH"])


def test_a_name_that_fits_two_copies_is_neither(tmp_path) -> None:
    files: dict[str, str | bytes] = {
        f"{CONF_D}/1.conf": "ssl_client_certificate /etc/pki/ca.pem; server { listen 443 ssl; }",
        "opt/p/ca.pem": ROOT.pem,
        "opt/q/ca.pem": ROOT.pem,
    }
    found = laid_out(tmp_path / "r", files)
    assert "which is not among the files" in str(found.gaps)
    assert only(found).stores == ()


def test_java_and_sni(tmp_path) -> None:
    found = laid_out(
        tmp_path,
        {
            f"mp/{OWN}/message-processor.properties": "conf_system_jsse.enableSNIExtension=true",
            "mp/opt/java/jdk8/release": 'JAVA_VERSION="1.8.0_372"\n',
            "mp/opt/java/jdk8/jre/lib/security/java.security": "jdk.tls.disabledAlgorithms=RC4",
        },
    )
    host = only(found)
    assert (host.java, host.sni, found.java, found.sni) == (8, True, 8, True)
    assert told(host.settings["jdk.tls.disabledAlgorithms"]) == ("RC4", "java.security:1")


def test_two_versions_of_java(tmp_path) -> None:
    found = laid_out(
        tmp_path,
        {
            f"mp/{OWN}/message-processor.properties": "",
            "mp/opt/java/a/release": 'JAVA_VERSION="17.0.15"',
            "mp/opt/java/b/release": 'JAVA_VERSION="21.0.1"',
        },
    )
    assert only(found).java is None
    (gap,) = found.gaps
    assert "17.0.15" in gap.detail
    assert "21.0.1" in gap.detail


def test_an_archive_is_read_and_nothing_of_it_is_written(tmp_path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in {
            f"./{CONF_D}/0-default.conf": "ssl_protocols TLSv1.2;\nserver { listen 443 ssl; }",
            f"/{OWN}/router.properties": "",
            "../../outside.conf": "ssl_protocols TLSv1;",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo(f"{CONF_D}/link.conf")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    (tmp_path / "router-3.tar.gz").write_bytes(buffer.getvalue())
    found = read_hosts([Given(tmp_path)])
    host = only(found)
    assert (host.name, len(host.servers)) == ("router-3", 1)
    assert told(host.servers[0].settings["ssl_protocols"]) == ("TLSv1.2", "0-default.conf:1")
    assert [gap.reason for gap in found.gaps] == ["unparsable", "unsafe_name"]
    assert [path.name for path in tmp_path.iterdir()] == ["router-3.tar.gz"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_that_is_cut_off_is_told(tmp_path, mode) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name in (f"{CONF_D}/0-default.conf", f"{CONF_D}/x.log", f"{CONF_D}/1.conf"):
            data = b"#" + Random(name).randbytes(700).hex().encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    whole = buffer.getvalue()
    path = tmp_path / "router-3.tar"
    end = 3 * (512 + 1536) if mode == "w" else len(whole) * 9 // 10
    for size in range(0, end, 128):
        path.write_bytes(whole[:size])
        found = read_hosts([Given(path)])
        assert "cannot be read to its end" in str(found.gaps), size
        assert not any(host.is_whole for host in found.hosts)
    path.write_bytes(whole)
    assert read_hosts([Given(path)]).gaps == ()


def store(password: bytes) -> bytes:
    key, certificate = LEAF.private_key, LEAF.parsed
    secret = BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"mp", key, certificate, None, secret)


STORE = "local.http.ssl.keystore"
NAMED = f"conf/message-processor-communication.properties+{STORE}.path=/{OWN}/k.p12\n"
SECRET = f"conf/message-processor-communication.properties+{STORE}.password="


def test_the_store_that_a_property_names(tmp_path) -> None:
    found = laid_out(
        tmp_path,
        {
            f"{OWN}/message-processor.properties": f"{NAMED}{SECRET}sesame",
            f"{OWN}/k.p12": store(b"sesame"),
        },
    )
    (held,) = only(found).stores
    assert [entry.has_key for entry in held.entries] == [True]
    assert found.gaps == ()
    assert "sesame" not in str(found)


def test_an_obfuscated_password() -> None:
    assert deobfuscated("OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v") == "password"
    assert deobfuscated("OBF:?") == "OBF:?"
    assert deobfuscated("plain") == "plain"


BAD: dict[str, tuple[dict[str, str | bytes], str]] = {
    "binary": ({f"{CONF_D}/1.conf": b"\x7fELF\0\0"}, "is no text: it holds zero bytes"),
    "UTF-16": ({f"{CONF_D}/1.conf": "ssl_protocols TLSv1;".encode("utf-16")}, "is UTF-16"),
    "properties in UTF-16": ({f"{OWN}/router.properties": "a=b".encode("utf-16")}, "is UTF-16"),
    "a malformed escape": ({f"{OWN}/router.properties": "a=\\u12"}, "line 1: malformed"),
    "recursive include": (
        {f"{CONF_D}/1.conf": f"include /{CONF_D}/2.conf;", f"{CONF_D}/2.conf": "include 2.conf;"},
        '"2.conf" includes itself',
    ),
    "missing include": (
        {f"{CONF_D}/1.conf": "include /etc/gone.conf;"},
        'includes "/etc/gone.conf", which is not among the files',
    ),
    "a damaged PEM": (
        {f"{CONF_D}/1.conf": "ssl_client_certificate ca.pem;", f"{CONF_D}/ca.pem": "-----BEGIN"},
        "it holds no certificate",
    ),
    "a damaged archive": ({"b.tar.gz": gzip.compress(b"x" * 600)[:-9]}, "damaged, or no tar"),
    "a syntax error": ({f"{CONF_D}/1.conf": "a b"}, "1.conf:1: unexpected end of file"),
}

MAY_HOLD_SERVERS = ("binary", "UTF-16", "recursive include", "missing include", "a syntax error")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_costs_one_sentence(tmp_path, name) -> None:
    files, sentence = BAD[name]
    own: dict[str, str | bytes] = {
        f"{CONF_D}/0-default.conf": "ssl_protocols TLSv1.2;\nserver { listen 443; }"
    }
    found = laid_out(tmp_path / "router-1", own | files)
    (gap,) = found.gaps
    assert sentence in gap.detail
    assert told(found.hosts[0].servers[0].settings["ssl_protocols"])[0] == "TLSv1.2"
    assert found.hosts[0].is_whole == (name not in MAY_HOLD_SERVERS)


@pytest.mark.parametrize(
    "path",
    [
        f"{CONF_D}/1.conf",
        "opt/apigee/token/application/message-processor.properties",
        "opt/java/lib/security/java.security",
        "opt/java/release",
        "opt/k.p12",
    ],
)
def test_a_hundred_megabytes_cost_one_sentence(tmp_path, path) -> None:
    own = f"{NAMED.replace(f'/{OWN}/k.p12', '/opt/k.p12')}conf_system_https.protocols=TLSv1.2"
    files: dict[str, str | bytes] = {
        f"{CONF_D}/0-default.conf": "server { listen 443; }",
        f"{OWN}/message-processor.properties": own,
        "opt/k.p12": LEAF.pem,
    }
    laid_out(tmp_path / "h", {**files, path: "# "})
    with (tmp_path / "h" / path).open("r+b") as file:
        file.truncate(100 * 1024 * 1024)
    found = read_hosts([Given(tmp_path / "h")])
    (gap,) = found.gaps
    assert "is larger than 8 MiB" in gap.detail
    router, processor = sorted(found.hosts, key=lambda each: each.kind, reverse=True)
    assert (len(router.servers), len(processor.settings)) == (1, 2)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (store(b"other"), "password"),
        (b"\xfe\xed\xfe\xed\0\0\0\2\0\0", "damaged"),
        (b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2\0\2mp", "damaged"),
        (store(b"wrong")[:-40], "damaged"),
        (b"\0" * 500, "no certificate"),
        (b"", "no certificate"),
    ],
)
def test_a_bad_store(tmp_path, data, sentence) -> None:
    properties = f"{NAMED}{SECRET}wrong\nconf_system_https.protocols=TLSv1.2"
    files = {f"{OWN}/message-processor.properties": properties, f"{OWN}/k.p12": data}
    found = laid_out(tmp_path, files)
    (gap,) = found.gaps
    assert gap.where.endswith("k.p12")
    assert sentence in gap.detail
    assert only(found).settings["https.protocols"].value == "TLSv1.2"


@pytest.mark.parametrize("magic", ["feedfeed", "cececece"])
def test_a_store_that_java_refuses_is_told_and_read(tmp_path, magic) -> None:
    good = java_store(trusted_entry("ca", ROOT.der), key_entry("mp", LEAF.der), magic=magic)
    damaged = good.replace(b"a key", b"a kex")
    for number, (data, password) in enumerate(
        [(good, "changeit"), (good, "changed"), (good, ""), (damaged, "changeit")]
    ):
        own = {f"{OWN}/message-processor.properties": f"{NAMED}{SECRET}{password}"}
        found = laid_out(tmp_path / f"mp-{number}", {**own, f"{OWN}/k.p12": data})
        (store,) = only(found).stores
        assert [each.name for each in store.entries] == ["ca", "mp"]
        is_refused = "Java refuses it: it is damaged, or the password" in str(found.gaps)
        assert (len(found.gaps), is_refused) == ((1, True) if number else (0, False))


def test_nothing_of_that_name_and_nothing_of_use(tmp_path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "x.conf").write_text("not nginx")
    os.mkfifo(tmp_path / "notes" / "pipe.conf")
    found = read_hosts([Given(tmp_path / "gone"), Given(tmp_path / "notes"), Given(tmp_path)])
    assert found.hosts == ()
    assert "No such file" in found.gaps[0].detail
    assert "holds no file of a Router" in found.gaps[1].detail


def test_an_archive_in_an_archive_is_told(tmp_path) -> None:
    (tmp_path / "0-default.conf").write_text("server { listen 80; }")
    with tarfile.open(tmp_path / "router-2.tar.gz", "w:gz"):
        pass
    with tarfile.open(tmp_path / "bundle.tar", "w") as tar:
        tar.add(tmp_path / "0-default.conf", f"router-1/{CONF_D}/0-default.conf")
        tar.add(tmp_path / "router-2.tar.gz", "hosts/router-2.tar.gz")
        tar.add(tmp_path / "router-2.tar.gz", "opt/apigee/var/log/edge-router/old.tar.gz")
    found = read_hosts([Given(tmp_path / "bundle.tar")])
    assert only(found).name == "router-1"
    (gap,) = found.gaps
    assert gap.where.endswith("bundle.tar/hosts/router-2.tar.gz")
    assert "is an archive within an archive, which is not read" in gap.detail


def test_a_folder_of_nothing_that_is_read(tmp_path) -> None:
    (tmp_path / "zips").mkdir()
    (tmp_path / "zips" / "router-1.zip").write_bytes(b"PK")
    with tarfile.open(tmp_path / "notes.tar", "w"):
        pass
    for path in (tmp_path / "zips", tmp_path / "notes.tar"):
        (gap,) = read_hosts([Given(path)]).gaps
        assert gap.detail == f"{path} holds no file of a Router or Message Processor"
        assert "no zip" in gap.hint


@pytest.mark.parametrize("name", GOOD)
def test_what_nginx_accepts(tmp_path, name) -> None:
    pems = dict.fromkeys(("c1.pem", "c2.pem"), LEAF.pem)
    files = {f"nginx/{path}": text for path, text in written(GOOD[name], (81, 82)).items()}
    found = laid_out(tmp_path, {**files, **{f"nginx/{path}": pem for path, pem in pems.items()}})
    assert found.gaps == ()
    assert only(found).servers


@pytest.mark.parametrize("name", MISTAKEN)
def test_what_nginx_refuses(tmp_path, name) -> None:
    pems = dict.fromkeys(("c1.pem", "c2.pem"), LEAF.pem)
    files = {f"nginx/{path}": text for path, text in written(MISTAKEN[name], (81, 82)).items()}
    found = laid_out(tmp_path, {**files, **{f"nginx/{path}": pem for path, pem in pems.items()}})
    (gap,) = found.gaps
    assert gap.where in gap.detail
