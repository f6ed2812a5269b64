"""A service that cannot be asked is told of in its phase, in one sentence."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from edgeaudit.observe.probe import hellos
from edgeaudit.observe.probe.connection import Timeouts
from edgeaudit.observe.probe.interview import Asked
from edgeaudit.observe.probe.prober import Prober
from edgeaudit.observe.probe.tape import Tape
from edgeaudit.tls.handshake import Ending, Endpoint
from tests.observe.probe.servers import (
    alert,
    heard_hello,
    says,
    served,
)

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Side


def probe(answer, *, sni: str | None = "api.example.com", **options):
    options.setdefault("timeouts", Timeouts(5, 5, 5, 5))
    with served(answer) as port:
        return Prober(**options).probe(Asked("127.0.0.1", port, sni))


def test_a_port_that_nobody_listens_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    found = Prober().probe(Asked("127.0.0.1", port))
    assert (found.phase, found.trouble) == (
        "connect",
        f"127.0.0.1:{port} refuses the connection",
    )
    assert found.with_name
    assert found.with_name.ending is Ending.REFUSED
    assert found.address == Endpoint("127.0.0.1", port)


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = Prober().probe(Asked("nowhere.example", 443))
    assert (found.phase, found.address, found.connections) == ("resolve", None, 0)
    assert found.trouble == "nowhere.example is not known to the name service"


@pytest.mark.parametrize("host", ["a b.example", "a\r\nHost: b", "", "ü" * 300])
def test_what_is_no_host_name_is_not_looked_up(host: str) -> None:
    found = Prober().probe(Asked(host, 443))
    assert found.phase == "resolve"
    assert found.trouble.endswith(" is no host name")
    assert "\n" not in found.trouble


def test_addresses_are_tried_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (each, port)) for each in ("127.0.0.2", "127.0.0.1", "127.0.0.3")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with served(says(alert(40))) as port:
        found = Prober().probe(Asked("api.example.com", port))
    assert found.address == Endpoint("127.0.0.1", port)
    assert found.phase is None


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_an_address_of_ipv6() -> None:
    with served(says(alert(40)), "::1") as port:
        found = Prober(proxy_protocol=True).probe(Asked("::1", port))
        assert (found.where, found.sni) == (f"[::1]:{port}", None)
    assert found.address == Endpoint("::1", port)
    assert found.with_name
    assert found.with_name.before == "PROXY"


def test_a_name_of_other_letters_is_sent_as_it_is_looked_up() -> None:
    names = []

    def answer(made: socket.socket) -> None:
        names.append(heard_hello(made).sni)
        made.sendall(alert(40))

    with served(answer) as port:
        elsewhere = Prober(connect=lambda _host, _port: ("127.0.0.1", port))
        found = elsewhere.probe(Asked("bücher.example", 443))
    assert (found.where, found.address) == ("bücher.example:443", Endpoint("127.0.0.1", port))
    assert set(names) == {"xn--bcher-kva.example", None, "edgeaudit.invalid"}


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it speaks plain HTTP, not TLS"),
        (b"<!DOCTYPE HTML PUBLIC>", "it speaks plain HTTP, not TLS"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "it speaks SSH, not TLS"),
        (b"220 mail.example.com ESMTP\r\n", "it speaks SMTP or FTP, not TLS"),
        (b"\x1b[2J hello there", "it speaks no TLS; it begins with '\\\\x1b[2J hello there'"),
    ],
)
def test_what_it_spoke_instead(said: bytes, trouble: str) -> None:
    found = probe(says(said))
    assert (found.phase, found.trouble, found.connections) == ("handshake", trouble, 1)
    assert found.with_name
    assert found.with_name.ending is Ending.NOT_TLS


def test_plain_http_that_is_silent_on_a_hello() -> None:
    def answer(made: socket.socket) -> None:
        if made.recv(65_536).startswith(b"HEAD "):
            made.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

    found = probe(answer)
    assert (found.phase, found.trouble) == ("handshake", "it speaks plain HTTP, not TLS")
    assert found.versions == {}


def test_a_service_that_wants_the_proxy_protocol() -> None:
    lines = []

    def answer(made: socket.socket) -> None:
        data = made.recv(65_536)
        if data.startswith(b"PROXY "):
            lines.append(data.partition(b"\r\n")[0].decode().split())
            made.sendall(alert(40))

    found = probe(answer)
    assert found.trouble == "it wants the PROXY protocol to announce the client"
    assert found.with_name
    assert found.with_name.ending is Ending.NOT_TLS
    told = probe(answer, proxy_protocol=True)
    assert (told.phase, told.with_name and told.with_name.before) == (None, "PROXY")
    assert all(line[:4] == ["PROXY", "TCP4", "127.0.0.1", "127.0.0.1"] for line in lines)


def test_a_service_that_takes_the_proxy_protocol_for_http() -> None:
    def answer(made: socket.socket) -> None:
        made.recv(65_536)
        made.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        made.recv(65_536)  # closing on what was not read would take the answer back

    told = probe(answer, proxy_protocol=True)
    doubt = "it may not want the PROXY protocol"
    assert told.trouble == f"it speaks plain HTTP, not TLS; {doubt}"


@pytest.mark.parametrize("proxy_protocol", [False, True])
def test_a_service_that_resets_whoever_connects(*, proxy_protocol: bool) -> None:
    def answer(made: socket.socket) -> None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    found = probe(answer, proxy_protocol=proxy_protocol)
    assert found.phase in ("connect", "handshake")  # how far we get is a race
    assert "reset" in found.trouble.lower()


def test_a_connection_that_is_gone_as_soon_as_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def connects(made: socket.socket, where: tuple[str, int]) -> None:
        made.settimeout(None)  # so that the reset comes after it, never within
        socket_connect(made, where)
        gone.wait(60)

    def answer(made: socket.socket) -> None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        made.close()
        gone.set()

    gone, socket_connect = threading.Event(), socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", connects)
    found = probe(answer)
    assert (found.phase, found.with_name and found.with_name.ending) == (
        "handshake",
        Ending.RESET,
    )
    assert "resets the connection" in found.trouble


def test_a_connection_that_is_reset_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def connects(_made: socket.socket, _where: tuple[str, int]) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(socket.socket, "connect", connects)
    found = Prober().probe(Asked("127.0.0.1", 443))
    assert (found.phase, found.trouble) == ("connect", "127.0.0.1:443 resets the connection")
    assert found.with_name
    assert found.with_name.ending is Ending.RESET


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        ([], Ending.RESET),
        ([("client", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")], Ending.RESET),
        ([("server", b"HTTP/1.1 400 Bad Request\r\n\r\n")], Ending.NOT_TLS),
    ],
    ids=["nothing", "our announcement", "HTTP"],
)
def test_a_connection_that_broke_before_the_hello(
    said: list[tuple[Side, bytes]], ending: Ending
) -> None:
    tape = Tape(Endpoint("127.0.0.1", 50_000), Endpoint("127.0.0.1", 443))
    for side, data in said:
        tape.hear(side, data)
    tape.end("server", "RST")
    found = tape.handshake()
    assert (found.ending, found.client_hello, found.server.port) == (ending, None, 443)


def test_a_service_that_closes_on_any_hello() -> None:
    found = probe(lambda made: made.recv(65_536))
    assert found.trouble == "it closes the connection when it gets a ClientHello"
    assert found.with_name
    assert found.with_name.ending is Ending.CLOSED


def test_a_run_that_is_ended_waits_for_nobody() -> None:
    def answer(made: socket.socket) -> None:
        heard_hello(made)
        prober.stop()
        made.recv(1)  # until we hang up

    prober = Prober(timeouts=Timeouts(60, 60, 60, 60))
    with served(answer) as port:
        begun = time.monotonic()
        found = prober.probe(Asked("127.0.0.1", port, None))
    assert time.monotonic() - begun < 30
    assert (found.is_cut_short, found.phase) == (True, None)


def test_an_alert_is_an_answer() -> None:
    found = probe(says(alert(70)))
    assert (found.phase, found.trouble) == (None, "")
    assert found.with_name
    assert found.with_name.fatal
    assert found.with_name.fatal.name == "protocol_version"
    assert found.versions == dict.fromkeys(hellos.VERSIONS, False)


def test_an_http_proxy_is_asked_for_the_service() -> None:
    asked = []

    def proxy(made: socket.socket) -> None:
        asked.append(made.recv(4096).split(b"\r\n")[0])
        made.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        made.recv(65_536)
        made.sendall(alert(40))

    with served(proxy) as port:
        prober = Prober(http_proxy=("127.0.0.1", port))
        found = prober.probe(Asked("backend.example", 8443))
    assert set(asked) == {b"CONNECT backend.example:8443 HTTP/1.1"}
    assert (found.phase, found.address) == (None, None)
    assert found.with_name
    assert found.with_name.before == "CONNECT backend.example:8443"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "answers CONNECT with status 403"),
        (b"SSH-2.0\r\n\r\n", "speaks no HTTP"),
    ],
)
def test_an_http_proxy_that_refuses(reply: bytes, told: str) -> None:
    with served(says(reply)) as port:
        prober = Prober(http_proxy=("127.0.0.1", port))
        found = prober.probe(Asked("backend.example", 443))
    assert (found.phase, found.trouble) == ("proxy", f"the proxy 127.0.0.1:{port} {told}")


def test_nothing_is_asked_after_the_deadline_and_all_are_told_of() -> None:
    asked = [Asked("127.0.0.1", port) for port in (1, 2, 3)]
    found = list(Prober(deadline=0).all(asked))
    assert len(found) == 3
    assert all(each.is_cut_short and each.connections == 0 for each in found)


def test_a_deadline_within_a_question_is_not_the_servers_fault() -> None:
    with served(lambda made: made.recv(65_536) and made.recv(9)) as port:
        found = Prober(deadline=0.1).probe(Asked("127.0.0.1", port))
    assert found.is_cut_short
    assert found.trouble == "the time was up before it had been asked everything"
    assert (found.phase, found.with_name) == (None, None)


def test_no_more_than_so_many_connections_to_a_host() -> None:
    open_now, most, held = [], [], []

    def answer(made: socket.socket) -> None:
        open_now.append(made)
        most.append(len(open_now))
        with suppress(OSError):
            made.recv(65_536)
            held.append(made)
        open_now.remove(made)
        made.sendall(alert(40))

    told: list[int] = []
    with served(answer) as port:
        asked = [Asked("127.0.0.1", port, f"{each}.example") for each in range(6)]
        found = list(Prober(per_host=2).all(asked, told.append))
    assert max(most) <= 2
    assert told == [1, 2, 3, 4, 5, 6]
    assert {each.sni for each in found} == {each.sni for each in asked}


def test_who_wants_no_more_stops_the_rest() -> None:
    with served(says(alert(40))) as port:
        prober = Prober(per_host=1)
        every = prober.all([Asked("127.0.0.1", port)] * 3)
        next(every)
        every.close()  # type: ignore[attr-defined]
        assert prober.probe(Asked("127.0.0.1", port)).is_cut_short
