"""Which credentials a run uses, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import access, terminal
from edgeaudit.config import Config, NamedAccess
from edgeaudit.errors import ConfigError, InputError
from edgeaudit.management.auth import Basic, OAuth, Token

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = "http://management.example.com:8080"
PUBLIC = "https://api.enterprise.apigee.com/v1"


@pytest.fixture(autouse=True)
def nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSWORD", "TOKEN", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"EDGEAUDIT_{name}", raising=False)
    monkeypatch.delenv("SSO_LOGIN_URL", raising=False)
    monkeypatch.setattr(terminal, "can_ask", lambda: False)


def _authentication(**keys: Any) -> object:
    (one,) = Config(**{"url": PRIVATE, "username": "a@b.example", **keys}).accesses()
    return access._authentication(one)


@pytest.mark.parametrize(
    ("keys", "variables", "expected"),
    [
        ({}, {"PASSWORD": "p"}, Basic),
        ({"url": PUBLIC}, {"PASSWORD": "p"}, OAuth),
        ({"url": PUBLIC, "auth": "basic"}, {"PASSWORD": "p"}, Basic),
        ({"auth": "oauth"}, {"PASSWORD": "p"}, OAuth),
        ({"platform": "public"}, {"PASSWORD": "p"}, OAuth),
        ({"login_url": "http://sso.example:9099"}, {"PASSWORD": "p"}, OAuth),
        ({"username": None}, {"TOKEN": "t"}, Token),
        ({}, {"TOKEN": "t", "PASSWORD": "p"}, Token),
        ({"username": None}, {"REFRESH_TOKEN": "r"}, OAuth),
    ],
)
def test_how_a_run_logs_in(keys, variables, expected, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"EDGEAUDIT_{name}", value)
    assert isinstance(_authentication(**keys), expected)


def test_sso_login_url_is_the_login_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    monkeypatch.setenv("SSO_LOGIN_URL", "https://zone.login.apigee.com")
    assert isinstance(_authentication(), OAuth)


def test_a_password_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p ä\n", "utf-8")
    header = _authentication(password_file=file).header()  # type: ignore[attr-defined]
    assert header == Basic("a@b.example", "p ä").header()


@pytest.mark.parametrize("name", ["none", "."])
def test_a_password_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read: "):
        _authentication(password_file=tmp_path / name)


def test_without_a_terminal_a_missing_password_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"there is no password for a@b.example") as caught:
        _authentication()
    assert "EDGEAUDIT_PASSWORD" in caught.value.hint


def test_on_a_terminal_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "can_ask", lambda: True)
    monkeypatch.setattr(terminal, "ask_secret", lambda prompt: f"answer to {prompt}")
    header = _authentication().header()  # type: ignore[attr-defined]
    assert header == Basic("a@b.example", "answer to Password of a@b.example").header()


def test_without_a_user() -> None:
    with pytest.raises(ConfigError, match="no user is named for installation default"):
        _authentication(username=None)


def test_without_a_server() -> None:
    with pytest.raises(ConfigError, match="no management server is named") as caught:
        access._url(NamedAccess(name="default"))
    assert "edgeaudit demo" in caught.value.hint


def test_the_public_cloud_needs_no_url_and_an_organization() -> None:
    assert access._url(NamedAccess(name="x", platform="public", org=("a",))).startswith(PUBLIC[:-3])
    with pytest.raises(ConfigError, match="does not list its organizations"):
        access._url(NamedAccess(name="x", url=PUBLIC))
