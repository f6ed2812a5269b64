"""A handshake while it is being heard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.tls import encrypted
from edgeaudit.tls.handshake import Ending, Handshake, Step, utc
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.observe.flow import Moment
    from edgeaudit.tls.handshake import Alert, Chain, Endpoint, Side
    from edgeaudit.tls.hello import ClientHello, ServerHello
    from edgeaudit.tls.messages import CertificateRequest

_TLSV1_3 = int(Version.TLSV1_3)
_DECODE_ERROR = 50
_MOST_STEPS = 120
# of application data, after which nothing more is to be learnt about the handshake
ENOUGH_DATA = 1024
_PATIENCE = 2_000_000_000  # nanoseconds

# a named tuple at once: its own constructor takes more than twice as long
_step: Callable[[tuple[Side, str, int, int, int]], Step] = partial(tuple.__new__, Step)


class Progress:
    """What has been heard of a handshake; `version` is the one that was chosen."""

    def __init__(self, client: Endpoint, server: Endpoint, moment: Moment, before: str) -> None:
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.version: int | None = None
        self.chains: dict[Side, Chain] = {}
        self.request: CertificateRequest | None = None
        self.group: int | None = None
        self.awaits_second_hello = False
        self._who = client, server
        self._began = moment
        self._before = before
        self._is_retried = False
        self._alerts: list[Alert] = []
        self._steps: list[Step] = []
        self._finished: set[Side] = set()
        self._counts_data = False
        self._data: dict[Side, int] = {"client": 0, "server": 0}
        self._not_tls = False
        self._lost: dict[Side, int] = {}

    @property
    def is_tls13(self) -> bool:
        """Whether that is TLS 1.3, perhaps only asked to be offered again."""
        return self.version == _TLSV1_3 or self._is_retried

    @property
    def is_completed(self) -> bool:
        """Whether both sides have finished."""
        if self.version == _TLSV1_3:
            return encrypted.has_finished(self._steps) and not self._refusal
        return len(self._finished) == 2 or all(self._data.values())

    @property
    def _refusal(self) -> Step | None:
        """The record that ended a handshake of TLS 1.3."""
        cipher = self.server_hello.cipher if self.server_hello else 0
        return encrypted.refusal(self._steps, cipher)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to be learnt from the connection."""
        if self._data["server"] > ENOUGH_DATA and self.is_completed:
            return True
        return len(self._steps) >= _MOST_STEPS

    def hello(self, hello: ClientHello, moment: Moment, size: int) -> None:
        """The client's hello, perhaps its second."""
        self.client_hello = hello
        self.awaits_second_hello = False
        self.step("client", "ClientHello", moment, size)

    def answer(self, hello: ServerHello, moment: Moment, size: int) -> None:
        """The server's hello, or its wish for another of the client's."""
        if hello.is_retry:
            self._is_retried = self.awaits_second_hello = True
        else:
            self.server_hello, self.version = hello, hello.version
        name = "HelloRetryRequest" if hello.is_retry else "ServerHello"
        self.step("server", name, moment, size)

    def alert(self, alert: Alert, moment: Moment) -> None:
        """An alert in clear."""
        if alert.number != _DECODE_ERROR or not self._has_ended_for(alert.sender):
            self.hear(alert)
        self.step(alert.sender, f"alert {alert.number}", moment, 2)

    def _has_ended_for(self, side: Side) -> bool:
        """Whether the other side had gone: OpenSSL 3 calls that a message it cannot read."""
        return any(step.what == "FIN" and step.side != side for step in self._steps)

    def hear(self, alert: Alert) -> None:
        """An alert, in clear or opened with a key."""
        self._alerts.append(alert)

    def step(self, side: Side, what: str, moment: Moment, size: int = 0) -> None:
        """Anything that a side does."""
        if what == "data":
            self._count(side, size)
        elif what == "encrypted handshake":
            self._finished.add(side)
        if len(self._steps) < _MOST_STEPS or what in ("FIN", "RST"):
            self._steps.append(_step((side, what, moment.packet, moment.time, size)))

    def _count(self, side: Side, size: int) -> None:
        """Count the data of applications: TLS 1.3 hides its handshake as such."""
        if not self._counts_data:
            is_new = self.version == _TLSV1_3
            self._counts_data = not is_new or encrypted.has_finished(self._steps)
        self._data[side] += size if self._counts_data else 0

    def lose(self, side: Side, count: int) -> None:
        """Bytes of a side that are not in the capture."""
        self._lost[side] = self._lost.get(side, 0) + count

    def not_tls(self, side: Side, moment: Moment, what: str = "no TLS") -> None:
        """A side speaks something else."""
        if not self._not_tls:
            self._not_tls = True
            self.step(side, what, moment)

    def handshake(self, last: int, ending: Ending | None = None) -> Handshake:
        """What it was, the watching having ended at `last`."""
        client, server = self._who
        told = [f"{count} bytes of the {side}'s" for side, count in sorted(self._lost.items())]
        return Handshake(
            client=client,
            server=server,
            started_at=utc(self._began.time),
            packet=self._began.packet,
            ending=ending or self._ending(last),
            client_hello=self.client_hello,
            server_hello=self.server_hello,
            server_chain=self.chains.get("server"),
            client_chain=self.chains.get("client"),
            request=self.request,
            group=self._group,
            is_retried=self._is_retried,
            is_resumed=self._is_resumed,
            alerts=tuple(self._alerts),
            steps=tuple(self._steps),
            before=self._before,
            damage=f"{' and '.join(told)} are not in the capture" if told else "",
        )

    @property
    def _group(self) -> int | None:
        is_new = self.server_hello and self.version == Version.TLSV1_3
        return self.server_hello.group if self.server_hello and is_new else self.group

    @property
    def _is_resumed(self) -> bool:
        if self.server_hello is None or self.version == Version.TLSV1_3:
            return self.server_hello is not None and self.server_hello.has_psk
        names = {step.what for step in self._steps if step.side == "server"}
        return "ChangeCipherSpec" in names and not names & {"Certificate", "ServerHelloDone"}

    def _ending(self, last: int) -> Ending:
        if self._not_tls:
            return Ending.NOT_TLS
        if any(alert.is_fatal for alert in self._alerts):
            return Ending.ALERT
        if self.is_completed:
            return Ending.COMPLETED
        if self._has_secret_alert:
            return Ending.ALERT
        for step in self._steps:
            if step.what in ("FIN", "RST"):
                return self._ended_by(step)
        return self._unanswered(last)

    @property
    def _has_secret_alert(self) -> bool:
        if self.version == Version.TLSV1_3:
            return self._refusal is not None
        return any(step.what == "encrypted alert" for step in self._steps)

    def _ended_by(self, end: Step) -> Ending:
        if end.side == "client" and self._waited_in_vain(end.time):
            return Ending.TIMED_OUT
        return Ending.RESET if end.what == "RST" else Ending.CLOSED

    def _unanswered(self, last: int) -> Ending:
        return Ending.TIMED_OUT if self._waited_in_vain(last) else Ending.UNFINISHED

    def _waited_in_vain(self, until: int) -> bool:
        """Whether a hello had no answer at all for long."""
        if not self.client_hello or any(step.side == "server" for step in self._steps):
            return False
        return not self._lost and until - self._steps[0].time >= _PATIENCE
