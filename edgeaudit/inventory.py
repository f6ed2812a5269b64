"""The TLS-bearing objects of an Edge installation, and what could not be read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "forbidden",
    "internal_error",
    "not_found",
    "rate_limited",
    "redirected",
    "server_error",
    "timeout",
    "too_large",
    "unauthorized",
    "unparsable",
    "unreachable",
    "unsafe_name",
]


@dataclass(frozen=True, order=True)
class Gap:
    """Something that could not be read: where, why, and a sentence for humans."""

    where: str
    reason: Reason
    detail: str = ""
