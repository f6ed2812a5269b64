"""The questions to one service, and what is made of the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from edgeaudit.observe.addresses import is_address
from edgeaudit.observe.probe import hellos, need, speech
from edgeaudit.observe.probe.connection import Failure, OutOfTime, wire_name
from edgeaudit.observe.probe.offers import Unanswered, offer
from edgeaudit.observe.probe.question import ask, read_in_clear
from edgeaudit.tls.handshake import Ending, Endpoint, Handshake
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.service import Service
from edgeaudit.x509.certificate import Unreadable

if TYPE_CHECKING:
    from edgeaudit.observe.probe.client import Client, Outcome
    from edgeaudit.observe.probe.line import Line
    from edgeaudit.observe.probe.question import Answer
    from edgeaudit.tls.hello import ClientHello

_NOBODY = "edgeaudit.invalid"  # RFC 6761, 6.4


@dataclass(frozen=True)
class Asked:
    """A service, and how it is to be asked.

    `sni` is the name that is sent to it: None for none, and where it is empty the host, unless that
    is an address, which has no place there (RFC 6066, 3). `foreign` is a name that is not its own.
    """

    host: str
    port: int
    sni: str | None = ""
    foreign: str = _NOBODY

    @property
    def name(self) -> str | None:
        """The name that is sent; None for none."""
        if self.sni != "":
            return self.sni
        return None if is_address(self.host) else self.host


class Interview:
    """Asks one service all that there is to ask; `shown` is the client with a certificate."""

    def __init__(self, asked: Asked, line: Line, bare: Client, shown: Client | None) -> None:
        self._asked, self._line, self._bare, self._shown = asked, line, bare, shown
        self._at = datetime.now(timezone.utc)
        self._is_tls = False
        self._is_beyond_us = False  # whether OpenSSL's hello is refused where our own is not
        self._found: dict[str, Any] = {"versions": {}, "suites": {}, "orders": {}}

    def service(self) -> Service:
        """What is known at the end."""
        try:
            self._ask()
        except Failure as failure:
            self._failed(failure)
        except Unanswered:
            self._cut_short("it stopped answering when it was asked for its suites")
        except OutOfTime:
            self._cut_short("the time was up before it had been asked everything")
        return Service(
            host=self._asked.host,
            port=self._asked.port,
            at=self._at,
            address=self._line.address,
            sni=self._asked.name,
            connections=self._line.connections,
            **self._found,
        )

    def _ask(self) -> None:
        name = self._asked.name and wire_name(self._asked.name)
        first = self._shake(self._bare, name, asks_more=True)
        self._found["with_name"] = first.handshake
        self._require_tls(first)
        self._is_tls = _has_answered(first.handshake)
        self._enumerate(name)
        if not self._is_tls and not any(self._found["versions"].values()):
            self._explain(first.handshake)
        self._is_tls = True
        self._is_beyond_us = first.handshake.server_hello is None and bool(self._found["suites"])
        self._found["needs_client_certificate"] = need.refuses(first)
        self._found["with_name"] = self._seen(first, name)
        self._check_chain(first.trouble)
        if name:
            self._found["without_name"] = self._other(None)
        self._found["with_foreign_name"] = self._other(wire_name(self._asked.foreign))
        if self._shown:
            self._show_certificate(self._shown, name)

    # how it ends

    def _require_tls(self, outcome: Outcome) -> None:
        """Raises Failure where it is none."""
        handshake = outcome.handshake
        if handshake.ending is Ending.NOT_TLS:
            doubt = "; it may not want the PROXY protocol" if self._line.has_proxy_line else ""
            raise Failure("handshake", speech.told(outcome.begun) + doubt)
        if handshake.ending is Ending.TIMED_OUT:
            does = "finish the handshake" if handshake.server_hello else "answer a ClientHello"
            raise Failure("handshake", f"it does not {does} in time")

    def _failed(self, failure: Failure) -> None:
        if self._is_tls and failure.phase != "handshake":
            self._cut_short(failure.trouble)
            return
        self._found |= {"phase": failure.phase, "trouble": failure.trouble}
        if failure.ending and "with_name" not in self._found and self._line.address:
            self._found["with_name"] = _unmade(self._line.address, self._at, failure.ending)

    def _cut_short(self, trouble: str) -> None:
        self._found |= {"trouble": trouble, "is_cut_short": True}

    def _check_chain(self, trouble: str) -> None:
        """That the certificates could be read, or why not."""
        chain = self._found["with_name"].server_chain
        broken = [each.reason for each in chain or () if isinstance(each, Unreadable)]
        if broken:
            raise Failure("handshake", f"a certificate that it shows cannot be read: {broken[0]}")
        if trouble and chain is None:
            raise Failure("handshake", f"its handshake cannot be followed: {trouble}")

    # the questions

    def _shake(self, client: Client, name: str | None, *, asks_more: bool = False) -> Outcome:
        request = need.REQUEST.format(name or self._asked.host).encode("ascii", "ignore")
        with self._line.opened() as connection:
            return client.shake(connection, name, request if asks_more else b"")

    def _answer(self, hello: ClientHello) -> Answer:
        with self._line.opened() as connection:
            return ask(connection, hello)

    def _enumerate(self, name: str | None) -> None:
        for version in reversed(hellos.VERSIONS):
            found = offer(self._answer, version, name)
            self._found["versions"][version] = bool(found.suites)
            if found.suites:
                self._found["suites"][version] = found.suites
            if found.has_order is not None:
                self._found["orders"][version] = found.has_order

    def _other(self, name: str | None) -> Handshake:
        return self._seen(self._shake(self._bare, name), name)

    def _seen(self, outcome: Outcome, name: str | None) -> Handshake:
        """The handshake, or where OpenSSL had to give up, as much of one as it takes to see all."""
        if outcome.is_finished or not (outcome.trouble or self._is_beyond_us):
            return outcome.handshake
        spoken = [version for version in self._found["suites"] if version < Version.TLSV1_3]
        if spoken and not outcome.handshake.first("server", "ServerHelloDone"):
            hello = hellos.client_hello(spoken[0], self._found["suites"][spoken[0]], name)
            with self._line.opened() as connection:
                seen = read_in_clear(connection, hello)
            if seen.server_chain is not None or self._is_beyond_us:
                return seen
        if not outcome.trouble:
            return outcome.handshake
        return replace(outcome.handshake, damage=f"OpenSSL here gave up: {outcome.trouble}")

    def _show_certificate(self, client: Client, name: str | None) -> None:
        outcome = self._shake(client, name, asks_more=True)
        self._found["with_certificate"] = outcome.handshake
        if outcome.handshake.request:
            refuses = need.refuses(outcome)
            self._found["takes_client_certificate"] = None if refuses is None else not refuses

    def _explain(self, handshake: Handshake) -> None:
        """Why a service ends the connection without a word; raises Failure."""
        self._found["versions"] = {}
        if self._wants_proxy_line():
            self._found["with_name"] = replace(handshake, ending=Ending.NOT_TLS)
            raise Failure("handshake", "it wants the PROXY protocol to announce the client")
        begun = self._said_to(speech.HTTP_QUESTION)
        if speech.spoken(begun):
            self._found["with_name"] = replace(handshake, ending=Ending.NOT_TLS)
            raise Failure("handshake", speech.told(begun))
        does = "resets" if handshake.ending is Ending.RESET else "closes"
        raise Failure("handshake", f"it {does} the connection when it gets a ClientHello")

    def _wants_proxy_line(self) -> bool:
        if self._line.has_proxy_line:
            return False
        hello = hellos.client_hello(
            Version.TLSV1_2, hellos.common(Version.TLSV1_2), self._asked.name
        )
        with self._line.opened(with_proxy_line=True) as connection:
            answer = ask(connection, hello)
        return answer.hello is not None or answer.alert is not None

    def _said_to(self, question: bytes) -> bytes:
        with self._line.opened() as connection:
            try:
                connection.send(question)
                return connection.receive()
            except OSError:
                return b""


def _has_answered(handshake: Handshake) -> bool:
    return any(
        step.side == "server" and step.what not in ("FIN", "RST") for step in handshake.steps
    )


def _unmade(address: Endpoint, at: datetime, ending: Ending) -> Handshake:
    """One that never began, as the connection did not."""
    nobody = "::" if ":" in address.address else "0.0.0.0"  # noqa: S104 - nothing is bound to it
    return Handshake(Endpoint(nobody, 0), address, at, 1, ending)
