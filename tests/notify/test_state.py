"""The state file: its owner's alone, whole or not at all, and never a reason to be silent."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.uses import Use
from edgeaudit.errors import DeliveryError
from edgeaudit.notify import state as module
from edgeaudit.notify.memory import Memory, Told, Unread
from edgeaudit.notify.state import State
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USE = Use("default", "acme/prod/virtualhosts/web", "leaf")
KNOWN = Memory(
    {"ab" * 32: Told(30, "CN=ü\ud800", NOW + timedelta(days=3), frozenset({USE}), NOW)},
    frozenset({Unread("default", "acme/prod", "timeout")}),
    NOW,
    NOW.date(),
)


def _state(path: Path, warn: Callable[[str], None] = lambda _: None) -> State:
    return State(path, warn, sleep=lambda _: None)


def test_what_is_kept_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/told.json"
    state = _state(path)
    with state.locked():
        state.keep("mail a@example.com", KNOWN)
    warnings: list[str] = []
    again = _state(path, warnings.append)
    with again.locked():
        assert again.memory("mail a@example.com") == KNOWN
        assert again.memory("mail b@example.com") == Memory()
    assert warnings == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(each.name for each in path.parent.iterdir()) == ["told.json", "told.json.lock"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is new"),
        (b"", "is damaged"),
        (b"\xff\x00", "is damaged"),
        (b"[]", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b'{"edgeaudit/told/2": {}}', "is of another edgeaudit"),
        (b'{"edgeaudit/told/1": {}, "edgeaudit/told/2": {}}', "is of another edgeaudit"),
        (b'{"edgeaudit/told/1": []}', "is damaged"),
        (b'{"edgeaudit/told/1": {"a": {}}}', "is damaged"),
    ],
)
def test_nothing_to_be_read_is_said(tmp_path: Path, content: bytes | None, told: str) -> None:
    warnings: list[str] = []
    path = tmp_path / "told.json"
    if content is not None:
        path.write_bytes(content)
    state = _state(path, warnings.append)
    with state.locked():
        assert state.memory("a") == Memory()
        state.keep("a", KNOWN)
    (warning,) = warnings
    assert told in warning
    assert json.loads(path.read_text())["edgeaudit/told/1"]["a"]["unread_at"]


def _values(data: Any) -> st.SearchStrategy[Any]:
    """That data with any one value in it replaced by another."""
    anything = st.none() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=3)
    changed = [anything]
    items = (
        enumerate(data)
        if isinstance(data, list)
        else data.items()
        if isinstance(data, dict)
        else ()
    )
    for key, value in items:

        def put(new: Any, key: Any = key) -> Any:
            copy = data.copy()
            copy[key] = new
            return copy

        changed.append(_values(value).map(put))
    return st.one_of(changed)


@given(_values(json.loads(json.dumps(KNOWN.as_data()))))
def test_damage_of_any_kind_is_damage(data: Any) -> None:
    try:
        memory = Memory.of_data(data)
    except ValueError:
        return
    assert Memory.of_data(json.loads(json.dumps(memory.as_data()))) == memory


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    warnings: list[str] = []
    path = tmp_path / "told.json"
    path.symlink_to(tmp_path / "elsewhere")
    with _state(path, warnings.append).locked():
        pass
    assert "cannot be read" in warnings[0]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(DeliveryError, match="the next run tells it again: File exists"),
        _state(tmp_path / "file/told.json").locked(),
    ):
        pytest.fail("it was locked")


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "told.json"
    state = _state(path)
    with state.locked():
        state.keep("a", KNOWN)
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(DeliveryError, match="No space left on device"):
            state.keep("b", KNOWN)
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["told.json", "told.json.lock"]


def test_the_draft_of_a_killed_run_does_not_stay(tmp_path: Path) -> None:
    state = _state(tmp_path / "told.json")
    (tmp_path / ".told.json.draft").symlink_to(tmp_path / "elsewhere")
    with state.locked():
        state.keep("a", KNOWN)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["told.json", "told.json.lock"]


def test_nothing_new_is_not_written(tmp_path: Path, monkeypatch: Any) -> None:
    state = _state(tmp_path / "told.json")
    with state.locked():
        state.keep("a", KNOWN)
        monkeypatch.setattr(State, "_write", lambda *_: pytest.fail("it was written"))
        state.keep("a", KNOWN)


def test_a_run_waits_for_the_other(tmp_path: Path) -> None:
    """And knows then what that one has told."""
    path = tmp_path / "told.json"
    first, waits = _state(path), threading.Event()
    found: list[Memory] = []

    def wait(_: float) -> None:
        waits.set()
        time.sleep(0.01)

    def second() -> None:
        state = State(path, lambda _: None, wait)
        with state.locked():
            found.append(state.memory("a"))

    with first.locked():
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        first.keep("a", KNOWN)
    thread.join(60)
    assert found == [KNOWN]


def test_a_run_that_never_ends_is_not_waited_for(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    path = tmp_path / "told.json"
    with (
        _state(path).locked(),
        pytest.raises(DeliveryError, match="another run holds"),
        _state(path).locked(),
    ):
        pytest.fail("it was locked twice")
