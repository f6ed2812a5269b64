"""What a run reads, as the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgeaudit.cli import access
from edgeaudit.config import Config
from edgeaudit.hosts.reading import HostFiles
from tests.management.login import counting
from tests.management.server import reply, serving

if TYPE_CHECKING:
    from pathlib import Path


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
