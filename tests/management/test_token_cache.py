"""The file that tokens wait in between runs: who may read it, what it survives."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from edgeaudit.management.claims import FOREVER
from edgeaudit.management.token_cache import KEPT, PATIENCE, TokenCache, Tokens
from tests.management.asking import Clock

TOKENS = Tokens("abc.def", "refresh-1", 1_800_000_900.0, (1_800_000_000.0,), 5.0, 7)
DAMAGE: list[dict[str, Any]] = [
    {"access_token": "two words\r\nX: injected"},
    {"access_token": 5},
    {"renew_at": "soon"},
    {"renew_at": 10**400},
    {"asked_at": 5},
    {"asked_at": [None]},
    {"wait_until": []},
    {"code_step": "x"},
]


class Trouble(list[str]):
    """The warnings of a cache."""

    def cache(self, path: Path | None, clock: Clock | None = None) -> TokenCache:
        """A cache that warns here."""
        clock = clock or Clock()
        return TokenCache(path, warn=self.append, sleep=clock.sleep, clock=clock)


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a/b/tokens.json"


def kept(cache: TokenCache, login: str = "me", tokens: Tokens = TOKENS) -> None:
    with cache.locked():
        cache.put(login, tokens)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_next_run_finds_what_this_one_has_kept(path: Path, trouble: Trouble) -> None:
    kept(trouble.cache(path))
    assert trouble.cache(path).get("me") == TOKENS
    assert trouble.cache(path).get("you") == Tokens()
    assert trouble == []


def test_several_logins_stand_beside_one_another(path: Path, trouble: Trouble) -> None:
    other = Tokens("other", renew_at=FOREVER)
    kept(trouble.cache(path))
    kept(trouble.cache(path), "you", other)
    assert [trouble.cache(path).get(login) for login in ("me", "you")] == [TOKENS, other]


def test_only_the_owner_may_read(path: Path, trouble: Trouble) -> None:
    before = os.umask(0)
    try:
        kept(trouble.cache(path))
    finally:
        os.umask(before)
    folder = path.parent
    assert [mode(each) for each in (path, folder, folder.parent)] == [0o600, 0o700, 0o700]
    assert {each.name: mode(each) for each in folder.iterdir()} == {
        "tokens.json": 0o600,
        "tokens.json.lock": 0o600,
    }


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_not_used(path: Path, bits: int, trouble: Trouble) -> None:
    kept(trouble.cache(path))
    path.chmod(bits)
    before = path.read_bytes()
    cache = trouble.cache(path)
    assert cache.get("me") == Tokens()
    kept(cache, "you")
    assert path.read_bytes() == before
    assert trouble == [
        f"the token cache {path} is not used: others may use it (mode {bits:04o}); delete it"
    ]


def test_a_file_of_another_user_is_not_used(
    path: Path, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(trouble.cache(path))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert trouble.cache(path).get("me") == Tokens()
    assert trouble == [f"the token cache {path} is not used: it belongs to another user"]


def test_a_symbolic_link_is_not_followed(path: Path, trouble: Trouble, tmp_path: Path) -> None:
    kept(trouble.cache(path))
    link, before = tmp_path / "link", path.read_bytes()
    link.symlink_to(path)
    cache = trouble.cache(link)
    assert cache.get("me") == Tokens()
    kept(cache, "you")
    assert link.is_symlink()
    assert path.read_bytes() == before
    assert trouble == [f"the token cache {link} is not used: it is a symbolic link"]


def test_a_lock_that_is_a_symbolic_link_is_not_followed(path: Path, trouble: Trouble) -> None:
    path.parent.mkdir(parents=True)
    target = path.with_name("target")
    Path(f"{path}.lock").symlink_to(target)
    kept(trouble.cache(path))
    assert not target.exists()
    assert len(trouble) == 1


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_used(tmp_path: Path, make: Any, trouble: Trouble) -> None:
    path = tmp_path / "tokens.json"
    make(path)
    path.chmod(0o600)
    assert trouble.cache(path).get("me") == Tokens()
    assert trouble == [f"the token cache {path} is not used: it is no regular file"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"logins": 3}',
        b'{"logins": {"me": 3}}',
        b'{"logins": {"me": {}}}',
        b'{"logins": {"me": {"access_token": "cut o',
        b"[" * 100_000,
        *(json.dumps({"logins": {"me": {**vars(TOKENS), **one}}}).encode() for one in DAMAGE),
    ],
)
def test_damage_counts_as_nothing_and_is_mended(
    path: Path, content: bytes, trouble: Trouble
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o600)
    cache = trouble.cache(path)
    assert cache.get("me") == Tokens()
    kept(cache)
    assert trouble.cache(path).get("me") == TOKENS
    assert trouble == []


def test_without_a_file_it_lasts_for_the_run(trouble: Trouble) -> None:
    cache = trouble.cache(None)
    kept(cache)
    assert cache.get("me") == TOKENS


@pytest.mark.parametrize("parent", ["/proc/edgeaudit", "/dev/null/edgeaudit"])
def test_where_nothing_can_be_written_it_lasts_for_the_run(parent: str, trouble: Trouble) -> None:
    cache = trouble.cache(Path(parent, "tokens.json"))
    kept(cache)
    kept(cache, "you")
    assert cache.get("me") == TOKENS
    assert len(trouble) == 1
    assert trouble[0].startswith(f"the token cache {parent}/tokens.json is not used: ")


def test_a_draft_that_fails_leaves_the_file_as_it_was(
    path: Path, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(trouble.cache(path))

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_space)
    cache = trouble.cache(path)
    kept(cache, "me", Tokens("new"))
    assert cache.get("me") == Tokens("new")
    assert trouble == [
        f"the token cache {path} is not used: it cannot be written: No space left on device"
    ]
    assert Trouble().cache(path).get("me") == TOKENS
    assert len(list(path.parent.iterdir())) == 2


def test_what_nobody_has_used_for_long_is_forgotten(path: Path, trouble: Trouble) -> None:
    clock = Clock()
    kept(trouble.cache(path, clock))
    clock.now += KEPT + 1
    kept(trouble.cache(path, clock), "you")
    assert trouble.cache(path).get("me") == Tokens()


def test_many_at_once_lose_nothing(path: Path, trouble: Trouble) -> None:
    def add(name: str) -> None:
        cache = TokenCache(path, warn=trouble.append)
        for _ in range(5):
            with cache.locked():
                known = cache.get("all")
                cache.put("all", Tokens(code_step=known.code_step + 1))
                cache.put(name, TOKENS)

    threads = [threading.Thread(target=add, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble.cache(path).get("all").code_step == 40
    assert {trouble.cache(path).get(str(number)) for number in range(8)} == {TOKENS}
    assert trouble == []


def test_one_that_holds_on_is_not_waited_for_for_ever(path: Path, trouble: Trouble) -> None:
    clock = Clock()
    kept(trouble.cache(path))
    with Path(f"{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept(trouble.cache(path, clock), "you")
    assert sum(clock.slept) == pytest.approx(PATIENCE)
    assert trouble.cache(path).get("you") == TOKENS


def test_tokens_do_not_show() -> None:
    assert "abc.def" not in repr(TOKENS)
    assert "refresh-1" not in repr(TOKENS)
