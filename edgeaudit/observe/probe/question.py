"""One ClientHello on one connection, and the first that a server says to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.observe.probe.hellos import on_the_wire
from edgeaudit.tls.handshake import Alert, Ending
from edgeaudit.tls.hello import SERVER_HELLO, read_server_hello
from edgeaudit.tls.messages import Type
from edgeaudit.tls.records import Kind, MessageReader, RecordReader

if TYPE_CHECKING:
    from edgeaudit.observe.probe.connection import Connection
    from edgeaudit.tls.handshake import Handshake
    from edgeaudit.tls.hello import ClientHello, ServerHello
    from edgeaudit.tls.records import Record

# no ServerHello stands behind more
_ENOUGH = 65_536
# twice the longest message that is read
_MOST = 2**19


class Answer(NamedTuple):
    """The server's hello, or the fatal alert or other ending that stands for it."""

    hello: ServerHello | None = None
    ending: Ending | None = None
    alert: Alert | None = None


def ask(connection: Connection, hello: ClientHello) -> Answer:
    """What a server says to `hello`, and no more than that; raises OutOfTime."""
    try:
        connection.send(on_the_wire(hello))
        return _listen(connection)
    except TimeoutError:
        return Answer(ending=Ending.TIMED_OUT)
    except OSError:
        return Answer(ending=Ending.RESET)


def read_in_clear(connection: Connection, hello: ClientHello) -> Handshake:
    """All that a server shows to `hello` before the client must go on; raises OutOfTime.

    Up to TLS 1.2 that is its certificates, and what it asks of the client's.
    """
    ending = Ending.UNFINISHED
    try:
        connection.send(on_the_wire(hello))
        if not _hears_all(connection):
            ending = Ending.CLOSED
    except TimeoutError:
        ending = Ending.TIMED_OUT
    except OSError:
        ending = Ending.RESET
    return connection.tape.handshake(ending)


def _hears_all(connection: Connection) -> bool:
    """Wait until the server is done, or has said too much; False where it ends before that."""
    records, messages = RecordReader(), MessageReader()
    while connection.tape.size < _MOST:
        data = connection.receive()
        if not data:
            return False
        for record in records.feed(data):
            if any(each.kind == Type.SERVER_HELLO_DONE for each in messages.feed(record.body)):
                return True
    return True


def _listen(connection: Connection) -> Answer:
    records, messages, heard = RecordReader(), MessageReader(), 0
    while heard < _ENOUGH and not records.is_lost:
        data = connection.receive()
        if not data:
            return Answer(ending=Ending.CLOSED)
        heard += len(data)
        for record in records.feed(data):
            if answer := _answer(record, messages):
                return answer
    return Answer(ending=Ending.NOT_TLS)


def _answer(record: Record, messages: MessageReader) -> Answer | None:
    if record.kind is Kind.ALERT and len(record.body) == 2:
        alert = Alert("server", *record.body)
        return Answer(ending=Ending.ALERT, alert=alert) if alert.is_fatal else None
    if record.kind is Kind.HANDSHAKE:
        for message in messages.feed(record.body):
            if message.kind == SERVER_HELLO:
                hello = read_server_hello(message.body)
                return Answer(ending=Ending.NOT_TLS) if hello.damage else Answer(hello)
    return None
