"""Tokens between runs: one file that only its owner may read, shared by runs at the same time."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from edgeaudit.errors import BadAnswer
from edgeaudit.management.claims import TOKEN, number
from edgeaudit.management.source import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 60.0  # seconds to wait for the login of another run
KEPT = 30 * 86400.0  # the longest documented life of a refresh token

_LARGEST = 1024 * 1024
_PAUSE = 0.1
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY


@dataclass(frozen=True)
class Tokens:
    """What is known of one login: its tokens, and how often it was asked. Times as time.time()."""

    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    renew_at: float = 0.0
    asked_at: tuple[float, ...] = ()
    wait_until: float = 0.0
    code_step: int = 0


class TokenCache:
    """What is known of each login, in the file at `path`; only in memory where that is None.

    A file that others may read, that is another user's or a symbolic link is not used, and
    `warn` is told so; damaged content counts as none. Nothing here raises for the file's sake.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        warn: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._warn, self._sleep, self._clock = warn, sleep, clock
        self._memory: dict[str, Tokens] = {}

    def get(self, login: str) -> Tokens:
        """What is known of `login`; empty where nothing is."""
        entry = self._entries().get(login)
        return self._memory.get(login, Tokens()) if entry is None else _tokens(entry)

    def put(self, login: str, tokens: Tokens) -> None:
        """From now on, `tokens` is what is known of `login`."""
        self._memory[login] = tokens
        now = self._clock()
        kept = {
            name: entry
            for name, entry in self._entries().items()
            if isinstance(entry, dict) and number(entry.get("written_at")) > now - KEPT
        }
        logins = {**kept, login: {"written_at": now, **asdict(tokens)}}
        try:
            self._write(json.dumps({"schema": "edgeaudit/tokens/1", "logins": logins}))
        except OSError as error:
            self._give_up(f"it cannot be written: {error.strerror}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Meanwhile no other run logs in; one that holds on for PATIENCE is not waited for."""
        descriptor = self._lock()
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _lock(self) -> int | None:
        if self._path is None:
            return None
        try:
            _make_folder(self._path.parent)
            name = f"{self._path}.lock"
            descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            self._give_up(f"it cannot be locked: {error.strerror}")
            return None
        self._wait_for(descriptor)
        return descriptor

    def _wait_for(self, descriptor: int) -> None:
        for _ in range(int(PATIENCE / _PAUSE)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._sleep(_PAUSE)
            except OSError:  # a file system without locks
                return
            else:
                return

    def _entries(self) -> dict[str, Any]:
        with suppress(BadAnswer):
            content = parsed_json(self._read())
            logins = content.get("logins") if isinstance(content, dict) else None
            return logins if isinstance(logins, dict) else {}
        return {}

    def _read(self) -> bytes:
        if self._path is None:
            return b""
        try:
            return _content(self._path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            is_link = error.errno == errno.ELOOP
            self._give_up("it is a symbolic link" if is_link else f"{error.strerror}")
            return b""

    def _write(self, text: str) -> None:
        if self._path is None:
            return
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(draft, _NEW, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(text)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _give_up(self, flaw: str) -> None:
        self._warn(f"the token cache {self._path} is not used: {flaw}")
        self._path = None


def _make_folder(path: Path) -> None:
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if flaw := _flaw(os.fstat(descriptor)):
            raise PermissionError(errno.EPERM, flaw)
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _flaw(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    if found.st_mode & 0o077:
        return f"others may use it (mode {stat.S_IMODE(found.st_mode):04o}); delete it"
    return ""


def _tokens(entry: Any) -> Tokens:
    with suppress(LookupError, OverflowError, TypeError, ValueError):
        tokens = Tokens(
            access_token=entry["access_token"],
            refresh_token=str(entry["refresh_token"]),
            renew_at=float(entry["renew_at"]),
            asked_at=tuple(float(each) for each in entry["asked_at"]),
            wait_until=float(entry["wait_until"]),
            code_step=int(entry["code_step"]),
        )
        if not tokens.access_token or TOKEN.fullmatch(tokens.access_token):
            return tokens
    return Tokens()
