"""Handing mails over: to a mail server, or to the sendmail of this machine."""

from __future__ import annotations

import base64
import smtplib
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import TYPE_CHECKING, Literal

from edgeaudit.errors import DeliveryError
from edgeaudit.location import printable
from edgeaudit.management.connections import tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

Security = Literal["none", "starttls", "tls"]

PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}
_PATIENCE = 10  # a mail may take so many timeouts as a whole


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over by SMTP (RFC 5321), and how the line is secured.

    `starttls` and `tls` check the server's certificate against `ca`, or else the public roots, and
    go no further without. `timeout` is in seconds.
    """

    host: str
    security: Security = "starttls"
    port: int | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    timeout: float = 30

    @property
    def at(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port or PORTS[self.security]}"

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Have the server take the mail; raises DeliveryError where it did not say that it has."""
        try:
            with self._line() as line:
                line.sendmail(sender, [recipient], message.as_bytes())
        except smtplib.SMTPAuthenticationError as error:  # its words may repeat the credentials
            told = f"{self.at} refused the login of {self.username} ({error.smtp_code})"
            raise DeliveryError(told, "check username and password of the mail server") from error
        except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
            raise DeliveryError(
                f"the mail to {recipient} was not taken by {self.at}: {_said(error)}", _HINT
            ) from error

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        """A secured line on which somebody is logged in, if anybody is to be."""
        line = self._opened()
        watch = Timer(_PATIENCE * self.timeout, _cut, [line])
        watch.daemon = True
        watch.start()
        try:
            if self.security == "starttls":
                line.starttls(context=tls_context(self.ca))
            if self.username:
                self._log_in(line)
            yield line
            with suppress(smtplib.SMTPException, OSError):  # it has taken the mail
                line.quit()
        finally:
            watch.cancel()
            line.close()

    def _log_in(self, line: smtplib.SMTP) -> None:
        line.ehlo_or_helo_if_needed()
        if "PLAIN" not in line.esmtp_features.get("auth", "").upper().split():
            line.login(self.username, self.password)
            return
        # smtplib takes ASCII alone; PLAIN is UTF-8 (RFC 4616)
        login = f"\0{self.username}\0{self.password}".encode("utf-8", "surrogateescape")
        code, said = line.docmd("AUTH", f"PLAIN {base64.b64encode(login).decode()}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, said)

    def _opened(self) -> smtplib.SMTP:
        port = self.port or PORTS[self.security]
        if self.security == "tls":
            context = tls_context(self.ca)
            return smtplib.SMTP_SSL(self.host, port, timeout=self.timeout, context=context)
        return smtplib.SMTP(self.host, port, timeout=self.timeout)


@dataclass(frozen=True)
class Sendmail:
    """The program that hands mails to this machine's own mail server."""

    path: Path
    timeout: float = 60

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Have the program take the mail; raises DeliveryError where it fails."""
        # -i: a line with a lone dot is a line, and not the end
        command = [str(self.path.absolute()), "-i", "-f", sender, "--", recipient]
        told = f"the mail to {recipient} was not taken by {self.path}"
        try:
            # it wants the line ends of this machine, not those of the wire
            content = message.as_bytes(policy=message.policy.clone(linesep="\n"))
            done = subprocess.run(  # noqa: S603 - the configuration names it
                command, input=content, capture_output=True, timeout=self.timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DeliveryError(f"{told} in {self.timeout:g} seconds") from error
        except OSError as error:
            hint = "install a mail server, or name one: server in the configuration"
            raise DeliveryError(f"{told}: {error.strerror}", hint) from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()[:200]
            raise DeliveryError(f"{told}: status {done.returncode} {printable(said)}".rstrip())


_HINT = "check server, port, security and ca of mail in the configuration"


def _said(error: Exception) -> str:
    """What went wrong, in one line."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return printable(f"{code} {_text(said)}")
        case smtplib.SMTPResponseException():
            return printable(f"{error.smtp_code} {_text(error.smtp_error)}")
        case socket.gaierror():
            return "the host name cannot be resolved"
        case TimeoutError():
            return "it did not answer in time"
        case OSError() if error.strerror and not isinstance(error, smtplib.SMTPException):
            return printable(error.strerror)
    return printable(str(error))[:200]


def _text(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:200]


def _cut(line: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        line.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr] # or it has none any more
