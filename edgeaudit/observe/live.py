"""Packets as they come: the system's tcpdump, and what it writes."""

from __future__ import annotations

import io
import select
import subprocess
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, cast

from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import BinaryIO

_IDLE = 1.0  # seconds without a packet, after which nothing is waited for
_HINTS = {
    "permission": "run it as root, or give tcpdump the capabilities cap_net_raw and cap_net_admin",
    "device": "`tcpdump -D` lists the interfaces; name one with --interface",
    "": "the filter is one of tcpdump's (pcap-filter(7)), such as 'host 10.0.0.1 and port 443'",
}


class Tcpdump:
    """A running tcpdump. `stream` is the capture it writes; it ends when `stop` is called.

    `when_idle` is called from within reads of `stream`, whenever nothing has come for a second.
    """

    def __init__(self, expression: str, interface: str, when_idle: Callable[[], None]) -> None:
        """Starts it; raises InputError where there is none."""
        command = ["tcpdump", "-i", interface, "-n", "-s", "0", "-U", "--immediate-mode"]
        self._told: BinaryIO = TemporaryFile()  # noqa: SIM115 - as long as it runs
        self._is_stopped = False
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a filter, behind `--`
                [*command, "-w", "-", "--", expression],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._told,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is ours to hear
            )
        except (OSError, ValueError) as error:
            self._told.close()
            told = getattr(error, "strerror", None) or "the filter cannot be passed on"
            hint = "install it, or capture elsewhere and give the file"
            raise InputError(f"tcpdump could not be run: {told}", hint) from error
        self.stream = cast("BinaryIO", _Pipe(cast("BinaryIO", self._process.stdout), when_idle))

    def __enter__(self) -> Tcpdump:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends it."""
        self.stop()
        self._process.wait()
        self.stream.close()
        self._told.close()

    def stop(self) -> None:
        """Let it write what it has, and end."""
        self._is_stopped = True
        self._process.terminate()

    def complaint(self) -> InputError | None:
        """Why it ended by itself; None where it was stopped."""
        self._process.wait()
        if self._is_stopped:
            return None
        self._told.seek(0)
        lines = self._told.read().decode("utf-8", "replace").splitlines()
        about = [each for each in lines if each.startswith("tcpdump: ")] or ["tcpdump: it ended"]
        told = about[-1].removeprefix("tcpdump: ")
        hint = next(hint for word, hint in _HINTS.items() if word in told)
        return InputError(f"tcpdump does not capture: {told}", hint)


class _Pipe(io.RawIOBase):
    """tcpdump's standard output."""

    def __init__(self, pipe: BinaryIO, when_idle: Callable[[], None]) -> None:
        self._pipe = pipe
        self._when_idle = when_idle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not select.select([self._pipe], [], [], _IDLE)[0]:
            self._when_idle()
        data = self._pipe.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._pipe.close()
        super().close()
