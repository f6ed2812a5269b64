"""Which management server a run reads, and when it asks whom."""

from __future__ import annotations

import pytest

from edgeaudit.cli import terminal
from edgeaudit.cli.login import client_of, url_of
from edgeaudit.config import Config, NamedAccess
from edgeaudit.errors import ConfigError
from edgeaudit.management.stop import Stop
from edgeaudit.management.token_cache import TokenCache
from tests.management.login import counting
from tests.management.server import serving

PUBLIC = "https://api.enterprise.apigee.com"


def test_without_a_server() -> None:
    with pytest.raises(ConfigError, match="no management server is named") as caught:
        url_of(NamedAccess(name="default"))
    assert "edgeaudit demo" in caught.value.hint


def test_the_public_cloud_needs_no_url_and_an_organization() -> None:
    assert url_of(NamedAccess(name="x", platform="public", org=("a",))) == PUBLIC
    with pytest.raises(ConfigError, match="does not list its organizations"):
        url_of(NamedAccess(name="x", url=f"{PUBLIC}/v1"))


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_prompt_comes_before_the_reading(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "can_ask", lambda: is_terminal)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    with serving(counting()) as login:
        config = Config(url="http://127.0.0.1:9", username="me", login_url=login.url)
        client_of(config.accesses()[0], config, TokenCache(), Stop())
        assert len(login.requests) == is_terminal
