"""Connections to services: the only module of the probe that touches the network.

The PROXY protocol: HAProxy's proxy-protocol.txt, version 1; HTTP CONNECT: RFC 9110, 9.3.6.
"""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import idna

from edgeaudit.location import printable
from edgeaudit.observe.patience import within
from edgeaudit.observe.probe.tape import Tape
from edgeaudit.tls.handshake import Ending, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgeaudit.tls.service import Phase

_MOST_ADDRESSES = 4
_LONGEST_REPLY = 16_384
_CHUNK = 16_384
_GLANCE = 0.2  # seconds
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d)")


class Timeouts(NamedTuple):
    """The seconds that each phase may take; `connect` is that of each address."""

    resolve: float = 5
    connect: float = 5
    proxy: float = 10
    handshake: float = 10


class Failure(Exception):
    """Why a service could not be asked: in which phase, in one sentence, and how that ended."""

    def __init__(self, phase: Phase, trouble: str, ending: Ending | None = None) -> None:
        super().__init__(trouble)
        self.phase: Phase = phase
        self.trouble = trouble
        self.ending = ending


class OutOfTime(Exception):
    """The deadline of the run came, for which no service is to blame."""


@dataclass(frozen=True)
class Limits:
    """How long things may take; `end` is when the run must be over, in seconds of the clock."""

    timeouts: Timeouts
    end: Callable[[], float]

    def until(self, phase: Phase) -> float:
        """When a phase that begins now must be over; raises OutOfTime where none may begin."""
        now = time.monotonic()
        if now >= self.end():
            raise OutOfTime
        return min(now + float(getattr(self.timeouts, phase)), self.end())

    def seconds(self, until: float) -> float:
        """What is left until then; raises OutOfTime, and TimeoutError where nothing is."""
        now = time.monotonic()
        if now >= self.end():
            raise OutOfTime
        if now >= until:
            raise TimeoutError
        return until - now


@dataclass(frozen=True)
class Route:
    """What is done on the way: `tunnel` is the service that an HTTP proxy is asked for."""

    tunnel: Endpoint | None = None
    has_proxy_protocol: bool = False


class Connection:
    """A connection; `tape` has all that either side says."""

    def __init__(self, made: socket.socket, server: Endpoint, limits: Limits) -> None:
        self.client = Endpoint(*made.getsockname()[:2])
        self.server = server  # asked of the socket, it is unknown after a reset
        self.tape = Tape(self.client, self.server)
        self._socket = made
        self._limits = limits
        self._until = 0.0

    def begin(self, phase: Phase) -> None:
        """From now on the time of that phase runs; raises OutOfTime."""
        self._until = self._limits.until(phase)

    def shorten(self, seconds: float) -> None:
        """Wait for no longer than this from now on."""
        self._until = min(self._until, time.monotonic() + seconds)

    def send(self, data: bytes) -> None:
        """Raises OSError, TimeoutError, OutOfTime."""
        self._socket.settimeout(self._limits.seconds(self._until))
        self._socket.sendall(data)
        self.tape.hear("client", data)

    def receive(self) -> bytes:
        """What comes next; nothing at the end. Raises as `send`."""
        while True:  # the run may be ended while we wait
            self._socket.settimeout(min(self._limits.seconds(self._until), _GLANCE))
            with suppress(TimeoutError):
                data = self._socket.recv(_CHUNK)
                self.tape.hear("server", data)
                return data

    def close(self) -> None:
        """Nothing more is said or heard."""
        self._socket.close()


def wire_name(host: str) -> str:
    """A host as it stands in a question to a name service and in TLS; raises Failure."""
    if _HOST.fullmatch(host):
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise Failure("resolve", f"{printable(host)} is no host name") from error


def resolve(host: str, port: int, limits: Limits) -> tuple[Endpoint, ...]:
    """Its addresses, in the order in which they are to be tried; raises Failure, OutOfTime."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    seconds = limits.seconds(limits.until("resolve"))
    try:
        infos = within(seconds, look)
    except TimeoutError as error:
        slow = f"the name service does not find {host} within {seconds:.3g} s"
        raise Failure("resolve", slow) from error
    except (OSError, UnicodeError) as error:
        raise Failure("resolve", f"{host} is not known to the name service") from error
    found = [Endpoint(str(info[4][0]), port) for info in infos]
    return tuple(dict.fromkeys(found))[:_MOST_ADDRESSES]


def connect(endpoints: Sequence[Endpoint], limits: Limits) -> Connection:
    """A connection to the first of them that takes one; raises the last's Failure, OutOfTime."""
    failure = Failure("connect", "it has no address")
    for endpoint in endpoints:
        seconds = limits.seconds(limits.until("connect"))
        try:
            return _connected(endpoint, seconds, limits)
        except TimeoutError:
            limits.until("connect")
            told = f"{endpoint} does not take a connection within {seconds:.3g} s"
            failure = Failure("connect", told, Ending.TIMED_OUT)
        except ConnectionRefusedError:
            failure = Failure("connect", f"{endpoint} refuses the connection", Ending.REFUSED)
        except ConnectionResetError:
            failure = Failure("connect", f"{endpoint} resets the connection", Ending.RESET)
        except (OSError, UnicodeError) as error:
            failure = Failure("connect", f"{endpoint} cannot be reached: {_why(error)}")
    raise failure


def _connected(endpoint: Endpoint, seconds: float, limits: Limits) -> Connection:
    made = socket.socket(socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET)
    try:
        made.settimeout(seconds)
        made.connect(endpoint)
        return Connection(made, endpoint, limits)
    except BaseException:
        made.close()
        raise


def travel(connection: Connection, route: Route) -> None:
    """Do what stands before TLS; raises Failure, OutOfTime."""
    if route.tunnel:
        connection.begin("proxy")
        try:
            _ask_proxy(connection, str(route.tunnel))
        except TimeoutError as error:
            told = f"the proxy {connection.server} does not answer in time"
            raise Failure("proxy", told, Ending.TIMED_OUT) from error
        except OSError as error:
            told = f"the proxy {connection.server} resets the connection"
            raise Failure("proxy", told, Ending.RESET) from error
    connection.begin("handshake")
    if route.has_proxy_protocol:
        with suppress(OSError):  # what comes next will fail for the same reason
            connection.send(_proxy_line(connection))
    connection.tape.start()


def _ask_proxy(connection: Connection, target: str) -> None:
    connection.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
    reply = b""
    while b"\r\n\r\n" not in reply:
        data = connection.receive()
        reply += data
        if not data or len(reply) > _LONGEST_REPLY:
            raise Failure("proxy", f"{connection.server} does not answer CONNECT as a proxy does")
    status = _STATUS.match(reply)
    if status is None or not status[1].startswith(b"2"):
        said = f"answers CONNECT with status {status[1].decode()}" if status else "speaks no HTTP"
        raise Failure("proxy", f"the proxy {connection.server} {said}")


def _proxy_line(connection: Connection) -> bytes:
    client, server = connection.client, connection.server
    kind = "TCP6" if ":" in client.address else "TCP4"
    who = f"{client.address} {server.address} {client.port} {server.port}"
    return f"PROXY {kind} {who}\r\n".encode("ascii")


def _why(error: Exception) -> str:
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
