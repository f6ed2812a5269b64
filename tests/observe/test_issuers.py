"""Fetching issuers, from a server on loopback that may be asked, and what is never asked."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID

from edgeaudit.observe.issuers import LARGEST_BODY, MOST_ISSUERS, Fetched, fetch_issuers
from tests.factories import CA, Made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

R = CA.root("Acme Root")
I2 = R.intermediate("Acme Policy CA")
I1 = I2.intermediate("Acme Issuing CA")
OTHER = CA.root("Other Root").intermediate("Acme Issuing CA")
DER, PEM = Encoding.DER, Encoding.PEM


class Server:
    """Answers as `answers` says, by path: status, headers, body. Remembers paths and hosts."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.hosts: list[str | None] = []
        self.pause = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805 - self is the server
                self.asked.append(handler.path)
                self.hosts.append(handler.headers["Host"])
                if handler.path == "/slow":
                    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not self.pause.wait(0.02):
                        handler.wfile.write(b"X: y\r\n")
                    return
                status, headers, body = self.answers[handler.path]
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name, value)
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.http.server_port}{path}"

    def give(self, path: str, body: bytes = b"", status: int = 200, to: str = "") -> str:
        self.answers[path] = status, {"Location": to} if to else {}, body
        return self.url(path)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.pause.set()
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def leaf(*urls: str, issuer: CA = I1) -> Made:
    return issuer.leaf("api.example.com", extensions=offered(*urls))


def offered(*urls: str) -> list[Any]:
    oid = AuthorityInformationAccessOID.CA_ISSUERS
    told = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for url in urls]
    return [(x509.AuthorityInformationAccess(told), False)] if told else []


def fetched(made: Made, *, allow_private: bool = True, **options: Any) -> Fetched:
    known = [R.certificate, I2.certificate]
    return fetch_issuers(
        made.certificate, **{"known": known, "allow_private": allow_private, **options}
    )


def trouble(*urls: str, **options: Any) -> str:
    outcome = fetched(leaf(*urls), **options)
    assert outcome.certificates == ()
    return outcome.trouble


def _pkcs7(encoding: Any, *certificates: Made) -> bytes:
    return pkcs7.serialize_certificates([made.parsed for made in certificates], encoding)


@pytest.mark.parametrize(
    "body",
    [
        I1.der,
        I1.pem.encode(),
        OTHER.pem.encode() + I1.pem.encode(),
        _pkcs7(DER, I1),
        _pkcs7(DER, OTHER, I1, R),
        _pkcs7(PEM, I1),
    ],
    ids=["der", "pem", "two in pem", "pkcs7", "three in pkcs7", "pkcs7 in pem"],
)
def test_the_issuer_in_every_form(body: bytes, server: Server) -> None:
    url = server.give("/ca", body)
    assert fetched(leaf(url)) == Fetched((I1.certificate,))


def test_issuers_are_followed_upward_to_a_root(server: Server) -> None:
    root = server.give("/root", R.der)
    two = R.intermediate("Acme Policy CA", extensions=offered(root))
    one = two.intermediate("Acme Issuing CA", extensions=offered(server.give("/two", two.der)))
    made = leaf(server.give("/one", one.der), issuer=one)
    assert fetched(made, known=()) == Fetched((one.certificate, two.certificate, R.certificate))
    assert fetched(made, known=[R.certificate]) == Fetched((one.certificate, two.certificate))
    server.answers["/two"] = 404, {}, b""
    outcome = fetched(made, known=())
    assert outcome.certificates == (one.certificate,)
    assert outcome.trouble == f"{server.url('/two')} answers with status 404"


def test_nothing_is_asked_where_nothing_is_missing(server: Server) -> None:
    assert fetched(leaf(server.give("/ca", I1.der)), known=[I1.certificate]) == Fetched(())
    assert fetched(R) == Fetched(())
    assert server.asked == []


def test_issuers_without_end(server: Server) -> None:
    """Two that signed each other."""
    urls = offered(server.url("/one")), offered(server.url("/two"))
    one, two = CA.root("One"), CA.root("Two")
    server.give("/one", two.cross_sign(one, extensions=urls[1]).der)
    server.give("/two", one.cross_sign(two, extensions=urls[0]).der)
    outcome = fetched(leaf(server.url("/one"), issuer=one), known=())
    assert len(outcome.certificates) == MOST_ISSUERS
    assert outcome.trouble == f"there are more than {MOST_ISSUERS} issuers above it"


def test_the_next_address_is_asked_where_one_fails(server: Server) -> None:
    good, bad = server.give("/ca", I1.der), server.give("/gone", status=410)
    assert fetched(leaf("ldap://ca.example/x", bad, good)) == Fetched((I1.certificate,))
    assert server.asked == ["/gone", "/ca"]


def test_redirects_are_followed_three_times(server: Server) -> None:
    server.give("/3", I1.der)
    server.give("/2", status=301, to=server.url("/3"))
    server.give("/1", status=307, to="2")
    url = server.give("/0", status=302, to=server.url("/1")[len("http:") :])
    assert fetched(leaf(url)) == Fetched((I1.certificate,))
    more = server.give("/more", status=308, to="/0")
    assert trouble(more) == f"{more} redirects more than 3 times"
    loop = server.give("/loop", status=303, to="/loop")
    assert trouble(loop) == f"{loop} redirects more than 3 times"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "is no certificate"),
        (b"<html>", "is no certificate"),
        (I1.der[:-9], "is no certificate"),
        (_pkcs7(DER, I1)[:-9], "is no certificate"),
        (OTHER.der, "did not issue CN=api.example.com"),
        (I2.der, "did not issue CN=api.example.com"),
        (b" " * LARGEST_BODY + I1.pem.encode(), "answers with more than 64 KiB"),
    ],
    ids=["empty", "html", "cut", "cut pkcs7", "namesake", "another CA", "too large"],
)
def test_a_body_that_is_not_taken(body: bytes, complaint: str, server: Server) -> None:
    assert trouble(server.give("/ca", body)).endswith(complaint)


def test_a_body_that_breaks_off(server: Server) -> None:
    server.answers["/ca"] = 200, {"Transfer-Encoding": "chunked"}, b"zz\r\n"
    assert trouble(server.url("/ca")).endswith("breaks off its answer")


def test_a_slow_server_is_left_in_time(server: Server) -> None:
    """A header every 20 ms: no read ever takes long."""
    start = time.monotonic()
    assert trouble(server.url("/slow"), seconds=0.15) == "fetching the issuer takes too long"
    assert time.monotonic() - start < 20


def test_a_slow_name_service_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: end.wait(60))
    assert trouble("http://ca.example/", seconds=0.05) == "fetching the issuer takes too long"
    end.set()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://ca.example/ca.crt",
        "ldap://ca.example/cn=ca",
        "gopher://127.0.0.1/x",
        "http://",
        "http:///ca.crt",
        "http://[::1/ca.crt",
        "http://ca.example:99999/ca.crt",
        "ca.crt",
        "",
    ],
)
def test_a_url_that_is_not_asked(url: str) -> None:
    assert trouble(url) == f"{url} is no http or https URL, and is not asked"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://ca.example/", "data:,x"])
def test_a_redirect_that_is_not_followed(url: str, server: Server) -> None:
    moved = server.give("/moved", status=302, to=url)
    assert trouble(moved) == f"{url} is no http or https URL, and is not asked"


def test_a_redirect_to_nonsense(server: Server) -> None:
    moved = server.give("/moved", status=302, to="http://[::1/")
    assert trouble(moved) == f"{moved} leads to what is no URL"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_loopback_is_not_asked_unless_allowed(host: str, server: Server) -> None:
    server.give("/ca", I1.der)
    told = trouble(server.url("/ca", host), allow_private=False)
    assert told.endswith("which is not public, and is not asked")
    assert server.asked == []


def resolving(monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> list[str]:
    """Lets the names be at these addresses, one more each time; returns the names asked for."""
    real, asked = socket.getaddrinfo, []

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        name = host.partition(".")[0]
        addresses = names.get(name, [host])
        at = addresses if kwargs.get("type") and name in names else [host]
        return [found for each in at for found in real(each, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_of_a_private_address_is_not_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, inner=["127.0.0.1", "169.254.169.254"])
    server.give("/ca", I1.der)
    told = trouble(server.url("/ca", "inner.example"), allow_private=False)
    assert told == "inner.example is at 127.0.0.1, which is not public, and is not asked"
    assert server.asked == []


def test_a_redirect_to_a_private_address_is_not_followed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called public here is the server on loopback; 127.0.0.2 is not."""
    monkeypatch.setattr("edgeaudit.observe.issuers.is_public", lambda address: address[-1] == "1")
    url = server.give("/moved", status=302, to=server.url("/ca", "127.0.0.2"))
    told = trouble(url, allow_private=False)
    assert told == "127.0.0.2 is at 127.0.0.2, which is not public, and is not asked"
    assert server.asked == ["/moved"]


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is looked up twice may be somewhere else the second time."""
    asked = resolving(monkeypatch, rebind=["127.0.0.1"])
    server.give("/ca", I1.der)
    assert fetched(leaf(server.url("/ca", "rebind.example"))) == Fetched((I1.certificate,))
    assert asked.count("rebind.example") == 1
    assert server.hosts == [f"rebind.example:{server.http.server_port}"]


def test_another_address_of_the_name_is_tried(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, two=["127.0.0.3", "127.0.0.1"])
    server.give("/ca", I1.der)
    assert fetched(leaf(server.url("/ca", "two.example"))) == Fetched((I1.certificate,))


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert trouble("http://ca.example/") == "ca.example is not known to the name service"


def test_a_server_that_is_not_there(server: Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert trouble(f"http://127.0.0.1:{port}/") == "127.0.0.1 does not answer as it should"
    assert trouble(server.url("/ca").replace("http", "https")).endswith("answer as it should")


@pytest.mark.parametrize(("host", "is_good"), [("ca.example", True), ("other.example", False)])
def test_https_is_spoken_with_the_name_and_to_the_address(
    host: str,
    is_good: bool,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, ca=["127.0.0.1"], other=["127.0.0.1"])
    made, names = R.leaf("ca.example"), []
    (tmp_path / "server.pem").write_text(made.pem + made.key_pem)
    (tmp_path / "root.pem").write_text(R.pem)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "root.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    context.sni_callback = lambda _, name, __: names.append(name)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    server.give("/ca", I1.der)
    url = server.url("/ca", host).replace("http:", "https:")
    outcome = fetched(leaf(url))
    assert outcome.certificates == ((I1.certificate,) if is_good else ())
    assert names == [host]


def test_no_proxy_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetched(leaf(server.give("/ca", I1.der))) == Fetched((I1.certificate,))


def test_a_certificate_that_offers_nothing() -> None:
    assert trouble() == "CN=api.example.com does not say where its issuer can be had"
