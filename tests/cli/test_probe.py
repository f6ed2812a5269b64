"""`edgeaudit probe`, as a user meets it; what services do is made up here."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.serialization import pkcs12

from edgeaudit.audit.observed import Asked
from edgeaudit.cli import asking, run
from edgeaudit.cli.asking import parse_endpoint, router_place
from edgeaudit.cli.shown import shown_certificate
from edgeaudit.config import Config
from edgeaudit.errors import InputError
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.protocols import Version
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.audit.services import asking_for, handshake, refused, service
from tests.factories import NOW, bundle
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edgeaudit.tls.service import Service

GOOD = (LEAF, ISSUING)
HOST = "api.example.com"
UNREACHED: dict[str, Any] = {"with_name": None, "without_name": None, "versions": {}}
GCM = suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "java")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this machine's user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("EDGEAUDIT_CONFIG", raising=False)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """Runs `edgeaudit probe` where each host is one of these services: status, stdout, stderr."""

    def running(services: dict[str, Service], *arguments: str) -> tuple[int, str, str]:
        def answers(asked: Sequence[Asked], *_: Any) -> Iterator[tuple[Asked, Service]]:
            for each in reversed(asked):
                if found := services.get(each.host):
                    yield each, replace(found, host=each.host, port=each.port, sni=each.sni)

        trust = tmp_path / "root.pem"
        trust.write_text(ROOT.pem)
        monkeypatch.setattr(asking, "answers", answers)
        options = ["--at", NOW.isoformat()]
        if "--trust" not in arguments:
            options += ["--trust", str(trust), "--no-public-roots"]
        return run(["probe", *arguments, *options]), *capsys.readouterr()

    return running


def test_a_service_that_does_well(probe) -> None:
    assert GCM
    found = service(
        GOOD,
        suites={Version.TLSV1_2: (int(GCM.code, 16),)},
        orders={Version.TLSV1_2: True},
        request=asking_for(ROOT),
        needs_client_certificate=False,
    )
    status, out, err = probe({HOST: found}, HOST)
    told = " ".join(out.split())
    assert (status, err) == (0, "")
    assert out.startswith(f"{HOST}:443\n")
    assert "versions TLSv1.2, TLSv1.3 (refused: TLSv1, TLSv1.1)" in told
    assert "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; the server's order" in told
    assert "SNI ignored" in told
    assert f"#0 CN={HOST}: expires in 335 days" in told
    assert "OpenSSL: OK" in told
    assert f"covers {HOST}" in told
    assert "a certificate is asked for, not required, of CN=Acme Root" in told
    assert "with a key of the kind EC or RSA" in told
    assert "findings none" in told
    assert told.endswith("0 errors, 0 warnings, 0 notes; 1 of 1 endpoint reached.")


BAD = {
    "incomplete": service((LEAF,)),
    "failed": service(with_name=refused(70), without_name=None),
    "hostile": service(
        with_name=handshake(None, Ending.NOT_TLS),
        phase="handshake",
        trouble="it speaks \x1b[31mSSH\u202e",
    ),
    "unknown": service(None, **UNREACHED, phase="resolve", trouble="it has no address"),
}


@pytest.mark.parametrize(
    ("host", "status", "told"),
    [
        ("incomplete", 1, "served-chain-incomplete: it does not send CN=Acme Issuing CA"),
        ("failed", 1, "failed-handshake: The server sent the fatal alert 70 protocol_version."),
        ("hostile", 1, "it speaks \\x1b[31mSSH\\u202e"),
        ("unknown", 3, "unknown:443: it has no address"),
        ("forgotten", 3, "forgotten:443: it was not asked"),
    ],
)
def test_what_is_wrong(host: str, status: int, told: str, probe) -> None:
    got, out, err = probe(BAD, host)
    assert (got, err) == (status, "")
    assert told.partition(": it ")[2] in " ".join(out.split())
    assert all(char == "\n" or char.isprintable() for char in out)


def test_several_in_the_order_in_which_they_are_named(probe) -> None:
    status, out, _ = probe({**BAD, HOST: service(GOOD)}, HOST, "failed:8443", HOST)
    assert status == 1
    headings = [line for line in out.splitlines() if line and line[0] != " "]
    assert headings[:2] == [f"{HOST}:443", "failed:8443"]


def test_json(probe) -> None:
    hosts = [HOST, *BAD, "forgotten"]
    status, out, _ = probe({**BAD, HOST: service(GOOD)}, *hosts, "--format", "json")
    data = json.loads(out)
    validate(data, "probe")
    assert status == 1
    told = {each["endpoint"]: each for each in data["endpoints"]}
    assert list(told) == [f"{each}:443" for each in hosts[:-1]]
    assert told[f"{HOST}:443"]["protocols"]["TLSv1.3"] is True
    assert told[f"{HOST}:443"]["findings"] == []
    assert [each["rule"] for each in told["incomplete:443"]["findings"]] == [
        "served-chain-incomplete",
        "served-name-mismatch",
    ]
    assert told["failed:443"]["handshakes"][0]["alert"]["number"] == 70
    assert told["unknown:443"]["reachable"] is False
    assert [each["where"] for each in data["gaps"]] == ["forgotten:443", "unknown:443"]
    assert data["complete"] is False


@pytest.mark.parametrize(
    "name", ["csv", "html", "junit", "markdown", "sarif", "yaml", "steps", "prometheus"]
)
def test_the_formats_of_a_report(name: str, probe) -> None:
    status, out, _ = probe(BAD, "incomplete", "--format", name)
    assert status == 1
    assert "served-chain-incomplete" in out


def test_files(probe, tmp_path: Path) -> None:
    file = tmp_path / "probe.json"
    status, _, _ = probe(BAD, "incomplete", "--output", f"json={file}", "--fail-on", "never")
    assert status == 0
    validate(json.loads(file.read_text()), "probe")


def test_nagios(probe) -> None:
    status, out, _ = probe(BAD, "incomplete", "unknown", "--format", "nagios")
    assert status == 2
    assert out.startswith("EDGEAUDIT CRITICAL")


def test_a_narrow_terminal(probe, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    _, out, _ = probe({HOST: service(GOOD)}, HOST)
    assert max(map(len, out.splitlines())) <= 50


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "there is no endpoint"),
        ([HOST, "--inventory"], "there is both endpoints and --inventory"),
        ([HOST, "--only", "x"], "--only and --snapshot go with --inventory"),
        (["--inventory", "--sni", "x"], "--sni goes with HOST:PORT"),
        (["host:port"], "host:port: that is no endpoint"),
        (["host:0"], "host:0: that is no endpoint"),
        ([HOST, "--connect", "elsewhere"], "--connect: found"),
        ([HOST, "--format", "pdf"], 'there is no format "pdf"'),
    ],
)
def test_mistakes(arguments: list[str], told: str, probe) -> None:
    status, out, err = probe({}, *arguments)
    assert (status, out) == (2, "")
    assert told in err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("api.example.com", ("api.example.com", 443)),
        ("api.example.com:8443", ("api.example.com", 8443)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
        ("[2001:db8::1]", ("2001:db8::1", 443)),
        ("2001:db8::1", ("2001:db8::1", 443)),
    ],
)
def test_endpoints(text: str, place: tuple[str, int]) -> None:
    assert parse_endpoint(text) == place


def test_where_a_router_is() -> None:
    assert router_place("router-1", 9443) == ("router-1", 9443)
    assert router_place("192.0.2.1:8443", 9443) == ("192.0.2.1", 8443)
    assert router_place("[2001:db8::1]", 9443) == ("2001:db8::1", 9443)


@pytest.mark.parametrize(
    ("sni", "named"), [([], HOST), (["--sni", "none"], None), (["--sni", "other"], "other")]
)
def test_which_name_is_sent(sni: list[str], named: str | None, probe) -> None:
    _, out, _ = probe({HOST: service(GOOD)}, HOST, *sni, "--format", "json")
    (endpoint,) = json.loads(out)["endpoints"]
    assert endpoint["server_name"] == named


@pytest.fixture
def snapshot(recorded: list[str]) -> list[str]:
    """The options that replay the demo Edge's organization wellkept."""
    return [*recorded, "--org", "wellkept"]


def test_an_inventory(probe, snapshot) -> None:
    """Whatever is asked shows a stranger's certificate; wildcards are not asked."""
    answering = _Everywhere(service(GOOD))
    status, out, err = probe(answering, "--inventory", *snapshot, "--format", "json")
    data = json.loads(out)
    validate(data, "probe")
    assert (status, err) == (1, "")
    assert data["complete"]
    directions = {each["direction"] for each in data["endpoints"]}
    assert directions == {"northbound", "southbound"}
    assert all(each["subjects"] for each in data["endpoints"])
    told = {each["rule"] for one in data["endpoints"] for each in one["findings"]}
    assert {"served-certificate-differs", "served-name-mismatch"} <= told
    assert any("wildcard" in each["reason"] for each in data["left_out"])


@pytest.mark.parametrize(
    ("edge", "told"),
    [
        ("4.53.00", "TLSv1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; "),
        ("4.54.00", "TLSv1.3 with TLS_AES_128_GCM_SHA256; "),
        (None, "not known; the configuration may tell edge_version, or java"),
    ],
)
def test_what_a_message_processor_would_do(
    edge: str | None, told: str, probe, snapshot, monkeypatch
) -> None:
    assert GCM
    if edge:
        monkeypatch.setenv("EDGEAUDIT_EDGE_VERSION", edge)
    suites = {Version.TLSV1_2: (int(GCM.code, 16),), Version.TLSV1_3: (0x1301,)}
    _, out, _ = probe(_Everywhere(service(GOOD, suites=suites)), "--inventory", *snapshot)
    assert told in " ".join(out.split())


def test_only_some_of_an_inventory(probe, snapshot) -> None:
    everywhere = _Everywhere(service(GOOD))
    _, out, _ = probe(everywhere, "--inventory", *snapshot, "--only", "courts.partner.example")
    assert out.endswith("1 of 1 endpoint reached.\n")


def test_what_is_to_be_asked_and_not_there(probe, snapshot) -> None:
    """A name that is misspelt gets no clean bill."""
    everywhere = _Everywhere(service(GOOD))
    status, out, _ = probe(everywhere, "--inventory", *snapshot, "--only", "no.such/*")
    assert status == 3
    assert "no.such/*: no endpoint is named so\n  hint: check the spelling\n" in out


def test_an_audit_that_asks_too(probe, snapshot, capsys) -> None:
    unasked = run(["audit", *snapshot, "--at", NOW.isoformat(), "--format", "json"])
    before = json.loads(capsys.readouterr().out)
    probe(_Everywhere(service(GOOD)), HOST)
    status = run(["audit", *snapshot, "--at", NOW.isoformat(), "--format", "json", "--probe"])
    after = json.loads(capsys.readouterr().out)
    validate(after, "report")
    assert (unasked, status) == (0, 1)
    rules = {each["rule"] for each in after["findings"]}
    assert "served-certificate-differs" in rules - {each["rule"] for each in before["findings"]}


class _Everywhere(dict[str, Any]):
    """The same service wherever it is asked for."""

    def __init__(self, found: Service) -> None:
        super().__init__()
        self.get = lambda *_: found  # type: ignore[method-assign]


KEY = LEAF.key_pem.encode()
LOCKED = LEAF.private_key.private_bytes(
    form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret")
)
STORE = pkcs12.serialize_key_and_certificates(
    b"me", LEAF.private_key, LEAF.parsed, [ISSUING.parsed], form.BestAvailableEncryption(b"secret")
)


@pytest.mark.parametrize(
    "data",
    [KEY + bundle(*GOOD).encode(), bundle(*GOOD).encode() + LOCKED, STORE],
    ids=["open PEM", "encrypted PEM", "PKCS#12"],
)
def test_client_certificates(data: bytes, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PROBE_CLIENT_CERT_PASSWORD", "secret")
    file = tmp_path / "client"
    file.write_bytes(data)
    found = shown_certificate(Config(probe_client_cert=file))
    assert found
    assert found.chain.decode() == "".join(
        each.parsed.public_bytes(form.Encoding.PEM).decode() for each in GOOD
    )
    assert found.key == KEY


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "cannot be read"),
        (b"nonsense", "is no certificate with its key"),
        (bundle(*GOOD).encode(), "is no certificate with its key"),
        (STORE, "is no certificate with its key"),
    ],
)
def test_no_client_certificates(data: bytes | None, told: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PROBE_CLIENT_CERT_PASSWORD", "wrong")
    file = tmp_path / "client"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(InputError, match=told):
        shown_certificate(Config(probe_client_cert=file))


@pytest.fixture
def closed() -> str:
    """HOST:PORT where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


def test_a_port_that_is_closed(closed: str, capsys) -> None:
    assert run(["probe", f"localhost:{closed.rpartition(':')[2]}", "--connect", closed]) == 3
    out, err = capsys.readouterr()
    told = " ".join(out.split())
    assert f"{closed} refuses the connection" in told
    assert told.endswith("0 of 1 endpoint reached; not everything could be asked.")
    assert err == ""


def test_what_is_asked_for_two_installations_is_asked_once(closed: str, monkeypatch) -> None:
    host, _, port = closed.rpartition(":")
    both = [Asked(host, int(port), None, installation=each) for each in ("east", "west")]
    other = Asked(host, int(port), None, "southbound", installation="east")
    again = Asked(host, int(port), None, "northbound", router=closed)
    told = list(asking.answers([*both, other, again], Config(), asking.Ending(None)))
    assert [each for each, _ in told] == [*both, other, again]
    assert len({id(service) for _, service in told}) == 2
    assert {service.phase for _, service in told} == {"connect"}


def test_a_run_that_is_stopped_asks_no_more() -> None:
    ending, stopped = asking.Ending("1h"), []
    ending.obeyed_by(SimpleNamespace(stop=lambda: stopped.append(True)))  # type: ignore[arg-type]
    assert 3500 < ending.left <= 3600
    ending.now()
    assert (stopped, ending.is_over) == ([True], True)
    assert not list(asking.answers([Asked("a.example", 443, None)], Config(), ending))


def test_a_run_without_time(closed: str, capsys, monkeypatch) -> None:
    monkeypatch.setattr(asking.Ending, "left", 0.0)
    assert run(["probe", closed, "--format", "json"]) == 3
    data = json.loads(capsys.readouterr().out)
    validate(data, "probe")
    assert [each["reason"] for each in data["gaps"]] == ["timeout"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """Starts `openssl s_server` with these options; gives HOST:PORT."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    running = []
    for name, made in (("leaf", LEAF), ("issuing", ISSUING), ("root", ROOT)):
        (tmp_path / f"{name}.pem").write_text(made.pem)
    (tmp_path / "key.pem").write_text(LEAF.key_pem)

    def start(*options: str) -> str:
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "leaf.pem"]
        own = subprocess.Popen(
            [*command, "-key", "key.pem", *options],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(own)
        assert own.stdout
        line = next(each for each in own.stdout if each.startswith("ACCEPT"))
        return line.split()[1]

    yield start
    for own in running:
        own.kill()
        own.communicate()


@pytest.mark.full
@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (["-cert_chain", "issuing.pem"], []),
        ([], ["served-chain-incomplete"]),
        (["-cert_chain", "issuing.pem", "-Verify", "1", "-CAfile", "root.pem"], []),
    ],
)
def test_a_real_server(options: list[str], rules: list[str], server, capsys, tmp_path) -> None:
    place = server(*options)
    trust = ["--trust", str(tmp_path / "root.pem"), "--no-public-roots", "--at", NOW.isoformat()]
    status = run(["probe", HOST, "--connect", place, *trust, "--format", "json"])
    (endpoint,) = json.loads(capsys.readouterr().out)["endpoints"]
    assert [each["rule"] for each in endpoint["findings"]] == rules
    assert endpoint["protocols"]["TLSv1.3"] is True
    assert endpoint["client_certificate"]["required"] is ("-Verify" in options)
    assert status == bool(rules)
