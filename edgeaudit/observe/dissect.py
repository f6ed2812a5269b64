"""TCP streams to handshakes: hears a connection, and tells the handshakes that were in it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.errors import EdgeauditError
from edgeaudit.observe.prelude import Prelude, Speech
from edgeaudit.observe.progress import Progress
from edgeaudit.tls.handshake import Alert, Ending, Endpoint, Handshake
from edgeaudit.tls.hello import read_client_hello, read_server_hello, read_sslv2_hello
from edgeaudit.tls.messages import (
    Type,
    read_certificate,
    read_certificate_request,
    read_named_curve,
)
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import Kind, MessageReader, RecordReader
from edgeaudit.x509.certificate import Unreadable, read_der

if TYPE_CHECKING:
    from edgeaudit.observe.streams import Moment
    from edgeaudit.tls.handshake import Chain, Side
    from edgeaudit.tls.records import Message, Record
    from edgeaudit.tls.secrets import KeyLog, Opener
    from edgeaudit.x509.certificate import Certificate

# a plain text that long has said by then whether it wanted TLS
_ENOUGH_TEXT = 1024
_NAMES: dict[int, str] = {
    Type.HELLO_REQUEST: "HelloRequest",
    Type.NEW_SESSION_TICKET: "NewSessionTicket",
    Type.SERVER_KEY_EXCHANGE: "ServerKeyExchange",
    Type.CERTIFICATE_REQUEST: "CertificateRequest",
    Type.SERVER_HELLO_DONE: "ServerHelloDone",
    Type.CERTIFICATE: "Certificate",
    Type.CERTIFICATE_VERIFY: "CertificateVerify",
    Type.CLIENT_KEY_EXCHANGE: "ClientKeyExchange",
    Type.CERTIFICATE_STATUS: "CertificateStatus",
    Type.FINISHED: "Finished",
}


class _Voice:
    """What one side has said so far."""

    def __init__(self, side: Side) -> None:
        self.side: Side = side
        self.prelude = Prelude(is_client=side == "client")
        self.records = RecordReader()
        self.messages = MessageReader()
        self.is_encrypted = False
        self.opened: list[Moment] = []
        self.ended = ""
        self.opener: Opener | None = None


class Conversation:
    """Listens to one connection. `handshakes` are those that are over; `keys` open TLS 1.3."""

    def __init__(self, key: bytes, moment: Moment, keys: KeyLog) -> None:
        self.client, self.server = _endpoints(key)
        self.handshakes: list[Handshake] = []
        self.is_over = False
        self._keys = keys
        self._began = moment
        self._last = moment
        self._voices: dict[Side, _Voice] = {
            "client": _Voice("client"),
            "server": _Voice("server"),
        }
        self._now: Progress | None = None

    # what happens on the wire

    def opened(self, side: Side, moment: Moment) -> None:
        """A side sent its SYN, perhaps again."""
        self._last = moment
        self._voices[side].opened.append(moment)

    def data(self, side: Side, data: bytes, moment: Moment) -> None:
        """A side sent these bytes."""
        self._last = moment
        voice = self._voices[side]
        prelude = voice.prelude
        was_unknown = prelude.speech is Speech.UNKNOWN
        mine = prelude.feed(data)
        if side == "client" and prelude.awaits_reply:
            self._voices["server"].prelude.awaits_reply = True
            prelude.awaits_reply = False
        if prelude.speech is Speech.TLS:
            for record in voice.records.feed(mine):
                self._record(voice, record, moment)
        elif prelude.speech is Speech.OTHER:
            self._other(voice, moment, is_new=was_unknown)
        if self._now and self._now.is_over:
            self.is_over = True

    def lost(self, side: Side, count: int) -> None:
        """The next bytes of a side, so many, are not in the capture."""
        voice = self._voices[side]
        if voice.prelude.speech is Speech.UNKNOWN:
            voice.records.is_lost = True
        voice.records.lose(count)
        if not voice.is_encrypted:
            voice.messages.clear()
        if self._now:
            self._now.lose(side, count)
            self.is_over = voice.records.is_lost and self._now.is_completed

    def ended(self, side: Side, how: str, moment: Moment) -> None:
        """A side sent its FIN or RST."""
        self._last = moment
        self._voices[side].ended = self._voices[side].ended or how
        if self._now:
            self._now.step(side, how, moment)

    def finish(self, last: int) -> list[Handshake]:
        """All handshakes of the connection, `last` being the time at which the watching ended."""
        if self._now:
            self.handshakes.append(self._now.handshake(last))
            self._now = None
        elif not self.handshakes and (ending := self._failed_to_connect(last)):
            self.handshakes.append(self._begin(self._began).handshake(last, ending))
        return self.handshakes

    # what is in it

    def _begin(self, moment: Moment) -> Progress:
        before = self._voices["client"].prelude.before
        return Progress(self.client, self.server, moment, before)

    def _current(self, moment: Moment) -> Progress:
        if self._now is None:
            self._now = self._begin(moment)
        return self._now

    def _other(self, voice: _Voice, moment: Moment, *, is_new: bool) -> None:
        """A side speaks something else than TLS."""
        other = self._voices["server" if voice.side == "client" else "client"]
        if not self._voices["client"].opened:
            self.is_over = other.prelude.speech is not Speech.TLS
            return
        if is_new and voice.side == "server" and other.prelude.speech is Speech.TLS:
            self._current(moment).not_tls("server", moment)
        if other.prelude.speech is Speech.OTHER:
            text = self._voices["server"].prelude
            if text.wants_tls:
                self._current(moment).not_tls("client", moment)
            elif len(text.begun) > _ENOUGH_TEXT:
                self.is_over = True

    def _record(self, voice: _Voice, record: Record, moment: Moment) -> None:
        client = self._voices["client"]
        if client.prelude.speech is Speech.OTHER and client.opened and voice is not client:
            self._current(moment).not_tls("client", moment)
        if record.missing:
            voice.messages.clear()
        if record.kind is Kind.HANDSHAKE and not voice.is_encrypted:
            for message in voice.messages.feed(record.body):
                self._message(voice, message, moment)
        elif record.kind is Kind.SSLV2:
            self._sslv2(voice, record, moment)
        else:
            self._plain(voice, record, moment)

    def _plain(self, voice: _Voice, record: Record, moment: Moment) -> None:
        """A record that is no handshake message in clear."""
        now = self._now
        if now is None:
            if record.kind is not Kind.ALERT or record.size != 2:
                self.is_over = not self._voices["client"].opened
                return  # it begins in the middle of a connection
            now = self._current(moment)
        if record.kind is Kind.ALERT and record.size == 2 and not record.missing:
            now.alert(Alert(voice.side, record.body[0], record.body[1], moment.packet), moment)
        elif record.kind is Kind.CHANGE_CIPHER_SPEC:
            if not now.is_tls13:
                voice.is_encrypted = True
                now.step(voice.side, "ChangeCipherSpec", moment, record.size)
        else:
            kind = {Kind.ALERT: "encrypted alert", Kind.HANDSHAKE: "encrypted handshake"}
            now.step(voice.side, kind.get(record.kind, "data"), moment, record.size)
            if voice.opener and record.kind is Kind.APPLICATION_DATA:
                self._open(voice, voice.opener, record, moment)

    def _open(self, voice: _Voice, opener: Opener, record: Record, moment: Moment) -> None:
        """Read what is in an encrypted record of TLS 1.3."""
        opened, now = opener.open(record.body), self._current(moment)
        if opened is None:
            return
        if opened.kind == Kind.ALERT and len(opened.body) == 2:
            now.hear(Alert(voice.side, opened.body[0], opened.body[1], moment.packet))
        elif opened.kind == Kind.HANDSHAKE:
            for message in voice.messages.feed(opened.body):
                self._keep(voice, message)
                if message.kind == Type.FINISHED:
                    opener.finished()

    def _sslv2(self, voice: _Voice, record: Record, moment: Moment) -> None:
        if record.body[:1] == b"\x01" and voice.side == "client":
            self._current(moment).hello(read_sslv2_hello(record.body), moment, len(record.body))

    def _message(self, voice: _Voice, message: Message, moment: Moment) -> None:
        if message.kind == Type.CLIENT_HELLO:
            self._client_hello(message, moment)
            return
        now = self._current(moment)
        size = len(message.body)
        if message.kind == Type.SERVER_HELLO:
            now.answer(read_server_hello(message.body), moment, size)
            self._unlock()
            return
        self._keep(voice, message)
        if name := _NAMES.get(message.kind):
            now.step(voice.side, name, moment, size)

    def _unlock(self) -> None:
        """Find the secrets of the handshake, once it is known to be one of TLS 1.3."""
        now = self._now
        if now and now.client_hello and now.server_hello and now.version == Version.TLSV1_3:
            for voice in self._voices.values():
                voice.opener = self._keys.opener(
                    voice.side, now.client_hello.random, now.server_hello.cipher
                )

    def _keep(self, voice: _Voice, message: Message) -> None:
        """What is to be kept of a message."""
        now = self._now
        if now is None:
            return
        version = now.version or Version.TLSV1_2
        if message.kind == Type.CERTIFICATE:
            chain = _chain(read_certificate(message.body, version).certificates)
            now.chains[voice.side] = chain
        elif message.kind == Type.CERTIFICATE_REQUEST:
            now.request = read_certificate_request(message.body, version)
        elif message.kind == Type.SERVER_KEY_EXCHANGE:
            now.group = read_named_curve(message.body)

    def _client_hello(self, message: Message, moment: Moment) -> None:
        now = self._now
        if now and now.client_hello and not now.awaits_second_hello:
            self.handshakes.append(now.handshake(moment.time))
            self._now = None
        hello = read_client_hello(message.body)
        self._current(moment).hello(hello, moment, len(message.body))

    def _failed_to_connect(self, last: int) -> Ending | None:
        """How a connection ended that never came to be; None where it did, or was not to be."""
        client, server = self._voices["client"], self._voices["server"]
        if (
            not client.opened
            or server.opened
            or any(each.prelude.begun or each.prelude.before for each in (client, server))
        ):
            return None
        if server.ended == "RST":
            return Ending.REFUSED
        waited = last - client.opened[0].time
        tries = {moment.time // 500_000_000 for moment in client.opened}
        is_vain = len(tries) >= 2 and waited >= 3_000_000_000 and not server.ended
        return Ending.TIMED_OUT if is_vain and not client.ended else None


def _chain(ders: tuple[bytes, ...]) -> Chain:
    return tuple(_certificate(position, der) for position, der in enumerate(ders))


@lru_cache(maxsize=4096)
def _certificate(position: int, der: bytes) -> Certificate | Unreadable:
    try:
        return read_der(der)
    except EdgeauditError as error:
        return Unreadable(position, error.message)


def _endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    size = (len(key) - 4) // 2
    one, other = (str(ipaddress.ip_address(key[at : at + size])) for at in (0, size))
    return (
        Endpoint(one, int.from_bytes(key[-4:-2], "big")),
        Endpoint(other, int.from_bytes(key[-2:], "big")),
    )
