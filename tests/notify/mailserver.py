"""A real mail server on loopback: plain, STARTTLS or TLS, with login; it may drop the line."""

from __future__ import annotations

import asyncio
import email
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

STAGES = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
USER, PASSWORD = "edgeaudit", "pässwörd"


@dataclass
class Received:
    """A mail as the server has taken it, parsed back."""

    sender: str
    recipients: list[str]
    mail: Any
    over_tls: bool
    user: str | None


@dataclass
class MailServer:
    """What came in; `drops_at` is the command at which it drops the line from now on, `refuses`
    the address that it does not take."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    drops_at: str = ""
    refuses: str = ""
    commands: list[str] = field(default_factory=list)


class _Handler:
    def __init__(self, script: MailServer) -> None:
        self.script = script

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, host: str, responses: list[str]
    ) -> list[str]:
        session.host_name = host
        self._note(server, "EHLO")
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self._note(server, "MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self._note(server, "RCPT")
        if address == self.script.refuses:
            return "550 no such\x1b[31m user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=default)
        login = session.auth_data.decode() if session.authenticated else None
        received = Received(
            envelope.mail_from,
            list(envelope.rcpt_tos),
            parsed,
            server.transport.get_extra_info("ssl_object") is not None,
            login,
        )
        if self.script.drops_at != "DATA":
            self.script.received.append(received)
        self._note(server, "DATA")
        return "250 taken"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self._note(server, "QUIT")
        return "221 Bye"

    def _note(self, server: Any, command: str) -> None:
        self.script.commands.append(command)
        if self.script.drops_at == command:
            server.transport.abort()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False, auth_data=USER.encode() if good else None)


@contextmanager
def mail_server(
    security: str = "none", context: ssl.SSLContext | None = None, *, login: bool = False
) -> Iterator[MailServer]:
    """Listens on a free port of 127.0.0.1."""
    script = MailServer()
    options: dict[str, Any] = {}
    if login:
        options |= {
            "authenticator": _authenticate,
            "auth_required": True,
            "auth_require_tls": security == "starttls",
        }
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.new_event_loop()
    listening = loop.create_server(
        lambda: SMTP(_Handler(script), hostname="localhost", loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=context if security == "tls" else None,
    )
    server = loop.run_until_complete(listening)
    script.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield script
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(_end_all())
        loop.close()


async def _end_all() -> None:
    """Ends what still waits for a client."""
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
