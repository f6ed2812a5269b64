"""A client for tests: it sleeps on a clock of its own, and draws no lots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeaudit.management.auth import Basic
from edgeaudit.management.client import Client
from edgeaudit.management.stop import Stop

if TYPE_CHECKING:
    from tests.management.server import Server

PASSWORD = "pa ss:wörd%"
AUTH = Basic("me@example.com", PASSWORD)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client_of(server: Server | str, clock: Clock | None = None, **options: Any) -> Client:
    """A client of `server`; every pause is as long as the lots allow, and takes no time."""
    clock = clock or Clock()
    defaults: dict[str, Any] = {
        "auth": AUTH,
        "sleep": clock.sleep,
        "clock": clock,
        "stop": Stop(clock=clock),
        "random": lambda: 1.0,
    }
    return Client(server if isinstance(server, str) else server.url, **{**defaults, **options})
