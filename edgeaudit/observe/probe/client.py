"""A client of today: OpenSSL's, over a connection that is taped.

It verifies nothing, takes what is weak, and shows a certificate only where it is given one. What it
cannot do itself is told as that, and not as what the server did.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL import SSL

from edgeaudit.errors import InputError
from edgeaudit.location import printable
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from edgeaudit.observe.probe.connection import Connection
    from edgeaudit.tls.handshake import Handshake

_CHUNK = 16_384
# twice the longest message that is read, with room for what surrounds it
_MOST_BYTES = 2**19
_ENOUGH_REPLY = 8192
# seconds in which a server says that it does not like the client after all, or answers it
_PATIENCE = 1.0
_SUITES = b"ALL:!aNULL:@SECLEVEL=0"


class ClientCertificate(NamedTuple):
    """A certificate with its chain, and its key without a password, in PEM."""

    chain: bytes
    key: bytes


class Outcome(NamedTuple):
    """A handshake, and `trouble` where it was our side that could not go on.

    `is_finished` tells whether our side took the handshake for completed, `is_accepted` whether in
    TLS 1.3 the server went on after that; `begun` is what the server said in all, `reply` what it
    said to an HTTP request.
    """

    handshake: Handshake
    is_finished: bool
    is_accepted: bool = False
    begun: bytes = b""
    reply: bytes = b""
    trouble: str = ""


class Client:
    """Makes handshakes; raises InputError for a certificate that cannot be used."""

    def __init__(self, certificate: ClientCertificate | None = None) -> None:
        self._context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        self._context.set_min_proto_version(SSL.TLS1_VERSION)
        self._context.set_cipher_list(_SUITES)
        self._context.set_options(SSL.OP_LEGACY_SERVER_CONNECT | SSL.OP_NO_RENEGOTIATION)
        self._context.set_keylog_callback(_keep)
        if certificate:
            _show(self._context, certificate)

    def shake(self, connection: Connection, sni: str | None, request: bytes) -> Outcome:
        """A handshake that names `sni`; `request` follows where a certificate was asked for.

        Raises OutOfTime.
        """
        tls = SSL.Connection(self._context, None)
        tls.set_app_data(connection.tape)
        if sni:
            tls.set_tlsext_host_name(sni.encode("ascii"))
        tls.set_connect_state()
        return _Shake(connection, tls).outcome(request)


class _Shake:
    """One handshake while it is made."""

    def __init__(self, connection: Connection, tls: SSL.Connection) -> None:
        self._connection, self._tape, self._tls = connection, connection.tape, tls
        self._is_finished = self._is_accepted = False
        self._reply = b""

    def outcome(self, request: bytes) -> Outcome:
        ending, limit = None, ""
        try:
            self._finish()
            if request and self._tape.handshake().request:
                self._converse(request)
        except TimeoutError:
            ending = Ending.TIMED_OUT
        except (EOFError, SSL.ZeroReturnError):
            ending = Ending.CLOSED
        except OSError:
            self._tape.end("server", "RST")
            ending = Ending.RESET
        except SSL.Error as error:
            limit = _reason(error)
        return self._told(ending, limit)

    def _told(self, ending: Ending | None, limit: str) -> Outcome:
        handshake = self._tape.handshake(ending)
        if handshake.ending is Ending.NOT_TLS or _refusal(handshake):
            limit = ""
        if limit and not self._is_finished:
            theirs = tuple(each for each in handshake.alerts if each.sender == "server")
            handshake = replace(handshake, ending=Ending.UNFINISHED, alerts=theirs)
        return Outcome(
            handshake,
            self._is_finished,
            self._is_accepted,
            self._tape.begun,
            self._reply,
            limit,
        )

    def _finish(self) -> None:
        while not self._is_finished:
            try:
                self._tls.do_handshake()
                self._is_finished = True
                self._flush()
            except SSL.WantReadError:
                self._more()
            except SSL.Error:
                with suppress(OSError):
                    self._flush()  # the alert that says so
                raise

    def _converse(self, request: bytes) -> None:
        """Say something, and hear what is said to it."""
        if self._tls.get_protocol_version() == SSL.TLS1_3_VERSION:
            self._await_verdict()
        self._connection.begin("handshake")
        self._connection.shorten(_PATIENCE)
        self._tls.send(request)
        self._flush()
        while len(self._reply) < _ENOUGH_REPLY:
            self._hear()

    def _await_verdict(self) -> None:
        """Wait for a ticket or an alert: what is sent before the alert is read can cost it.

        A server that closes on unread data resets the connection.
        """
        self._connection.shorten(_PATIENCE)
        with suppress(TimeoutError):
            self._more()
            self._hear_at_once()
            self._is_accepted = True

    def _hear(self) -> None:
        if not self._hear_at_once():
            self._more()

    def _hear_at_once(self) -> bool:
        """Whether something could be heard in what has come."""
        try:
            self._reply += self._tls.recv(_CHUNK)
        except SSL.WantReadError:
            return False
        return True

    def _more(self) -> None:
        self._flush()
        if self._tape.size > _MOST_BYTES:
            raise SSL.Error([("", "", f"more than {_MOST_BYTES // 1024} KiB in one handshake")])
        data = self._connection.receive()
        if not data:
            raise EOFError
        self._tls.bio_write(data)

    def _flush(self) -> None:
        """Send what OpenSSL has to say."""
        try:
            while data := self._tls.bio_read(_CHUNK):
                self._connection.send(data)
        except SSL.WantReadError:
            pass


def _refusal(handshake: Handshake) -> bool:
    """Whether it was the server that ended it."""
    return any(alert.is_fatal and alert.sender == "server" for alert in handshake.alerts)


def _keep(tls: SSL.Connection, line: bytes) -> None:
    tls.get_app_data().keys.add(line)


def _reason(error: SSL.Error) -> str:
    """OpenSSL's own words."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return next((printable(str(entry[2])) for entry in queue if entry[2]), "an unknown error")


def _show(context: SSL.Context, certificate: ClientCertificate) -> None:
    try:
        leaf, *others = load_pem_x509_certificates(certificate.chain)
        context.use_certificate(leaf)
        for each in others:
            context.add_extra_chain_cert(each)
        # of a kind that it does not take, it says so by TypeError
        context.use_privatekey(load_pem_private_key(certificate.key, None))  # type: ignore[arg-type]
        context.check_privatekey()
    except (ValueError, TypeError, SSL.Error) as error:
        told = "the client certificate and its key cannot be used together"
        raise InputError(told, "give the certificate, its chain and its own key") from error
