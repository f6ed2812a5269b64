"""A handshake that went as usual, told from what both sides said in clear.

Nothing is put together again, as that has been done, and what is said again and again is read once:
hellos differ by their randoms and sessions, of which nothing is told.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.observe.course import messages
from edgeaudit.observe.dialogue import read_chain
from edgeaudit.observe.dissect import endpoints
from edgeaudit.tls.handshake import Ending, Handshake, utc
from edgeaudit.tls.hello import CLIENT_HELLO, SERVER_HELLO, read_client_hello, read_server_hello
from edgeaudit.tls.messages import Type, read_certificate_request, read_named_curve
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.observe.course import Half
    from edgeaudit.tls.handshake import Chain
    from edgeaudit.tls.hello import ServerHello

_VERSION = 2  # bytes, and then a random
_SESSION = _VERSION + 32
_NO_RANDOM = bytes(32)


def handshake_of(client: Half, server: Half) -> Handshake:
    """That of two halves that said all that is usual; without its steps, randoms and sessions."""
    asked, answered = _said(client), _said(server)
    hello = _client_hello(_plain(asked[CLIENT_HELLO]))
    answer = _server_hello(_plain(answered[SERVER_HELLO]))
    version = answer.version
    request = answered.get(Type.CERTIFICATE_REQUEST)
    packet, time = client.began
    who, whom = endpoints(client.key)
    return Handshake(
        client=who,
        server=whom,
        started_at=utc(time),
        packet=packet,
        ending=Ending.COMPLETED,
        client_hello=hello,
        server_hello=answer,
        server_chain=_chain(answered, version),
        client_chain=_chain(asked, version),
        request=None if request is None else read_certificate_request(request, version),
        group=_group(answered, answer),
        is_resumed=_is_resumed(answered, answer),
    )


def _said(half: Half) -> dict[int, bytes]:
    """The bodies of its messages, by type."""
    return {kind: half.clear[place] for kind, place in messages(half.clear).items()}


def _plain(hello: bytes) -> bytes:
    """The hello without what is another each time; as it is, where it is cut off before that."""
    if len(hello) <= _SESSION:
        return hello
    rest = _SESSION + 1 + hello[_SESSION]
    return hello[:_VERSION] + _NO_RANDOM + b"\0" + hello[rest:]


def _chain(said: dict[int, bytes], version: int) -> Chain | None:
    shown = said.get(Type.CERTIFICATE)
    return None if shown is None else read_chain(shown, version)


def _group(answered: dict[int, bytes], answer: ServerHello) -> int | None:
    if answer.version == Version.TLSV1_3:
        return answer.group
    exchange = answered.get(Type.SERVER_KEY_EXCHANGE)
    return None if exchange is None else read_named_curve(exchange)


def _is_resumed(answered: dict[int, bytes], answer: ServerHello) -> bool:
    if answer.version == Version.TLSV1_3:
        return answer.has_psk
    return not answered.keys() & {Type.CERTIFICATE, Type.SERVER_HELLO_DONE}


_client_hello = lru_cache(maxsize=1024)(read_client_hello)
_server_hello = lru_cache(maxsize=1024)(read_server_hello)
