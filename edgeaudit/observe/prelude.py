"""What may stand before the TLS of a connection, and how TLS is told from all else.

HTTP CONNECT: RFC 9110, 9.3.6; the PROXY protocol: HAProxy's proxy-protocol.txt, versions 1 and 2.
"""

from __future__ import annotations

import re
from enum import Enum

from edgeaudit.location import printable
from edgeaudit.tls.records import looks_like_tls

_LONGEST = 16_384
_PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_1_LONGEST = 107
_CONNECT = re.compile(rb"CONNECT ([!-~]{1,300}) HTTP/1\.[01]\r?\n")
_GRANTED = re.compile(rb"HTTP/1\.[01] 2\d\d")
# what servers say to a client that speaks HTTP where TLS is wanted (nginx, Apache, Go, Tomcat)
_WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled"
    rb"|sent an HTTP request to an HTTPS server|requires TLS"
)
_HOST = re.compile(rb"\r\nhost: *([!-~]{1,300})\r\n", re.IGNORECASE)  # RFC 9110, 7.2
_REQUEST = re.compile(rb"[A-Z]{3,10} [!-~]+ HTTP/\d\.?\d?\r?\n")


class Speech(Enum):
    """What a side speaks."""

    UNKNOWN = "unknown"
    TLS = "tls"
    OTHER = "other"


_UNKNOWN = Speech.UNKNOWN
_RECORD = b"\x16"  # as most begin


class Prelude:
    """The first bytes of one side, until it is known what it speaks.

    `before` says what stood before TLS; `begun` has the bytes of TLS, or of whatever it is.
    """

    def __init__(self, *, is_client: bool) -> None:
        self.speech = _UNKNOWN
        self.before = ""
        self.begun = b""
        self.awaits_reply = False
        self._is_client = is_client

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; gives those that are TLS, once that is known."""
        if self.speech is not _UNKNOWN:
            if self.speech is Speech.OTHER and len(self.begun) < _LONGEST:
                self.begun += data
            return data if self.speech is Speech.TLS else b""
        self.begun += data
        if self.begun[:1] != _RECORD and self._strip():
            return b""
        verdict = looks_like_tls(self.begun)
        if verdict is None:
            return b""
        self.speech = Speech.TLS if verdict else Speech.OTHER
        found = self.begun if verdict else b""
        self.begun = self.begun[:5] if verdict else self.begun
        return found

    @property
    def wants_tls(self) -> bool:
        """Whether a server says that it was to be TLS."""
        return bool(_WANTS_TLS.search(self.begun))

    def read_request(self) -> bool:
        """Whether a client asks for something in HTTP; then `before` tells of which host."""
        if not _REQUEST.match(self.begun):
            return False
        if (host := _HOST.search(self.begun)) and not self.before:
            self.before = f"HTTP {host[1].decode('ascii')}"
        return True

    def _strip(self) -> bool:
        """Take off what stands before TLS; whether more bytes are needed for that."""
        if not self._is_client:
            return self.awaits_reply and self._strip_reply()
        for strip in (self._strip_proxy_1, self._strip_proxy_2, self._strip_connect):
            if strip():
                return True
        return False

    def _strip_proxy_1(self) -> bool:
        if not _begins(self.begun, b"PROXY "):
            return False
        end = self.begun.find(b"\r\n", 0, _PROXY_1_LONGEST)
        if end < 0:
            return len(self.begun) < _PROXY_1_LONGEST
        self._take(end + 2, "PROXY")
        return not self.begun

    def _strip_proxy_2(self) -> bool:
        if not _begins(self.begun, _PROXY_2):
            return False
        end = 16 + int.from_bytes(self.begun[14:16], "big")
        if len(self.begun) < end:
            return True
        self._take(end, "PROXY")
        return not self.begun

    def _strip_connect(self) -> bool:
        if not _begins(self.begun, b"CONNECT "):
            return False
        end = self.begun.find(b"\r\n\r\n")
        if end < 0:
            return len(self.begun) < _LONGEST
        if match := _CONNECT.match(self.begun):
            self.awaits_reply = True
            self._take(end + 4, f"CONNECT {printable(match[1].decode('latin-1'))}")
        return not self.begun

    def _strip_reply(self) -> bool:
        if not _begins(self.begun, b"HTTP/1."):
            return False
        end = self.begun.find(b"\r\n\r\n")
        if end < 0:
            return len(self.begun) < _LONGEST
        if _GRANTED.match(self.begun):
            self.awaits_reply = False
            self._take(end + 4, "")
        return not self.begun

    def _take(self, end: int, before: str) -> None:
        self.begun = self.begun[end:]
        self.before = before or self.before


def _begins(data: bytes, mark: bytes) -> bool:
    """Whether `data` begins with `mark`, as far as it goes."""
    return bool(data) and data[: len(mark)] == mark[: len(data)]
