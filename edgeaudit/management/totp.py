"""One-time codes of a second factor, made from the secret that an authenticator app holds."""

from __future__ import annotations

import hmac
from base64 import b32decode

from edgeaudit.errors import InputError

STEP = 30


def key(secret: str) -> bytes:
    """The key that a base32 `secret` writes, in any case, with blanks, dashes and padding or not.

    Raises InputError, without showing it, for anything else.
    """
    text = "".join(secret.split()).replace("-", "").rstrip("=").upper()
    try:
        return b32decode(text + "=" * (-len(text) % 8)) or _refused()
    except ValueError:
        return _refused()


def code(key: bytes, at: float) -> str:
    """The six digits that hold for the 30 seconds around `at` (RFC 6238, HMAC-SHA1)."""
    digest = hmac.digest(key, int(at // STEP).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def _refused() -> bytes:
    raise InputError("the secret of the second factor is not base32", "letters A-Z, digits 2-7")
