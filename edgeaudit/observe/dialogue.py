"""The TLS of a connection: records and messages to the handshakes that they make up."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.errors import EdgeauditError
from edgeaudit.observe.prelude import Prelude, Speech
from edgeaudit.observe.progress import Progress
from edgeaudit.tls.handshake import Alert
from edgeaudit.tls.hello import (
    CLIENT_HELLO,
    SERVER_HELLO,
    read_client_hello,
    read_server_hello,
    read_sslv2_hello,
)
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
    from edgeaudit.observe.flow import Moment
    from edgeaudit.tls.block_keys import BlockOpener
    from edgeaudit.tls.handshake import Chain, Endpoint, Handshake, Side
    from edgeaudit.tls.records import Message, Record
    from edgeaudit.tls.secrets import KeyLog, Opener
    from edgeaudit.x509.certificate import Certificate

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

_ENCRYPTED: dict[int, str] = {
    Kind.ALERT: "encrypted alert",
    Kind.HANDSHAKE: "encrypted handshake",
}
_CERTIFICATE, _SERVER_KEY_EXCHANGE = Type.CERTIFICATE, Type.SERVER_KEY_EXCHANGE
_KEPT = {_CERTIFICATE, _SERVER_KEY_EXCHANGE, Type.CERTIFICATE_REQUEST}
# an enumeration's member takes long to find, compared with the rest of what a record takes
_OTHER, _TLSV1_2, _TLSV1_3 = Speech.OTHER, int(Version.TLSV1_2), int(Version.TLSV1_3)
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _SSLV2 = (
    Kind.CHANGE_CIPHER_SPEC,
    Kind.ALERT,
    Kind.HANDSHAKE,
    Kind.SSLV2,
)


class Voice:
    """What one side has said so far; `lost` are bytes before any handshake was heard."""

    def __init__(self, side: Side) -> None:
        self.side: Side = side
        self.prelude = Prelude(is_client=side == "client")
        self.records = RecordReader()
        self.messages = MessageReader()
        self.is_encrypted = False
        self.opened: list[Moment] = []
        self.ended = ""
        self.lost = 0
        self.opener: Opener | None = None
        self.block_opener: BlockOpener | None = None
        self.next_block_opener: BlockOpener | None = None

    def change_cipher(self) -> None:
        """From now on it encrypts, with new keys."""
        self.is_encrypted = True
        self.block_opener, self.next_block_opener = self.next_block_opener, None


class Dialogue:
    """What the two sides of a connection say in TLS.

    `handshakes` are those that are over, `now` is the one that goes on; `keys` open secrets.
    `is_midway` tells that it begins in the middle of a connection: there is no handshake in it.
    """

    def __init__(self, client: Endpoint, server: Endpoint, keys: KeyLog) -> None:
        self.handshakes: list[Handshake] = []
        self.now: Progress | None = None
        self.is_midway = False
        self.voices: dict[Side, Voice] = {"client": Voice("client"), "server": Voice("server")}
        self._client = self.voices["client"]
        self._who = client, server
        self._keys = keys

    def begin(self, moment: Moment) -> Progress:
        """A handshake of which nothing is known yet."""
        return Progress(*self._who, moment, self.voices["client"].prelude.before)

    def current(self, moment: Moment) -> Progress:
        """The handshake that goes on, or begins now."""
        if self.now is None:
            self.now = self.begin(moment)
        return self.now

    def hear(self, voice: Voice, record: Record, moment: Moment) -> None:
        """A side sent a record."""
        client = self._client
        if client.prelude.speech is _OTHER and client.opened and voice is not client:
            self.current(moment).not_tls("client", moment)
        if record.missing:
            voice.messages.clear()
        if record.kind is _HANDSHAKE and not voice.is_encrypted:
            for message in voice.messages.feed(record.body):
                self._message(voice, message, moment)
        elif record.kind is _SSLV2:
            self._sslv2(voice, record, moment)
        else:
            self._plain(voice, record, moment)

    def _plain(self, voice: Voice, record: Record, moment: Moment) -> None:
        """A record that is no handshake message in clear."""
        now = self.now
        if now is None:
            if record.kind is not Kind.ALERT or record.size != 2 or self._client.ended:
                self.is_midway = not self.voices["client"].opened
                return  # it begins in the middle of a connection, or complains of a silent client
            now = self._late(moment)
        if record.kind is _ALERT and record.size == 2 and not record.missing:
            now.alert(Alert(voice.side, record.body[0], record.body[1], moment.packet), moment)
        elif record.kind is _CHANGE_CIPHER_SPEC:
            if not now.is_tls13:
                voice.change_cipher()
                now.step(voice.side, "ChangeCipherSpec", moment, record.size)
        elif voice.block_opener and self._open_block(voice, voice.block_opener, record, moment):
            return
        else:
            kind: int = record.kind
            if voice.opener and record.kind is Kind.APPLICATION_DATA:
                kind = self._open(voice, voice.opener, record, moment)
            now.step(voice.side, _ENCRYPTED.get(kind, "data"), moment, record.size)

    def _late(self, moment: Moment) -> Progress:
        """A handshake of which nothing was heard but its end."""
        now = self.current(moment)
        for voice in self.voices.values():
            if voice.lost:
                now.lose(voice.side, voice.lost)
        return now

    def _open(self, voice: Voice, opener: Opener, record: Record, moment: Moment) -> int:
        """Read what is in an encrypted record of TLS 1.3; its kind, as far as that is known."""
        opened, now = opener.open(record.body), self.current(moment)
        if opened is None:
            return record.kind
        if opened.kind == Kind.ALERT and len(opened.body) == 2:
            now.hear(Alert(voice.side, opened.body[0], opened.body[1], moment.packet))
        elif opened.kind == Kind.HANDSHAKE:
            for message in voice.messages.feed(opened.body):
                self._keep(voice, message)
                if message.kind == Type.FINISHED:
                    opener.finished()
        return opened.kind

    def _open_block(
        self, voice: Voice, opener: BlockOpener, record: Record, moment: Moment
    ) -> bool:
        """Read an encrypted record of TLS 1.0 to 1.2; whether there was a message of a handshake.

        That is the end of this one, or belongs to another that begins in secret (renegotiation).
        """
        if record.kind not in (Kind.ALERT, Kind.HANDSHAKE):
            opener.skip(record)
            return False
        body, now = opener.open(record), self.current(moment)
        if body is None:
            return False
        if record.kind is Kind.ALERT:
            if len(body) == 2:
                now.hear(Alert(voice.side, body[0], body[1], moment.packet))
            return False
        for message in voice.messages.feed(body):
            if message.kind == Type.FINISHED:
                now.step(voice.side, "encrypted handshake", moment, record.size)
            else:
                self._message(voice, message, moment)
        return True

    def _sslv2(self, voice: Voice, record: Record, moment: Moment) -> None:
        if record.body[:1] == b"\x01" and voice.side == "client":
            self.current(moment).hello(read_sslv2_hello(record.body), moment, len(record.body))

    def _message(self, voice: Voice, message: Message, moment: Moment) -> None:
        kind, size = message.kind, len(message.body)
        if kind == CLIENT_HELLO:
            self._client_hello(message, moment)
            return
        now = self.now or self.current(moment)
        if kind == SERVER_HELLO:
            now.answer(read_server_hello(message.body), moment, size)
            self._unlock()
            return
        self._keep(voice, message)
        if name := _NAMES.get(kind):
            now.step(voice.side, name, moment, size)

    def _unlock(self) -> None:
        """Find the secrets of the handshake, once its version and suite are known."""
        now = self.now
        if not (now and now.client_hello and now.server_hello):
            return
        hello, answer = now.client_hello, now.server_hello
        for voice in self.voices.values():
            if now.version == _TLSV1_3:
                voice.opener = self._keys.opener(voice.side, hello.random, answer.cipher)
            else:
                voice.next_block_opener = self._keys.block_opener(voice.side, hello, answer)

    def _keep(self, voice: Voice, message: Message) -> None:
        """What is to be kept of a message."""
        now = self.now
        if now is None or message.kind not in _KEPT:
            return
        version = now.version or _TLSV1_2
        if message.kind == _CERTIFICATE:
            now.chains[voice.side] = read_chain(message.body, version)
        elif message.kind == _SERVER_KEY_EXCHANGE:
            now.group = read_named_curve(message.body)
        else:
            now.request = read_certificate_request(message.body, version)

    def _client_hello(self, message: Message, moment: Moment) -> None:
        now = self.now
        if now and now.client_hello and not now.awaits_second_hello:
            self.handshakes.append(now.handshake(moment.time))
            self.now = None
        hello = read_client_hello(message.body)
        self.current(moment).hello(hello, moment, len(message.body))


@lru_cache(maxsize=256)  # a server shows the same again and again
def read_chain(body: bytes, version: int) -> Chain:
    """The certificates in a Certificate message without its header, of that version."""
    shown = read_certificate(body, version).certificates
    return tuple(_certificate(position, der) for position, der in enumerate(shown))


@lru_cache(maxsize=4096)
def _certificate(position: int, der: bytes) -> Certificate | Unreadable:
    try:
        return read_der(der)
    except EdgeauditError as error:
        return Unreadable(position, error.message)
