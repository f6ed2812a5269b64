"""Which server a run reads, and when it asks whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgeaudit.cli import access, terminal
from edgeaudit.config import Config, NamedAccess
from edgeaudit.errors import ConfigError
from edgeaudit.hosts.reading import HostFiles
from edgeaudit.management.stop import Stop
from edgeaudit.management.token_cache import TokenCache
from tests.management.login import counting
from tests.management.server import reply, serving

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = "https://api.enterprise.apigee.com"


def test_without_a_server() -> None:
    with pytest.raises(ConfigError, match="no management server is named") as caught:
        access._url(NamedAccess(name="default"))
    assert "edgeaudit demo" in caught.value.hint


def test_the_public_cloud_needs_no_url_and_an_organization() -> None:
    assert access._url(NamedAccess(name="x", platform="public", org=("a",))) == PUBLIC
    with pytest.raises(ConfigError, match="does not list its organizations"):
        access._url(NamedAccess(name="x", url=f"{PUBLIC}/v1"))


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_prompt_comes_before_the_reading(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "can_ask", lambda: is_terminal)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    with serving(counting()) as login:
        config = Config(url="http://127.0.0.1:9", username="me", login_url=login.url)
        access._client(config.accesses()[0], config, TokenCache(), Stop())
        assert len(login.requests) == is_terminal


@pytest.mark.parametrize("is_on", [True, False])
def test_tokens_are_kept_where_the_configuration_says(
    is_on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    file = tmp_path / "kept/tokens.json"
    with serving(counting()) as login, serving([reply(404)]) as server:
        options = {"token_cache": file if is_on else False}
        config = Config(url=server.url, username="me", login_url=login.url, **options)
        for _ in range(2):
            access.read(config, quiet=True)
        assert len(login.requests) == (1 if is_on else 2)
    assert file.exists() is is_on


def test_a_token_cache_that_cannot_be_used_is_told_and_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    file = tmp_path / "tokens.json"
    file.touch(0o644)
    with serving(counting()) as login, serving([reply(404)]) as server:
        config = Config(url=server.url, username="me", login_url=login.url, token_cache=file)
        access.read(config, quiet=True)
        assert len(login.requests) == 1
    warning = f"edgeaudit: warning: the token cache {file} is not used: others may use it"
    assert capsys.readouterr().err.count(warning) == 1


@pytest.mark.parametrize("keys", [{}, {"auth": "basic"}])
def test_nothing_is_kept_of_basic_credentials_and_ready_made_tokens(
    keys: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD" if keys else "EDGEAUDIT_TOKEN", "given")
    file = tmp_path / "tokens.json"
    with serving([reply(401)]) as server:
        access.read(Config(url=server.url, username="me", token_cache=file, **keys), quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_what_message_processors_offer_is_told_to_each_installation() -> None:
    own = {"message_processor": {"protocols": ["TLSv1.2"], "ciphers": ["A", "B"]}}
    config = Config(installations=[{"name": "a"}, {"name": "b", "message_processor": {}}], **own)
    told = [access._told(each, HostFiles()) for each in config.accesses()]
    assert [each.protocols for each in told] == [("TLSv1.2",), ()]
    assert [each.ciphers for each in told] == [("A", "B"), ()]


@pytest.mark.parametrize(
    ("given", "told"), [("auto", None), ("public", "public"), ("private", "private")]
)
def test_the_platform_is_told_where_it_is_given(given, told) -> None:
    (one,) = Config(url="http://edge", platform=given).accesses()
    assert access._told(one, HostFiles()).platform == told
