"""Options and fixtures of all tests."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

# a loaded machine must not fail a test
settings.register_profile("edgeaudit", deadline=None)
settings.load_profile("edgeaudit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also the long tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full"):
        long = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_collection_finish() -> None:
    """What is there now stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's proxies, credentials and edgeaudit's variables reaches a test."""
    kept = {"EDGEAUDIT_ALL_TOOLS"}
    for name in set(os.environ) - kept:
        if name.lower().endswith("_proxy") or name.startswith(("EDGEAUDIT_", "SSO_LOGIN_URL")):
            monkeypatch.delenv(name)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("EDGEAUDIT_TOKEN_CACHE", "false")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that replay the demo Edge as of NOW, which is read once only, and trust it."""
    from edgeaudit.cli import run
    from edgeaudit.demo import DemoEdge
    from tests.factories import NOW

    folder = tmp_path_factory.mktemp("recorded")
    snapshot, trust = folder / "edge", folder / "root.pem"
    with DemoEdge(NOW) as edge, pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEAUDIT_PASSWORD", edge.password)
        patch.setenv("EDGEAUDIT_TOKEN_CACHE", "false")
        patch.setenv("EDGEAUDIT_CONFIG", os.devnull)
        trust.write_text(edge.ca_pem)
        assert run(["snapshot", str(snapshot), "--url", edge.url, "--username", edge.username]) == 0
    return ["--snapshot", str(snapshot), "--trust", str(trust), "--at", NOW.isoformat()]
