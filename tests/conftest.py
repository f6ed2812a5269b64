"""Options and fixtures of all tests."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.demo import DemoEdge

# a loaded machine must not fail a test
settings.register_profile("ordinary", deadline=None, max_examples=50)
settings.register_profile("full", deadline=None, max_examples=200)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also the long tests")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.getoption("--full") else "ordinary")
    _stand_alone()


def _stand_alone() -> None:
    """Nothing of this machine's proxies, credentials and edgeaudit's variables reaches a test."""
    kept = {"EDGEAUDIT_ALL_TOOLS"}
    for name in set(os.environ) - kept:
        if name.lower().endswith("_proxy") or name.startswith(("EDGEAUDIT_", "SSO_LOGIN_URL")):
            del os.environ[name]
    os.environ.pop("NETRC", None)
    os.environ["EDGEAUDIT_TOKEN_CACHE"] = "false"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full"):
        long = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_collection_finish() -> None:
    """What is there now stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoEdge]:
    """The demo Edge as of NOW, for all that change nothing there."""
    from edgeaudit.demo import DemoEdge
    from tests.factories import NOW

    with DemoEdge(NOW) as edge:
        yield edge


@pytest.fixture(scope="session")
def recorded(demo: DemoEdge, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that replay all of the demo Edge, which is read once only, and judge it."""
    from edgeaudit.cli import run
    from tests.factories import NOW

    folder = tmp_path_factory.mktemp("recorded")
    snapshot, trust = folder / "edge", folder / "root.pem"
    trust.write_text(demo.ca_pem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEAUDIT_PASSWORD", demo.password)
        assert run(["snapshot", str(snapshot), "--url", demo.url, "--username", demo.username]) == 0
    return ["--snapshot", str(snapshot), "--trust", str(trust), "--at", NOW.isoformat()]
