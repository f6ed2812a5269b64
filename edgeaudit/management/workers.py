"""Threads that do many things at once, and that nobody has to wait for."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgeaudit.management.stop import Stop

T = TypeVar("T")
_Done = tuple[int, "Callable[[], T]"]  # which row, and what gives or raises its outcome
_GLANCE = 0.1  # seconds after which the caller looks whether the run is over


class Workers:
    """`count` threads, until `stop`; without any the caller does all itself.

    Unlike those of concurrent.futures they are daemons: one that is stuck in a socket keeps
    neither its caller nor the process waiting.
    """

    def __init__(self, count: int, stop: Stop) -> None:
        self._stop = stop
        self._is_closed = False
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def each(
        self,
        do: Callable[..., T],
        *columns: Sequence[object],
        tell: Callable[[int], None] = lambda _: None,
    ) -> list[T]:
        """What `do` makes of every row of the columns, in order; `tell` hears how many are done.

        What is not done when the run is over, the caller does itself: `do` must then be quick.
        """
        rows = list(zip(*columns, strict=True))
        if not self._threads:
            return [do(*row) for row in rows]
        done: SimpleQueue[_Done[T]] = SimpleQueue()
        for index, row in enumerate(rows):
            self._tasks.put(partial(_do, do, row, index, done))
        results: dict[int, T] = {}
        while len(results) < len(rows) and not (self._stop.is_over and done.empty()):
            with suppress(Empty):
                index, outcome = done.get(timeout=_GLANCE)
                results[index] = outcome()
                tell(len(results))
        return [results[i] if i in results else do(*row) for i, row in enumerate(rows)]

    def are_asking(self) -> bool:
        """Whether the thread that calls this may ask."""
        return not self._threads or threading.current_thread() in self._threads

    def close(self) -> None:
        """Let each end as soon as it has done what it is at."""
        self._is_closed = True
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) and not self._is_closed:
            task()


def _do(
    do: Callable[..., T], row: tuple[object, ...], index: int, done: SimpleQueue[_Done[T]]
) -> None:
    try:
        result = do(*row)
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        done.put((index, partial(_raise, error)))
    else:
        done.put((index, lambda: result))


def _raise(error: BaseException) -> Any:
    raise error
