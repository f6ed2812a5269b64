"""The text of nginx's configuration, to blocks of directives.

As nginx reads it (`ngx_conf_read_token` in src/core/ngx_conf_file.c): a word ends at a blank, `;`
or `{`; quotes and `#` mean something at its beginning only; a backslash takes its meaning from the
character after it. Own code, since crossplane opens the files by itself, so that it can read no
archive, and takes a Python step for each character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = re.compile(r"[ \t\r\n]+|#[^\n]*")
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*" | '[^'\\]*(?:\\.[^'\\]*)*')
    | (?P<mark>[;{}])
    | (?P<word>(?:[^ \t\r\n;{\\$]+|\\.|\$\{|\$)+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_CONTROLS = {"t": "\t", "r": "\r", "n": "\n"}
_AFTER_QUOTE = re.compile(r"[ \t\r\n;{)]|\Z")
DEEPEST = 50
LONGEST = 4096  # NGX_CONF_BUFFER
MOST = 200_000


class Refused(Exception):
    """nginx refuses the file, at this line, with these words."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass
class Directive:
    """A name and its arguments, the line on which it begins, and its block, if it has one."""

    name: str
    args: tuple[str, ...]
    line: int
    block: list[Directive] | None = field(default=None, repr=False)


def parse(text: str) -> tuple[list[Directive], Refused | None]:
    """The directives of a file, down to where nginx would refuse it, and why it would."""
    top: list[Directive] = []
    try:
        _read(text, top)
    except Refused as refused:
        return top, refused
    return top, None


def _read(text: str, top: list[Directive]) -> None:
    open_blocks, words, start, count = [top], list[str](), 1, 0
    for token, line in _tokens(text):
        start = start if words else line - token[0].count("\n")
        if token["mark"]:
            _obey(token["mark"], words, start, line, open_blocks)
            count, words = count + 1, []
        elif token["quoted"] is not None:
            words.append(_unescaped(token["quoted"][1:-1]))
        elif token["word"]:
            words.append(_unescaped(token["word"]))
        if count > MOST:
            raise Refused(line, f"it has more than {MOST} directives")
    if words or len(open_blocks) > 1:
        wanted = '";" or "}"' if words else '"}"'
        raise Refused(1 + text.count("\n"), f"unexpected end of file, expecting {wanted}")


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """The words and marks, each with the line on which it ends."""
    at, line = 0, 1
    while at < len(text):
        if skipped := _SKIPPED.match(text, at):
            line += skipped[0].count("\n")
            at = skipped.end()
            continue
        token = _TOKEN.match(text, at, at + 2 * LONGEST)
        if token is None or (text[at] in "\"'" and token["word"]):
            raise _unclosed(text, at, line)
        line += token[0].count("\n")
        at = token.end()
        if len(token[0]) > LONGEST:
            raise Refused(line, f'too long parameter "{token[0][:10]}..." started')
        if token["quoted"] is not None and not _AFTER_QUOTE.match(text, at):
            raise Refused(line, f'unexpected "{text[at]}"')
        yield token, line


def _unclosed(text: str, at: int, line: int) -> Refused:
    """What nginx says of a quote that nothing closes, at least not in its buffer's length."""
    if len(text) - at > LONGEST:
        told = f"too long parameter, probably missing terminating {text[at]} character"
        return Refused(line, told)
    last = line + text.count("\n", at)
    return Refused(last, 'unexpected end of file, expecting ";" or "}"')


def _obey(
    mark: str, words: list[str], start: int, line: int, open_blocks: list[list[Directive]]
) -> None:
    """What a `;`, `{` or `}` does to the words before it."""
    if mark == "}":
        if words or len(open_blocks) == 1:
            raise Refused(line, 'unexpected "}"')
        open_blocks.pop()
        return
    if not words:
        raise Refused(line, f'unexpected "{mark}"')
    found = Directive(words[0], tuple(words[1:]), start, [] if mark == "{" else None)
    open_blocks[-1].append(found)
    if found.block is not None:
        if len(open_blocks) > DEEPEST:
            raise Refused(line, f"blocks lie more than {DEEPEST} deep in one another")
        open_blocks.append(found.block)


def _unescaped(word: str) -> str:
    if "\\" not in word:
        return word
    return _ESCAPE.sub(lambda match: _CONTROLS.get(match[1], match[1]), word)
