"""`edgeaudit capture`, as a user meets it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeaudit.audit.rules import RULES
from edgeaudit.cli import access, run
from edgeaudit.x509.certificate import read_bundle
from tests.audit.estate import Estate
from tests.observe.wrapping import frames, pcap
from tests.schemas import validate

FOLDER = Path("tests/observe/captures")
GOOD, BAD = str(FOLDER / "good-tls1_2.pcap"), str(FOLDER / "expired-openssl-tls1_2.pcap")


def told(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    return run(["capture", *arguments]), *capsys.readouterr()


def test_a_failure(capsys) -> None:
    status, out, err = told(capsys, BAD)
    assert (status, err) == (1, "")
    assert ": expired_certificate, certain\n" in out
    assert "refused by  the client\n" in out
    assert "1 failed handshake in 1 group, 0 that did not fail" in out.replace("\n", " ")


def test_none(capsys) -> None:
    status, out, _ = told(capsys, GOOD)
    assert status == 0
    assert "everything could be read" in out.replace("\n", " ")


def test_json(capsys) -> None:
    names = [str(each) for each in sorted(FOLDER.glob("*.pcap"))]
    status, out, _ = told(capsys, *names, "--format", "json")
    data = json.loads(out)
    validate(data, "capture")
    assert status == 1
    assert [file["file"] for file in data["files"]] == names
    for file in data["files"]:
        assert file["handshakes"], file["file"]
        assert len(file["groups"]) == len(file["findings"])


def test_several_files_of_which_one_is_none(capsys, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a capture")
    status, out, err = told(capsys, GOOD, str(text), str(tmp_path / "gone.pcap"), BAD)
    assert status == 2
    assert "notes.txt is no capture" in err
    assert "gone.pcap could not be read: No such file or directory" in err
    assert "expired_certificate" in out


def test_standard_input_and_a_file_that_is_cut(capsys, monkeypatch) -> None:
    cut = Path(GOOD).read_bytes()[:-5]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(cut)))
    status, out, _ = told(capsys, "-")
    assert status == 3
    assert "not read: cut off at byte" in out.replace("\n", " ")


def test_with_trust(capsys) -> None:
    incomplete = str(FOLDER / "incomplete-openssl-tls1_2.pcap")
    assert "unknown, possibly incomplete_chain or" in told(capsys, incomplete)[1]
    trust = ("--trust", str(FOLDER / "root.pem"), "--no-public-roots")
    status, out, _ = told(capsys, incomplete, *trust)
    assert ": incomplete_chain, likely" in out
    assert status == 1
    assert told(capsys, incomplete, *trust, "--fail-on", "never")[0] == 0


def test_certificates_are_saved(capsys, tmp_path: Path) -> None:
    status, _, err = told(capsys, GOOD, BAD, "--extract", str(tmp_path / "seen"))
    saved = sorted((tmp_path / "seen").iterdir())
    assert status == 1
    assert err == f"{tmp_path / 'seen'}: 3 certificates\n"
    assert [each.stem for each in saved] == [
        getattr(each, "sha256", None) for file in saved for each in read_bundle(file.read_bytes())
    ]
    file = tmp_path / "file"
    file.touch()
    assert told(capsys, GOOD, "--extract", str(file))[0] == 4


def groups(out: str) -> dict[str, int]:
    return {each["id"]: each["count"] for one in json.loads(out)["files"] for each in one["groups"]}


def test_the_packets_of_failures_make_a_capture_that_says_the_same(capsys, tmp_path: Path) -> None:
    files = [str(FOLDER / f"{name}.pcap") for name in ("refused", "not-tls-server", "cipher-nginx")]
    small = tmp_path / "small.pcap"
    _, out, _ = told(capsys, GOOD, BAD, *files, "--format", "json", "--write", str(small))
    _, again, _ = told(capsys, str(small), "--format", "json")
    assert groups(again) == groups(out)
    assert len(groups(out)) == 4
    (one,) = json.loads(again)["files"]
    assert len(one["handshakes"]) == 4  # and none of GOOD


@pytest.mark.parametrize("option", ["--write", "--extract", "--output"])
def test_the_report_is_made_where_something_cannot_be_saved(
    option: str, capsys, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    nowhere = str(tmp_path / "file" / "x")
    status, out, err = told(
        capsys, BAD, option, f"csv={nowhere}" if option == "--output" else nowhere
    )
    assert status == 4
    assert "expired_certificate, certain" in out
    assert err.startswith("edgeaudit: error: ")


@pytest.mark.parametrize("name", ["csv", "html", "junit", "markdown", "sarif", "json", "table"])
def test_formats(name: str, capsys, tmp_path: Path) -> None:
    file = tmp_path / "report"
    status, out, err = told(capsys, BAD, "--format", name, "--output", f"{name}={file}")
    assert (status, err) == (1, "")
    assert "api.example.com" in out
    assert "Certificates of Apigee Edge" not in out
    assert ("Failed TLS handshakes" in out) == (name in ("html", "markdown"))
    if name in ("csv", "json"):  # others tell when they were made, or fill the terminal
        assert file.read_bytes().decode() == out
    assert told(capsys, BAD, "--output", "gif=x")[0] == 2
    assert told(capsys, BAD, "--output", f"csv={tmp_path}/no/file")[0] == 4


def test_an_installation_at_hand(capsys, monkeypatch) -> None:
    root: Any = SimpleNamespace(certificate=read_bundle((FOLDER / "root.pem").read_bytes())[0])
    unknown = str(FOLDER / "unknown-java-tls1_2.pcap")
    assert "southbound" not in told(capsys, unknown)[1]
    *_, port = json.loads(told(capsys, unknown, "--format", "json")[1])["files"][0]["groups"][0][
        "server"
    ].rpartition(":")
    estate = Estate().store("backends", keys=False, ca=[root])
    estate.proxy("orders", url=f"https://api.example.com:{port}/", truststore="backends")
    monkeypatch.setattr(access, "read", lambda *_, **__: [estate.inventory()])
    status, out, _ = told(capsys, unknown, "--snapshot", "x", "--format", "json")
    validate(json.loads(out), "capture")
    (file,) = json.loads(out)["files"]
    (group,), (finding,) = file["groups"], file["findings"]
    assert status == 1
    assert finding["remedy"] == list(RULES["failed-handshake"].remedy)
    sure = f"unknown_certificate, {group['confidence']}."
    assert finding["message"] == f"{sure} {group['explanation']} {group['advice']}"
    assert group["truststores"] == ["acme/prod/keystores/backends"]
    assert finding["direction"] == "southbound"
    assert "acme/prod/proxies/orders" in finding["affects"]
    assert "place       acme/prod/proxies/orders" in told(capsys, unknown, "--snapshot", "x")[1]


def test_a_key_log_that_holds_no_secrets_is_told(capsys) -> None:
    status, _, err = told(capsys, GOOD, "--keylog", GOOD)
    assert status == 0
    assert err == f"{GOOD} holds no secrets: nothing can be opened with it\n"
    keys = str(FOLDER / "keys-good.keys")
    assert told(capsys, str(FOLDER / "keys-good.pcap"), "--keylog", keys)[2] == ""


def test_where_it_is_doubtful_that_anything_failed_that_is_to_be_found_out_first(capsys) -> None:
    _, out, _ = told(capsys, str(FOLDER / "client-none-nginx-tls1_2.pcap"))
    text = " ".join(out.split())
    assert "missing_client_certificate, possible" in text
    assert "next See in the server's log whether anything failed at all. If so:" in text


@pytest.mark.parametrize(
    ("name", "severity", "status"),
    [("checked-other", "warning", 0), ("unknown-java-tls1_2", "error", 1)],
    ids=["completed, and then perhaps refused", "refused, for a cause that is not sure"],
)
def test_what_may_be_no_failure_is_a_warning(name: str, severity: str, status: int, capsys) -> None:
    assert run(["capture", str(FOLDER / f"{name}.pcap"), "--format", "json"]) == status
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert {each["confidence"] for each in file["groups"]} == {"possible"}
    assert [each["severity"] for each in file["findings"]] == [severity]


def test_candidates_are_listed_as_one_says_them(capsys) -> None:
    _, out, _ = told(capsys, str(FOLDER / "protocol-gnutls-server.pcap"))
    assert "unknown, possibly protocol_mismatch or cipher_mismatch" in " ".join(out.split())
    _, out, _ = told(capsys, str(FOLDER / "cipher-java.pcap"))
    assert "possibly" not in out


def test_a_finding_tells_the_candidates_and_how_often_it_was_seen(capsys, tmp_path: Path) -> None:
    made = frames((FOLDER / "protocol-gnutls-server.pcap").read_bytes())
    client = made[0].source
    other = ("192.0.2.9", 5000)
    again = [
        replace(
            each,
            source=other if each.source == client else each.source,
            target=other if each.target == client else each.target,
        )
        for each in made
    ]
    file = tmp_path / "twice.pcap"
    file.write_bytes(pcap([*made, *again]))
    _, out, _ = told(capsys, str(file), "--format", "csv")
    assert '"unknown, possibly protocol_mismatch or cipher_mismatch, seen 2 times. The' in out
