"""How fast one server is asked, by all threads together."""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Lets requests begin: `per_minute` at most, evenly spread, and none while the server rests.

    A bucket of one token: what nobody used is not saved up, so a server never meets a burst.
    """

    def __init__(
        self, per_minute: int | None, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = self._resumes = -inf
        self._lock = Lock()

    def wait(self) -> None:
        """Return when the next request may begin."""
        turn = self._turn()
        while (left := turn - self._clock()) > 0:
            self._sleep(left)
            if turn < self._resumes:  # the server has asked for a rest meanwhile
                turn = self._turn()

    def rest(self, pause: float) -> None:
        """Let no request begin for so many seconds."""
        with self._lock:
            self._resumes = max(self._resumes, self._clock() + pause)
            self._next = max(self._next, self._resumes)

    def _turn(self) -> float:
        with self._lock:
            turn = max(self._next, self._clock())
            self._next = turn + self._interval
            return turn
