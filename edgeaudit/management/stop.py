"""When a run must end, whatever is still to be read."""

from __future__ import annotations

import re
import time
from math import inf
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(duration: str) -> float:
    """The length of a duration: `30s`, `10m`, `2h`; raises ValueError for anything else."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", duration)
    if match is None:
        raise ValueError("a duration (30s, 10m, 2h)")
    return float(match[1]) * _SECONDS[match[2]]


class Stop:
    """Ends a run at its deadline, or as soon as somebody says so; any thread may ask it.

    Time runs from `start` on. `clock` tells seconds, from any moment on. Raises ValueError for a
    `deadline` that is no duration.
    """

    def __init__(
        self, deadline: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._deadline = deadline
        self._length = inf if deadline is None else seconds(deadline)
        self._end = inf
        self._is_told = Event()

    def start(self) -> None:
        """From now on the time of the deadline runs."""
        self._end = self.clock() + self._length

    def now(self) -> None:
        """End the run at once; may be called by a signal's handler."""
        self._is_told.set()

    @property
    def left(self) -> float:
        """Seconds until the end; none after it."""
        return 0.0 if self._is_told.is_set() else max(self._end - self.clock(), 0.0)

    @property
    def is_over(self) -> bool:
        """Whether no request may be sent any more."""
        return self._is_told.is_set() or (self._end < inf and self.left == 0)

    @property
    def detail(self) -> str:
        """Why the run ended, in one sentence."""
        if self._is_told.is_set():
            return "the run was stopped"
        return f"the deadline of {self._deadline} had passed"

    def sleep(self, pause: float) -> None:
        """Wait for so many seconds, or until the end."""
        self._is_told.wait(min(pause, self.left))
