"""Ctrl-C and SIGTERM while an installation is read: the run ends with what it has."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def obeyed_by(stop: Callable[[], None]) -> Iterator[None]:
    """The first signal calls `stop`; the second one does what it did before.

    What is ignored (by nohup, or in the background of a script) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can hear signals
        return

    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heard = {number: old for number, old in heard.items() if old != signal.SIG_IGN}

    def restore() -> None:
        for number, old in heard.items():
            signal.signal(number, old)

    def obey(*_: object) -> None:
        stop()
        restore()

    for number in heard:
        signal.signal(number, obey)
    try:
        yield
    finally:
        restore()
