"""Mails reach a real server, over a line that is as safe as it was to be, or the run says so."""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.errors import DeliveryError, InputError
from edgeaudit.notify import smtp
from edgeaudit.notify.composer import Composer
from edgeaudit.notify.mail import Attachment, mail
from edgeaudit.notify.smtp import MailServer, Sendmail
from tests.factories import NOW
from tests.management.server import Authority
from tests.notify.mailserver import PASSWORD, USER, mail_server

if TYPE_CHECKING:
    import ssl

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
MAIL = mail(
    Composer(NOW).test(),
    "edgeaudit@example.com",
    "team@example.com",
    NOW,
    [Attachment("edgeaudit.json", "application/json", '{"a": "ü\\n.\\n"}\n.\n')],
)
SECURITIES: list[Any] = ["none", "starttls", "tls"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A private CA's file, and the context of a server that it vouches for."""
    folder, made = tmp_path_factory.mktemp("ca"), Authority.made()
    return made.file(folder), made.context(folder)


def _content(part: Any) -> Any:
    """What it holds; a text's lines end as they do on the wire."""
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else content


def _send(server: MailServer | Sendmail) -> None:
    server.hand_over(MAIL, "edgeaudit@example.com", "team@example.com")


@pytest.mark.parametrize(
    ("security", "login"),
    [("none", False), ("starttls", False), ("starttls", True), ("tls", False), ("tls", True)],
)
def test_a_mail_arrives_as_it_was(authority, security: Any, login: bool) -> None:
    ca, context = authority
    account = (USER, PASSWORD) if login else ("", "")
    with mail_server(security, context, login=login) as server:
        _send(MailServer("127.0.0.1", security, server.port, *account, ca=ca))
    (received,) = server.received
    assert (received.sender, received.recipients) == ("edgeaudit@example.com", ["team@example.com"])
    assert received.over_tls is (security != "none")
    assert received.user == (USER if login else None)
    assert {str(each) for each in received.mail.items()} == {str(each) for each in MAIL.items()}
    for part, sent in zip(received.mail.walk(), MAIL.walk(), strict=True):
        assert part.get_content_type() == sent.get_content_type()
        if not part.is_multipart():
            assert _content(part) == _content(sent)


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"])
@pytest.mark.parametrize("security", SECURITIES)
def test_a_line_that_drops(authority, security: Any, stage: str) -> None:
    """A mail that the server has taken is sent, whatever happens to the line after that."""
    ca, context = authority
    with mail_server(security, context) as server:
        server.drops_at = stage
        if stage == "QUIT":
            _send(MailServer("127.0.0.1", security, server.port, ca=ca))
        else:
            with pytest.raises(DeliveryError, match=r"team@example.com was not taken by 127.0.0.1"):
                _send(MailServer("127.0.0.1", security, server.port, ca=ca))
        assert server.commands[-1] == stage
    assert len(server.received) == (stage == "QUIT")


def test_a_refused_recipient(authority) -> None:
    with mail_server() as server:
        server.refuses = "team@example.com"
        with pytest.raises(DeliveryError, match=r"550 no such\\x1b\[31m user"):
            _send(MailServer("127.0.0.1", "none", server.port))


def test_a_wrong_password(authority) -> None:
    ca, context = authority
    wrong = MailServer("127.0.0.1", "tls", 0, USER, "hunter2", ca)
    with (
        mail_server("tls", context, login=True) as server,
        pytest.raises(DeliveryError, match="refused the login of edgeaudit") as caught,
    ):
        _send(MailServer("127.0.0.1", "tls", server.port, USER, "hunter2", ca))
    assert "hunter2" not in caught.value.message + caught.value.hint + repr(wrong)
    assert server.received == []


def test_a_server_that_nobody_vouches_for(authority) -> None:
    for security in SECURITIES[1:]:
        with (
            mail_server(security, authority[1]) as server,
            pytest.raises(DeliveryError, match="certificate verify failed"),
        ):
            _send(MailServer("127.0.0.1", security, server.port))
        assert server.received == []


def test_a_server_without_starttls_gets_nothing() -> None:
    with mail_server() as server, pytest.raises(DeliveryError, match="STARTTLS"):
        _send(MailServer("127.0.0.1", "starttls", server.port, USER, "hunter2"))
    assert server.commands == ["EHLO"]
    assert server.received == []


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DeliveryError, match="Connection refused"):
        _send(MailServer("127.0.0.1", "none", port))


@pytest.mark.parametrize("line", [b"", b"220 hello\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_says_nothing_more(line: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_say, args=(listener, line))
        thread.start()
        with pytest.raises(DeliveryError):
            _send(MailServer("127.0.0.1", "none", listener.getsockname()[1], timeout=0.1))
        thread.join(60)


def _say(listener: socket.socket, line: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(line)
        connection.settimeout(60)
        while connection.recv(1024):
            pass


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the answer never does."""
    monkeypatch.setattr(smtp, "_PATIENCE", 2)

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"220 hello\r\n")
            try:
                while True:
                    connection.sendall(b"250-more\r\n")
                    time.sleep(0.02)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        with pytest.raises(DeliveryError):
            _send(MailServer("127.0.0.1", "none", listener.getsockname()[1], timeout=0.1))
        thread.join(60)
        assert not thread.is_alive()


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    with mail_server() as server, pytest.raises(InputError):
        _send(MailServer("127.0.0.1", "starttls", server.port, ca=tmp_path / "none"))


def _program(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "sendmail"
    path.write_text(f"#!{sys.executable}\nimport sys, pathlib, time\n{body}\n")
    path.chmod(0o755)
    return path


def test_sendmail(tmp_path: Path) -> None:
    keep = f"pathlib.Path({str(tmp_path)!r}, 'mail').write_bytes(sys.stdin.buffer.read())\n"
    keep += f"pathlib.Path({str(tmp_path)!r}, 'arguments').write_text(repr(sys.argv[1:]))"
    _send(Sendmail(_program(tmp_path, keep)))
    arguments = (tmp_path / "arguments").read_text()
    assert arguments == "['-i', '-f', 'edgeaudit@example.com', '--', 'team@example.com']"
    assert b"\r" not in (tmp_path / "mail").read_bytes()
    assert (tmp_path / "mail").read_bytes() == MAIL.as_bytes().replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("body", "timeout", "told"),
    [
        ("sys.stdin.read(); sys.exit('no\\x1b route')", 60, r"status 1 no\\x1b route"),
        ("sys.exit(75)", 60, "status 75$"),
        ("time.sleep(9)", 0.1, "in 0.1 seconds"),
    ],
)
def test_a_sendmail_that_fails(tmp_path: Path, body: str, timeout: float, told: str) -> None:
    with pytest.raises(DeliveryError, match=told):
        _send(Sendmail(_program(tmp_path, body), timeout))


def test_a_sendmail_beside_the_configuration(tmp_path: Path, monkeypatch: Any) -> None:
    """A path like any other: it is not looked for elsewhere."""
    monkeypatch.chdir(_program(tmp_path, "sys.stdin.read()").parent)
    _send(Sendmail(Path("sendmail")))


def test_no_sendmail(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="No such file"):
        _send(Sendmail(tmp_path / "none"))
