"""`edgeaudit verify`, as a user meets it."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from edgeaudit.cli import run, terminal
from edgeaudit.observe import issuers
from edgeaudit.x509.stores import read_file
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.factories import CA, NOW, Made, bundle
from tests.schemas import validate
from tests.x509.forging import SERIAL, forge
from tests.x509.openssl import needs_openssl

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.x509.certificate import Certificate

    Told = Callable[..., tuple[int, str, str]]

STRANGER = CA.root("Other Root").intermediate("Stranger CA")
EXPIRED = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=3))
OWN = CA.root("Own Root").leaf("own.example.com")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: Any, capsys: Any) -> Told:
    """Runs the command in a folder with root.pem: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    Path("root.pem").write_text(ROOT.pem)

    def running(*arguments: str, **files: list[Made]) -> tuple[int, str, str]:
        for name, chain in files.items():
            Path(f"{name}.pem").write_text(bundle(*chain))
        trust = ["--trust", "root.pem", "--no-public-roots"]
        status = run(["verify", *trust, "--at", NOW.isoformat(), *arguments])
        return (status, *capsys.readouterr())

    return running


@pytest.fixture
def judged(told: Told) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """The same as JSON: status, and what is said of each certificate."""

    def running(*arguments: str, **files: list[Made]) -> tuple[int, list[dict[str, Any]]]:
        status, out, _ = told(*arguments, "--format", "json", **files)
        data = json.loads(out)
        validate(data, "verify")
        return status, data["certificates"]

    return running


def _flaws(one: dict[str, Any]) -> list[str]:
    return [flaw["flaw"] for flaw in one["diagnosis"]]


def _held(file: str) -> tuple[Certificate, ...]:
    (entry,) = read_file(Path(file))
    return entry.certificates


def test_a_good_one(judged) -> None:
    status, (one,) = judged("web.pem", web=[LEAF, ISSUING])
    assert (status, one["ok"], one["errors"], one["diagnosis"]) == (0, True, [], [])
    assert one["chain"] == ["CN=api.example.com", "CN=Acme Issuing CA", "CN=Acme Root"]
    assert (one["file"], one["alias"], one["hostname"]) == ("web.pem", None, None)


def test_what_the_command_says_it_says_too(told) -> None:
    status, out, err = told("web.pem", web=[EXPIRED, ISSUING])
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        "web.pem: verification failed",
        "  error 10 at 0 depth lookup: certificate has expired",
        "  expired 3 days ago (2026-11-20)",
        "  depth 0: CN=old.example.com",
        "  depth 1: CN=Acme Issuing CA",
        "  depth 2: CN=Acme Root",
    ]


@needs_openssl
@pytest.mark.parametrize(
    ("chain", "options"),
    [
        ([LEAF, ISSUING], []),
        ([LEAF], []),
        ([EXPIRED, ISSUING], []),
        ([LEAF, STRANGER], []),
        ([OWN], []),
        ([ROOT, ISSUING, LEAF], []),
        ([LEAF, ISSUING], ["--purpose", "sslclient"]),
        ([ISSUING, LEAF], ["--purpose", "sslserver"]),
        ([LEAF, ISSUING], ["--hostname", "api.example.com"]),
        ([LEAF, ISSUING], ["--hostname", "www.example.com"]),
        ([LEAF, ISSUING], ["--hostname", "192.0.2.1"]),
        ([LEAF, ISSUING], ["--strict"]),
    ],
    ids=range(12),
)
def test_the_verdict_is_that_of_openssl(judged, chain, options) -> None:
    status, (one,) = judged("web.pem", *options, web=chain)
    names = {"--strict": "-x509_strict", "--purpose": "-purpose", "--hostname": "-verify_hostname"}
    names |= {"--hostname": "-verify_ip"} if "192.0.2.1" in options else {}
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", "root.pem"]
    command += ["-attime", str(int(NOW.timestamp())), "-untrusted", "web.pem"]
    command += [names.get(each, each) for each in options]
    done = subprocess.run([*command, "web.pem"], capture_output=True, text=True, check=False)
    assert status == bool(done.returncode)
    assert one["ok"] == (done.returncode == 0)
    told = [line for line in done.stderr.splitlines() if line.startswith("error ")]
    assert [line for line in told if " depth lookup: " in line] == [
        f"error {each['number']} at {each['depth']} depth lookup: {each['message']}"
        for each in one["errors"]
    ]


def test_the_missing_issuer_is_in_another_file(judged) -> None:
    status, (one, _) = judged("web.pem", "ca.pem", web=[LEAF], ca=[ISSUING])
    (flaw,) = one["diagnosis"]
    assert (status, flaw["flaw"]) == (1, "incomplete-chain")
    assert flaw["missing_issuer"] == "CN=Acme Issuing CA"
    assert flaw["facts"]["available_at"] == ["ca.pem#0"]
    assert one["errors"][0]["code"] == "unable_to_get_issuer_cert_locally"


def test_untrusted_ones_complete_the_path(judged) -> None:
    status, (one,) = judged("web.pem", "--untrusted", "ca.pem", web=[LEAF], ca=[ISSUING])
    assert (status, one["ok"], one["diagnosis"]) == (0, True, [])


def test_the_first_is_verified_and_the_leaf_diagnosed(judged) -> None:
    status, (one,) = judged("web.pem", web=[ROOT, ISSUING, LEAF])
    assert (status, one["subject"]) == (0, "CN=Acme Root")
    assert _flaws(one) == ["misordered-chain", "root-in-chain"]
    assert one["diagnosis"][0]["facts"]["order"] == [2, 1, 0]


def test_a_path_that_openssl_does_not_try(judged) -> None:
    twin = CA.root("Old Root").cross_sign(ISSUING)
    status, (one,) = judged("web.pem", web=[LEAF, twin, ISSUING])
    assert (status, one["ok"], one["other_path"]) == (1, False, True)
    assert "cross-signed" in _flaws(one)


def test_where_host_name_dialects_part(judged) -> None:
    named = ISSUING.leaf("common.example.com", names=())
    status, (one,) = judged("a.pem", "--hostname", "common.example.com", a=[named, ISSUING])
    assert (status, one["hostname"]["ok"]) == (0, True)
    assert "modern clients do not" in one["hostname"]["disagreement"]


def test_an_international_name(judged) -> None:
    named = ISSUING.leaf("xn--mnchen-3ya.example")
    status, (one,) = judged("a.pem", "--hostname", "München.example", a=[named, ISSUING])
    assert (status, one["hostname"]["name"]) == (0, "xn--mnchen-3ya.example")


@pytest.mark.parametrize("name", ["", " ", "api.example.com:443", "https://api.example.com"])
def test_what_is_no_host(told, name) -> None:
    status, out, err = told("root.pem", "--hostname", name)
    assert (status, out) == (2, "")
    assert "give a name or an address, without port" in err


def test_a_trusted_intermediate_may_do(judged) -> None:
    trust = ("--trust", "ca.pem")
    files = {"web": [LEAF], "ca": [ISSUING], "root": [STRANGER]}
    assert judged("web.pem", *trust, **files)[0] == 1
    assert judged("web.pem", *trust, "--partial-chain", **files)[0] == 0


def test_a_store(judged, monkeypatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_STORE_PASSWORD", "sesame")
    store = pkcs12.serialize_key_and_certificates(
        b"server",
        LEAF.private_key,
        LEAF.parsed,
        [ISSUING.parsed],
        BestAvailableEncryption(b"sesame"),
    )
    Path("web.p12").write_bytes(store)
    status, (one,) = judged("web.p12")
    assert (status, one["alias"], one["ok"]) == (0, "server", True)
    monkeypatch.delenv("EDGEAUDIT_STORE_PASSWORD")
    Path("password").write_text("sesame\n")
    assert judged("web.p12", "--password-file", "password")[0] == 0


def test_a_password_is_asked_for(told, monkeypatch) -> None:
    store = pkcs12.serialize_key_and_certificates(
        b"a", LEAF.private_key, LEAF.parsed, None, BestAvailableEncryption(b"sesame")
    )
    Path("web.p12").write_bytes(store)
    monkeypatch.setattr(terminal, "can_ask", lambda: True)
    monkeypatch.setattr(terminal, "ask_secret", lambda _: "sesame")
    assert told("web.p12")[0] == 1
    monkeypatch.setattr(terminal, "can_ask", lambda: False)
    status, out, err = told("web.p12")
    assert (status, out) == (2, "")
    assert "EDGEAUDIT_STORE_PASSWORD" in err


def test_what_cannot_be_read_hides_nothing(told) -> None:
    Path("bad.pem").write_text("hello")
    damaged = LEAF.pem[:200] + "!" + LEAF.pem[201:]
    Path("damaged.pem").write_text(damaged + ISSUING.pem)
    status, out, err = told("bad.pem", "damaged.pem", "none.pem", "web.pem", web=[LEAF, ISSUING])
    assert status == 2
    assert out.splitlines()[0] == "web.pem: OK"
    assert "damaged.pem: OK" not in out
    assert [line for line in err.splitlines() if ": error: " in line] == [
        "edgeaudit: error: bad.pem: it holds no certificate",
        "edgeaudit: error: damaged.pem: certificate 1 cannot be read: "
        "its PEM block is cut off or damaged",
        "edgeaudit: error: none.pem cannot be read: No such file or directory",
    ]


def test_the_mended_bundle(told) -> None:
    chain = [ROOT, ISSUING, STRANGER, LEAF, ISSUING]
    status, _, err = told("web.pem", "--write", "mended.pem", web=chain)
    assert (status, err) == (0, "mended.pem: 2 certificates, leaf first: OK\n")
    assert _held("mended.pem") == (LEAF.certificate, ISSUING.certificate)


def test_a_bundle_is_mended_from_the_other_files(told) -> None:
    files = {"web": [LEAF, STRANGER], "ca": [ISSUING]}
    assert told("web.pem", "--untrusted", "ca.pem", "--write", "mended.pem", **files)[0] == 0
    assert _held("mended.pem") == (LEAF.certificate, ISSUING.certificate)


def test_a_bundle_that_cannot_be_mended(told) -> None:
    status, _, err = told("web.pem", "--write", "mended.pem", web=[LEAF])
    assert status == 1
    assert "mended.pem is not written: the issuer CN=Acme Issuing CA is missing" in err
    status, _, err = told("web.pem", "root.pem", "--write", "mended.pem", web=[LEAF, ISSUING])
    assert status == 1
    assert "there are 2 bundles to mend, and not one" in err
    assert not Path("mended.pem").exists()


def test_an_issuer_is_fetched_only_when_asked(told, monkeypatch) -> None:
    asked = []

    def fetched(certificate: Any, *_: Any, **options: Any) -> issuers.Fetched:
        asked.append((certificate.subject, options))
        return issuers.Fetched((ISSUING.certificate,), "the rest is missing")

    monkeypatch.setattr(issuers, "fetch_issuers", fetched)
    assert told("web.pem", web=[LEAF])[0] == 1
    assert not asked
    status, out, err = told("web.pem", "--fetch-issuers", "--write", "mended.pem")
    assert (status, asked) == (1, [("CN=api.example.com", {"allow_private": False})])
    assert "it can be had from its AIA address" in " ".join(out.split())
    assert "edgeaudit: warning: the rest is missing" in err
    assert _held("mended.pem") == (LEAF.certificate, ISSUING.certificate)


def test_hostile_names_are_harmless(told) -> None:
    name = "\x1b[31m\u202egpj\nOK"
    chain = [ISSUING.leaf(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))]
    file = "\x1b[2J.pem"
    Path(file).write_text(bundle(*chain))
    _, out, _ = told(file)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert not [line for line in out.splitlines() if line.startswith("OK")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'CERT...'."),
        (["root.pem", "--at", "soon"], "--at soon: that is no time"),
        (["root.pem", "--untrusted", "none.pem"], "none.pem cannot be read: No such file"),
        (["root.pem", "--hostname", "a\0b"], "a host name cannot hold a NUL character"),
    ],
)
def test_wrong_usage(told, arguments, sentence) -> None:
    Path("root.pem").write_text(ROOT.pem)
    if not arguments:
        assert run(["verify"]) == 2
        return
    status, out, err = told(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("edgeaudit: error: ")
    assert "\\x00" in err or sentence in err


def test_what_java_says_beside_openssl(told, judged) -> None:
    status, (one,) = judged("web.pem", "--java", "8", web=[LEAF, ISSUING])
    assert (status, one["jsse"]) == (0, {"ok": True, "reason": None, "java": 8})
    status, (one,) = judged("web.pem", "--java", "21", "--hostname", "b.example")
    told_by_java = "No subject alternative DNS name matching b.example found."
    assert (status, one["jsse"]) == (1, {"ok": False, "reason": told_by_java, "java": 21})
    assert judged("web.pem")[1][0]["jsse"] is None
    assert "Java 8: OK" in told("web.pem", "--java", "8")[1]


def test_why_java_and_openssl_differ(told) -> None:
    _, out, _ = told("web.pem", "--java", "8", "--trust", "only.pem", web=[OWN], only=[OWN])
    said = " ".join(out.split())
    assert "Java 8: OK Java takes any certificate of its truststore for an anchor" in said


def test_java_leaves_a_malformed_certificate_alone(judged, told) -> None:
    odd = forge(ISSUING, LEAF, lambda fields: fields.__setitem__(SERIAL, b"\x02\x01\0"))
    _, (one,) = judged("odd.pem", "--java", "8", odd=[odd, ISSUING])
    assert one["jsse"] is None
    assert "Java 8: not known" in told("odd.pem", "--java", "8")[1]
