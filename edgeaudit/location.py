"""Where a thing lives, as an operator writes it: `acme/prod/keystores/web/2026#0`."""

from __future__ import annotations

import re
from functools import lru_cache

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# categories Cc control, Cs lone surrogate, Zl and Zp line and paragraph separators, and the above
_HARMFUL = f"\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI_CONTROLS}"
_UNPRINTABLE = re.compile(f"[{_HARMFUL}]")
_STRUCTURAL = re.compile(f"[/#%{_HARMFUL}]")
_HOST_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@\[\]]+)):([0-9]{1,5})", re.ASCII)


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
    return _UNPRINTABLE.sub(_escaped, text)


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return _STRUCTURAL.sub(_percent, name)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
