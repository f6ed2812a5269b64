"""Credentials that other tools keep: whose they are, and whom they may be shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.management.elsewhere import left_token, netrc_login
from tests.management.login import jwt

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
PUBLIC = "https://api.enterprise.apigee.com/v1"
PRIVATE = "http://management.example.com:8080"
LOGIN = "https://login.apigee.com"
ZONE = "https://acme.login.apigee.com"
SSO = "http://sso.example.com:9099"


def token(**claims: Any) -> str:
    return jwt(0, **{"iat": NOW - 60, "exp": NOW + 600, **claims})


def left(home: Path, url: str, login_url: str | None = None, username: str = "") -> str:
    return left_token(home, url, login_url, username, NOW)


@pytest.fixture
def dat(tmp_path: Path) -> Path:
    """What get_token writes."""
    (tmp_path / ".sso-cli").mkdir()
    return tmp_path / ".sso-cli/valid_token.dat"


@pytest.mark.parametrize(
    ("issuer", "url", "login_url", "is_used"),
    [
        (None, PUBLIC, None, True),
        (None, PRIVATE, None, False),
        (None, PRIVATE, SSO, False),
        (None, "http://api.enterprise.apigee.com", None, False),
        (None, "https://api.enterprise.apigee.com.evil.example", None, False),
        (None, "https://api.enterprise.apigee.com:8443", None, False),
        (LOGIN, PUBLIC, None, True),
        (LOGIN, PUBLIC, LOGIN, True),
        (LOGIN, "http://api.enterprise.apigee.com", None, False),
        (LOGIN, PUBLIC, ZONE, False),
        (LOGIN, PRIVATE, None, False),
        (LOGIN, PRIVATE, LOGIN, False),
        (ZONE, PUBLIC, None, True),
        (ZONE, PUBLIC, ZONE, True),
        (ZONE, PUBLIC, LOGIN, False),
        (ZONE, PUBLIC, "https://other.login.apigee.com", False),
        (SSO, PRIVATE, SSO, True),
        (SSO, PRIVATE, None, False),
        (SSO, PRIVATE, "http://sso.example.com:9100", False),
        (SSO, PRIVATE, "https://sso.example.com:9099", False),
        (SSO, PUBLIC, SSO, False),
        ("https://evillogin.apigee.com", PUBLIC, None, False),
        ("https://login.apigee.com.evil.example", PUBLIC, None, False),
        ("https://[bad", PUBLIC, None, False),
        (5, PRIVATE, None, False),
    ],
)
def test_a_token_of_get_token_is_for_the_host_that_it_belongs_to(
    dat: Path, tmp_path: Path, issuer: Any, url: str, login_url: str | None, is_used: bool
) -> None:
    claims = {"iss": f"{issuer}/oauth/token" if isinstance(issuer, str) else issuer}
    text = token(**(claims if issuer else {}))
    dat.write_text(f"{text}\n")
    assert left(tmp_path, url, login_url) == (text if is_used else "")


@pytest.mark.parametrize(
    ("exp", "is_used"),
    [(NOW + 31, True), (NOW + 30, False), (NOW - 1, False), ("soon", False), (0, False)],
)
def test_only_a_token_that_lives(dat: Path, tmp_path: Path, exp: Any, is_used: bool) -> None:
    dat.write_text(token(exp=exp))
    assert bool(left(tmp_path, PUBLIC)) is is_used


def test_a_token_that_says_nothing_is_for_the_public_cloud(dat: Path, tmp_path: Path) -> None:
    dat.write_text("opaque")
    assert left(tmp_path, PUBLIC) == "opaque"
    assert left(tmp_path, PRIVATE) == ""
    assert left(tmp_path, PUBLIC, username="me@example.com") == ""


@pytest.mark.parametrize("claim", ["user_name", "email"])
def test_only_the_token_of_the_user_that_was_named(dat: Path, tmp_path: Path, claim: str) -> None:
    dat.write_text(token(**{claim: "me@example.com"}))
    assert left(tmp_path, PUBLIC, username="me@example.com")
    assert left(tmp_path, PUBLIC, username="you@example.com") == ""


@pytest.mark.parametrize("content", [b"", b"\xff", b"\n"])
def test_an_empty_or_damaged_file(dat: Path, tmp_path: Path, content: bytes) -> None:
    dat.write_bytes(content)
    assert left(tmp_path, PUBLIC) == ""


def test_where_nothing_is_left(tmp_path: Path) -> None:
    assert left(tmp_path, PUBLIC) == ""


def stash(home: Path, entries: Any) -> None:
    (home / ".apigee-edge-tokens").write_text(json.dumps(entries))


@pytest.mark.parametrize(
    ("server", "login", "url", "login_url", "is_used"),
    [
        (PUBLIC[:-3], LOGIN, PUBLIC, None, True),
        (PUBLIC[:-3], LOGIN, PUBLIC, LOGIN, True),
        (PUBLIC[:-3], ZONE, PUBLIC, LOGIN, False),
        (PUBLIC[:-3], LOGIN, PRIVATE, None, False),
        (PRIVATE, SSO, PRIVATE, None, True),
        (PRIVATE, SSO, PRIVATE + "/v1", SSO, True),
        (PRIVATE, SSO, PUBLIC, None, False),
        (PRIVATE, SSO, "http://management.example.com:8081", None, False),
        (PRIVATE, SSO, "https://management.example.com:8080", None, False),
        ("", "", PRIVATE, None, False),
    ],
)
def test_a_token_of_apigee_edge_js_is_for_the_host_of_its_key(
    tmp_path: Path, server: str, login: str, url: str, login_url: str | None, is_used: bool
) -> None:
    stash(tmp_path, {f"me##{server}##{login}": {"access_token": token()}})
    assert bool(left(tmp_path, url, login_url)) is is_used


def test_the_user_of_the_key(dat: Path, tmp_path: Path) -> None:
    mine, yours = token(jti="mine"), token(jti="yours")
    entries = {
        f"me##{PUBLIC}##{LOGIN}": {"access_token": mine},
        f"you##{PUBLIC}##{LOGIN}": {"access_token": yours},
    }
    stash(tmp_path, entries)
    assert left(tmp_path, PUBLIC, username="me") == mine
    assert left(tmp_path, PUBLIC, username="you") == yours
    assert left(tmp_path, PUBLIC, username="they") == ""
    dat.write_text(token())
    assert left(tmp_path, PUBLIC) == ""  # who it should be is not said


@pytest.mark.parametrize(
    ("entry", "is_used"),
    [
        ({"access_token": token(exp=NOW + 29)}, False),
        ({"access_token": "opaque", "issued_at": NOW * 1000, "expires_in": 60}, True),
        ({"access_token": "opaque", "issued_at": NOW * 1000, "expires_in": 30}, False),
        ({"access_token": "opaque"}, False),
        ({"access_token": 5}, False),
        ({}, False),
        ([], False),
    ],
)
def test_only_an_entry_that_lives(tmp_path: Path, entry: Any, is_used: bool) -> None:
    stash(tmp_path, {f"me##{PRIVATE}##{SSO}": entry})
    assert bool(left(tmp_path, PRIVATE)) is is_used


@pytest.mark.parametrize("content", [[], 5, {"me": 1}, {"a##b": {}}, {"a##b##c##d": {}}])
def test_a_stash_of_another_shape(tmp_path: Path, content: Any) -> None:
    stash(tmp_path, content)
    assert left(tmp_path, PUBLIC) == ""


def read(path: Path, text: str, host: str = "management.example.com") -> tuple[Any, list[str]]:
    path.write_text(text)
    warnings: list[str] = []
    return netrc_login(host, str(path), warnings.append), warnings


def test_netrc_goes_by_the_host(tmp_path: Path) -> None:
    text = "machine management.example.com login me password p#1\nmachine x login y password z\n"
    assert read(tmp_path / "netrc", text) == (("me", "p#1"), [])
    assert read(tmp_path / "netrc", text, "other.example") == (("", ""), [])


def test_the_default_of_netrc_is_for_nobody(tmp_path: Path) -> None:
    assert read(tmp_path / "netrc", "default login me password p") == (("", ""), [])


def test_a_netrc_that_is_not_there(tmp_path: Path) -> None:
    warnings: list[str] = []
    assert netrc_login("x", str(tmp_path / "none"), warnings.append) == ("", "")
    assert warnings == []


def test_a_damaged_netrc_is_told_without_what_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "netrc"
    found, warnings = read(path, "machine x login y password z\nhunter2 hunter2\n")
    assert found == ("", "")
    assert warnings == [f"{path} is not used: line 2"]


def test_a_netrc_that_cannot_be_read(tmp_path: Path) -> None:
    warnings: list[str] = []
    assert netrc_login("x", str(tmp_path), warnings.append) == ("", "")
    assert warnings == [f"{tmp_path} is not used: it cannot be read"]


def test_the_user_s_own_netrc_is_for_the_user_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".netrc"
    path.write_text("machine x login y password z\n")
    warnings: list[str] = []
    path.chmod(0o644)
    assert netrc_login("x", None, warnings.append) == ("", "")
    assert warnings == ["~/.netrc is not used: others may use it"]
    path.chmod(0o600)
    assert netrc_login("x", None, warnings.append) == ("y", "z")
