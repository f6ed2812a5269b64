"""What a service speaks that does not speak TLS, by how it begins.

HTTP: RFC 9112, 4; SSH: RFC 4253, 4.2; SMTP and FTP: RFC 5321, 4.2 and RFC 959, 4.2; IMAP: RFC 9051,
7.1; POP3: RFC 1939, 3.
"""

from __future__ import annotations

import re

from edgeaudit.location import printable

_KINDS = (
    (re.compile(rb"HTTP/\d|\s*<(!DOCTYPE|html|\?xml)", re.IGNORECASE), "plain HTTP"),
    (re.compile(rb"SSH-"), "SSH"),
    (re.compile(rb"220[ -]"), "SMTP or FTP"),
    (re.compile(rb"\* (OK|PREAUTH|BYE)"), "IMAP"),
    (re.compile(rb"\+OK"), "POP3"),
)
_ENOUGH = 24
HTTP_QUESTION = b"HEAD / HTTP/1.0\r\n\r\n"


def spoken(begun: bytes) -> str | None:
    """`plain HTTP`, `SSH`...; None for what is not known."""
    return next((kind for pattern, kind in _KINDS if pattern.match(begun)), None)


def told(begun: bytes) -> str:
    """What it said instead of TLS, in one sentence."""
    if kind := spoken(begun):
        return f"it speaks {kind}, not TLS"
    start = printable(begun[:_ENOUGH].decode("latin-1"))
    return f"it speaks no TLS; it begins with {start!r}"
