"""`edgeaudit config check` finds what a run would find wrong, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from edgeaudit.cli import run, terminal
from tests.audit.estate import LEAF, ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Checks a configuration of that text beside some files: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "ask_secret", lambda _: pytest.fail("somebody was asked"))
    key = LEAF.private_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right")
    )
    files = {"root.pem": ROOT.pem, "cert.pem": LEAF.pem, "key.pem": key.decode()}
    files |= {"both.pem": LEAF.pem + LEAF.key_pem, "text": "nothing", "empty": "\n"}
    files |= {"secret": "right\n", "base.yaml": "suppressions: []"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "binary").write_bytes(b"\xff")

    def check(text: str) -> tuple[int, str, str]:
        (tmp_path / "edgeaudit.yaml").write_text(text)
        outcome = run(["config", "check"])
        return (outcome, *capsys.readouterr())

    return check


@pytest.mark.parametrize(
    "text",
    [
        "",
        "url: https://edge.example:8443/v1/\nlogin_url: https://login.example",
        "trust: [root.pem]\nmanagement_ca: root.pem\nlogin_ca: root.pem",
        "client_cert: both.pem",
        "{client_cert: cert.pem, client_key: key.pem, client_key_password_file: secret}",
        # a run may ask
        "{client_cert: cert.pem, client_key: key.pem}",
        "{password_file: secret, token_file: secret, output: {json: out.json}}",
        "installations: [{name: a, url: 'http://a'}, {name: b, url: 'http://b'}]",
        "baseline: base.yaml",
        "hosts: [root.pem, .]",
    ],
)
def test_nothing_is_wrong(checked, text: str) -> None:
    assert checked(text) == (0, "edgeaudit.yaml: valid\n", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("url: ''", "the URL of a server is empty"),
        ("url: ftp://x", "ftp://x is not the URL of a server"),
        ("url: http://x/v1/organizations", "http://x/v1/organizations goes on after /v1"),
        ("url: http://me:hunter2@x", "a URL must not hold a user or a password"),
        ("login_url: login.example", "login.example is not the URL of a server"),
        ("installations: [{name: a, url: x}]", "x is not the URL of a server"),
        ("{zone: acme, login_url: https://x}", "zone and login_url are both given for"),
        ("trust: [none.pem]", "none.pem cannot be read: No such file or directory"),
        ("trust: [root.pem, text]", "text: it holds no certificate"),
        ("management_ca: none.pem", "none.pem: No such file or directory"),
        ("login_ca: text", "text: not a CA file"),
        ("client_key: key.pem", "client_key is given without client_cert"),
        ("client_cert: none.pem", "none.pem: No such file or directory"),
        ("client_cert: cert.pem", "cert.pem: not a client certificate with its key"),
        ("{client_cert: cert.pem, client_key: text}", "not a client certificate with its key"),
        (
            "{client_cert: cert.pem, client_key: key.pem, client_key_password_file: text}",
            "not a client certificate with its key",
        ),
        ("password_file: none", "none cannot be read: No such file or directory"),
        ("token_file: .", " cannot be read: Is a directory"),
        ("refresh_token_file: binary", "binary cannot be read: it is not UTF-8 text"),
        ("mfa_secret_file: empty", "empty is empty"),
        ("format: pdf", 'there is no format "pdf"'),
        ("output: {pdf: x}", 'there is no format "pdf"'),
        ("output: {json: none/x}", "x cannot be written: there is no folder "),
        ("hosts: [none]", "none cannot be read: there is no such file or folder"),
        ("baseline: none", "none: No such file or directory"),
        ("baseline: text", "text:1: found 'nothing', expected keys and values"),
        ("policy: {rules: [{rule: none, severity: off}]}", "there is no rule none"),
        ("policy: {warn_within: 1d}", "error_within is longer than warn_within"),
    ],
)
def test_what_a_run_would_stumble_over(checked, text: str, told: str) -> None:
    outcome, out, err = checked(text)
    assert (outcome, out) == (2, "")
    assert err.startswith("edgeaudit: error: edgeaudit.yaml:")
    assert told in err
    assert "hunter2" not in err


def test_everything_is_told_and_each_once(checked) -> None:
    err = checked(
        "{format: pdf, trust: [none.pem], management_ca: text, url: '', "
        "installations: [{name: a}, {name: b, url: x}]}"
    )[2]
    errors = [line for line in err.splitlines() if line.startswith("edgeaudit: error: ")]
    assert len(errors) == len(set(errors)) == 5


def test_the_file_may_be_named_by_the_option_too(checked, capsys) -> None:
    checked("format: pdf")
    assert run(["config", "check", "--config", "edgeaudit.yaml"]) == 2
    assert 'edgeaudit.yaml: there is no format "pdf"' in capsys.readouterr().err
    assert run(["config", "check", "text", "--config", "edgeaudit.yaml"]) == 2
    assert "two files are named" in capsys.readouterr().err


def test_what_the_environment_gives_is_not_read(checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "given")
    assert checked("password_file: none")[0] == 0


@pytest.mark.parametrize("url", ["", " ", "\t"])
@pytest.mark.parametrize("platform", ["auto", "public", "private"])
def test_an_empty_url(capsys: pytest.CaptureFixture[str], url: str, platform: str) -> None:
    outcome = run(["audit", "--url", url, "--platform", platform])
    assert (outcome, *capsys.readouterr()) == (
        *(2, ""),
        "edgeaudit: error: the URL of a server is empty\nedgeaudit: hint: http(s)://HOST:PORT\n",
    )
