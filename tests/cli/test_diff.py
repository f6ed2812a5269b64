"""`edgeaudit diff` and `edgeaudit compare`, as a user meets them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import access, run
from edgeaudit.inventory import Gap
from tests.audit.estate import LEAF, Estate, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.inventory import Inventory


@pytest.fixture
def told(monkeypatch: Any, capsys: Any) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; what is read of each snapshot (None: the installation) is given."""
    monkeypatch.setenv("EDGEAUDIT_URL", "http://127.0.0.1:1")

    def running(read: dict[str | None, list[Inventory]], *arguments: str) -> tuple[int, str, str]:
        def reading(*_: Any, snapshot: Any = None, **__: Any) -> list[Inventory]:
            return read[str(snapshot) if snapshot else None]

        monkeypatch.setattr(access, "read", reading)
        status = run([*arguments, "--at", NOW.isoformat(), "--no-public-roots"])
        return (status, *capsys.readouterr())

    return running


OLD = [secure().inventory()]
NEW = [secure([LEAF]).inventory()]


def test_two_snapshots(told) -> None:
    status, out, err = told({"a": OLD, "b": NEW}, "diff", "a", "b", "--format", "json")
    data = json.loads(out)
    assert (status, err) == (0, "")
    assert [each["event"] for each in data["changes"]] == ["went"]
    assert [each["rule"] for each in data["findings"]["came"]] == ["incomplete-chain"]


def test_a_snapshot_and_the_installation(told) -> None:
    _, out, _ = told({"a": OLD, None: NEW}, "diff", "a")
    assert out.startswith("CHANGES\n  acme/prod/keystores/web/server#1\n      certificate went")


def test_not_everything_could_be_read(told) -> None:
    estate = secure()
    estate.gaps = [Gap("acme/prod/references", "forbidden", "HTTP 403")]
    status, out, _ = told({"a": OLD, "b": [estate.inventory()]}, "diff", "a", "b")
    assert status == 3
    assert "acme/prod/references" in out
    assert "not everything could be read" in " ".join(out.split())


def test_one_side_was_asked_for_less(told) -> None:
    less = [replace(each, environments=(), is_narrowed=True) for each in OLD]
    status, out, _ = told({"a": OLD, "b": less}, "diff", "a", "b")
    assert status == 3
    assert "0 changes; " in out
    assert "things could not be compared" in " ".join(out.split())


def test_no_installation_in_common(told) -> None:
    others = [secure().inventory("east")]
    status, out, err = told({"a": OLD, "b": others}, "diff", "a", "b")
    assert (status, out) == (2, "")
    assert "no installation is in both: default was old, east is new" in err


def test_two_environments(told) -> None:
    both = [secure().inventory("east"), Estate().host("web", port=1).inventory("west")]
    names = ("east:acme/prod", "west:acme/prod")
    status, out, err = told({None: both}, "compare", *names)
    assert (status, err) == (0, "")
    assert "  keystores/web\n      keystore only in east:acme/prod\n" in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme/nope", "there is no environment acme/nope"),
        ("acme/prod", "several environments are called acme/prod"),
    ],
)
def test_which_environment(told, name: str, said: str) -> None:
    both = [secure().inventory("east"), secure().inventory("west")]
    status, out, err = told({None: both}, "compare", name, "west:acme/prod")
    assert (status, out) == (2, "")
    assert f"error: {said}\n" in err
    assert "east:acme/prod" in err or "acme/prod" in err.splitlines()[1]


def test_nothing_could_be_read(told) -> None:
    gap = Gap("127.0.0.1:1", "unreachable", "refused")
    nothing = replace(secure().inventory(), environments=(), gaps=(gap,))
    status, out, _ = told({None: [nothing]}, "compare", "acme/prod", "acme/test")
    assert (status, out) == (3, "")
