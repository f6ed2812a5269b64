"""Where a thing lives, as an operator writes it: `acme/prod/keystores/web/2026#0`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_STRUCTURAL = re.compile(f"[/#%{_BIDI_CONTROLS}]")
_HOST_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@\[\]]+)):([0-9]{1,5})", re.ASCII)
_PLAIN = re.compile(r"[ -~]*")  # nearly all text is printable ASCII, and needs no second look
_PLAIN_NAME = re.compile(r"[ !\"$&-.0-~]*")


def place(*names: str) -> str:
    """Names joined by `/`; in each, what could be mistaken for structure is percent-encoded.

    That is `/`, `#`, `%`, control and bidirectional-control characters, and lone surrogates.
    """
    return "/".join(map(_quoted, names))


def numbered(where: str, index: int) -> str:
    """The place of the certificate at `index` (from 0) in the chain of the alias at `where`."""
    return f"{where}#{index}"


def split_host_port(text: str) -> tuple[str, int] | None:
    """The host and port of `HOST:PORT` or `[ADDRESS]:PORT`; None where it is neither."""
    match = _HOST_PORT.fullmatch(text)
    port = int(match[3]) if match else 0
    return (match[1] or match[2], port) if match and 0 < port < 65536 else None


def printable(text: str) -> str:
    """`text` with control and bidirectional-control characters shown as `\\xNN`, `\\uNNNN`."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(char if _is_harmless(char) else _escaped(char) for char in text)


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    return "".join(
        _percent(char) if _STRUCTURAL.match(char) or not _is_harmless(char) else char
        for char in name
    )


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _is_harmless(char: str) -> bool:
    # Cc control, Cs lone surrogate, Zl/Zp line and paragraph separators
    return unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"} and char not in _BIDI_CONTROLS


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
