"""Connections to one server: verified, kept alive, through the proxy of the environment, finite."""

from __future__ import annotations

import base64
import io
import os
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

import certifi
from requests.utils import get_auth_from_url, get_environ_proxies, select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection, port_by_scheme
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import Url, parse_url

from edgeaudit.errors import InputError
from edgeaudit.location import printable

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

LARGEST_BODY = 16 * 1024 * 1024
PATIENCE = 5  # an answer may take so many read timeouts as a whole

_ROOM = LARGEST_BODY + 1024 * 1024  # the body, and around it headers and chunk sizes


class TooLargeError(HTTPError):
    """An answer of more than LARGEST_BODY bytes, as sent or as inflated."""


@dataclass(frozen=True)
class ClientCertificate:
    """What shows a server who the client is: PEM files, perhaps one and the same.

    `password` is called when the key is encrypted.
    """

    certificate: Path
    key: Path
    password: Callable[[], str]


class StoppedError(HTTPError):
    """A request that was not sent because the run was over."""


def server_url(text: str) -> Url:
    """The URL of a server, normalised, its path without a trailing slash.

    Raises InputError for anything but http:// or https://, a host and a path. A user or a
    password in it is refused, and not shown.
    """
    if not text.strip():
        raise InputError("the URL of a server is empty", "http(s)://HOST:PORT")
    try:
        url = parse_url(text)
    except LocationValueError:
        url = Url()
    if "@" in text:
        raise InputError(
            "a URL must not hold a user or a password",
            "give --username, and the password apart from it",
        )
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise InputError(f"{printable(text)} is not the URL of a server", "http(s)://HOST:PORT")
    if printable(text) != text or " " in text or "\\" in text:
        raise InputError(f"{printable(text)} is not a URL: it holds blanks or control characters")
    return url._replace(path=(url.path or "").rstrip("/"), query=None, fragment=None)


def endpoint(url: Url) -> str:
    """HOST:PORT of a URL."""
    return f"{url.host}:{url.port or port_by_scheme.get(url.scheme or '')}"


def basic(username: str, password: str) -> str:
    """The header of Basic authentication, in UTF-8 (RFC 7617)."""
    # a variable of the environment that is not UTF-8 arrives with surrogates, and leaves as it was
    credentials = f"{username}:{password}".encode("utf-8", "surrogateescape")
    return "Basic " + base64.b64encode(credentials).decode("ascii")


class _Paced(io.RawIOBase):
    """The bytes of a socket, up to `_ROOM` of them and until `PATIENCE` timeouts have passed.

    A socket's timeout starts again with every byte, so a byte a second would never end.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._stream = sock.makefile("rb", buffering=0)
        self._end = time.monotonic() + PATIENCE * (sock.gettimeout() or 0)
        self._room = _ROOM

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._end:
            raise TimeoutError("the answer takes too long")
        count = self._stream.readinto(buffer)
        self._room -= count or 0
        if self._room < 0:
            raise TooLargeError
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _PacedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Paced(sock))


class _Connection(HTTPConnection):
    response_class = _PacedResponse


class _TLSConnection(HTTPSConnection):
    response_class = _PacedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


def connections(url: str, **options: Any) -> PoolManager:
    """Connections to `url`, through the proxy that the environment names for it."""
    proxy = select_proxy(url, get_environ_proxies(url))
    try:
        manager = _proxied(proxy, **options) if proxy else PoolManager(**options)
    except LocationValueError as error:
        raise InputError(
            "the proxy that the environment names cannot be used",
            "HTTP_PROXY, HTTPS_PROXY: http://HOST:PORT",
        ) from error
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
    return manager


def _proxied(proxy: str, **options: Any) -> ProxyManager:
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not parse_url(url).host:
        raise LocationValueError
    username, password = get_auth_from_url(url)
    headers = {"Proxy-Authorization": basic(username, password)} if username else {}
    return ProxyManager(url, proxy_headers=headers, **options)


def tls_context(ca_file: Path | None, client: ClientCertificate | None = None) -> ssl.SSLContext:
    """Verifies against `ca_file` alone, as curl --cacert does, or else the public roots.

    `client` is shown where the server asks for a certificate. Raises InputError for a file that
    cannot be used.
    """
    # not create_default_context: from Python 3.13 on it is strict (RFC 5280), internal CAs are not
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(ca_file or certifi.where())
    except ssl.SSLError as error:
        raise InputError(f"{ca_file}: not a CA file", "PEM certificates are expected") from error
    except OSError as error:
        raise InputError(f"{ca_file}: {error.strerror}") from error
    if client:
        _show(context, client)
    return context


def _show(context: ssl.SSLContext, client: ClientCertificate) -> None:
    try:
        context.load_cert_chain(
            client.certificate,
            client.key,
            lambda: client.password().encode("utf-8", "surrogateescape"),
        )
    except (ssl.SSLError, ValueError) as error:  # ValueError: a password of more than 1024 bytes
        files = " and ".join(dict.fromkeys((str(client.certificate), str(client.key))))
        raise InputError(
            f"{files}: not a client certificate with its key",
            "PEM is expected, the key that of the certificate, and its password right",
        ) from error
    except OSError as error:
        is_certificate = not os.access(client.certificate, os.R_OK)
        name = client.certificate if is_certificate else client.key
        raise InputError(f"{name}: {error.strerror}") from error
