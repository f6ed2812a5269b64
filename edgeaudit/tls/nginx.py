"""How nginx reads the value of a directive."""

from __future__ import annotations

import re

DEFAULT_CIPHERS = "HIGH:!aNULL:!MD5"  # ngx_http_ssl_module, `ssl_ciphers`
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|' + r"'((?:[^'\\]|\\.)*)'|(\S+)", re.DOTALL)


def words(value: str) -> tuple[str, ...]:
    """The words of a value, without the quotation marks around a word (nginx: beginner's guide).

    Edge puts the value of a virtual host's property into the Router's configuration as it is, so
    it may be quoted there.
    """
    found = (match[1] or match[2] or match[3] or "" for match in _WORD.finditer(value))
    return tuple(word for word in found if word)
