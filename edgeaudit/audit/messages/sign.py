"""What words in a message speak for."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.audit.finding import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.inventory import Direction
    from edgeaudit.tls.handshake import Side

Confidence = Literal["certain", "likely", "possible"]

# one sign of a stronger kind outweighs all of the weaker that stand in a message beside it
CERTAIN, STRONG, LIKELY, POSSIBLE, FAINT = 1000, 120, 60, 20, 2

_OF_CLIENTS = {
    Cause.EXPIRED_CERTIFICATE: Cause.EXPIRED_CLIENT_CERTIFICATE,
    Cause.NOT_YET_VALID_CERTIFICATE: Cause.EXPIRED_CLIENT_CERTIFICATE,
    Cause.UNKNOWN_CERTIFICATE: Cause.UNKNOWN_CLIENT_CERTIFICATE,
    Cause.INCOMPLETE_CHAIN: Cause.UNKNOWN_CLIENT_CERTIFICATE,
    Cause.INCORRECT_CHAIN: Cause.UNKNOWN_CLIENT_CERTIFICATE,
    Cause.HOSTNAME_MISMATCH: Cause.UNKNOWN_CLIENT_CERTIFICATE,
}


class Sign(NamedTuple):
    """Words that a program says, and what for.

    `words` is a regular expression in lower case, for a text in which each white space is one
    blank; it must take linear time. `weights` are the causes that it speaks for, the likeliest
    first. `is_of_peer` where it judges the certificate of the other side: a server's, unless a
    server says it.
    """

    words: str
    weights: Mapping[Cause, int]
    means: str
    source: str
    is_of_peer: bool = False

    def weights_from(self, speaker: Side | None) -> Mapping[Cause, int]:
        """The causes, where `speaker` says it; a client where that is not known."""
        if not (self.is_of_peer and speaker == "server"):
            return self.weights
        swapped: dict[Cause, int] = {}
        for cause, weight in self.weights.items():
            meant = _OF_CLIENTS.get(cause, cause)
            swapped[meant] = max(weight, swapped.get(meant, 0))
        return swapped


class Voice(NamedTuple):
    """Words that tell who speaks, and of a connection in which direction; None is not known."""

    words: str
    speaker: Side | None
    direction: Direction | None


@cache
def compiled(words: str) -> re.Pattern[str]:
    """The regular expression, made when it is first needed."""
    return re.compile(words)
