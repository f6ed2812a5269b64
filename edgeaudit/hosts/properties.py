"""Java's .properties files (`java.util.Properties.load`), each value with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t\f"
_KEY = re.compile(r"((?:[^\\=: \t\f]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u+[0-9A-Fa-f]{4}|.|\Z)", re.DOTALL)
_BAD_UNICODE = re.compile(r"(?<!\\)(?:\\\\)*\\u(?![0-9A-Fa-f]{4})")
_CONTROLS = {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}


class Property(NamedTuple):
    """A key, its value, and the line on which they begin."""

    key: str
    value: str
    line: int


def properties(text: str) -> Iterator[Property]:
    r"""What a file says, in its order; of equal keys the last one holds.

    Java reads the file as ISO 8859-1. Raises InputError for a malformed \uXXXX, at which Java gives
    up the whole file.
    """
    for line, logical in _logical_lines(text):
        if _BAD_UNICODE.search(logical):
            raise InputError(f"line {line}: malformed \\uxxxx encoding, for which Java refuses it")
        match = _KEY.match(logical)
        if match:
            yield Property(_unescaped(match[1]), _unescaped(match[2]), line)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments and blank ones, joined where a backslash ends them."""
    lines = _END_OF_LINE.split(text)
    at = 0
    while at < len(lines):
        start, parts = at + 1, [lines[at].lstrip(_BLANKS)]
        at += 1
        if parts[0].startswith(("#", "!")):
            continue
        while _goes_on(parts[-1]):
            parts[-1] = parts[-1][:-1]
            if not any(parts):
                break  # the next line begins anew, and may be a comment
            parts.append(lines[at].lstrip(_BLANKS) if at < len(lines) else "")
            at += 1
        if logical := "".join(parts):
            yield start, logical


def _goes_on(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    units = _ESCAPE.sub(_meant, text).encode("utf-16", "surrogatepass")
    return units.decode("utf-16", "surrogatepass")


def _meant(match: re.Match[str]) -> str:
    escaped = match[1]
    if escaped.startswith("u"):
        return chr(int(escaped[1:], 16))
    return _CONTROLS.get(escaped, escaped)
