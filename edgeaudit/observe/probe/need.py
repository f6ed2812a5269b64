"""Whether a server lives without a client's certificate, or with the one that it was shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from edgeaudit.observe.probe.client import Outcome

# OPTIONS changes nothing, and unlike HEAD is answered with the words that nginx has for it
REQUEST = "OPTIONS / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
# nginx takes the handshake and refuses the request (ngx_http_ssl_module, ssl_verify_client): 400
# with these words, or 495 and 496 where somebody made a page of them
_REFUSED = re.compile(
    rb"HTTP/1\.[01] 49[56] |No required SSL certificate was sent|The SSL certificate error"
)


def refuses(outcome: Outcome) -> bool | None:
    """Whether the server refused the client for its certificate, or the lack of it.

    None where that cannot be told. In TLS 1.3 it refuses after the client's Finished (RFC 8446,
    4.4.2.4), in TLS 1.2 before its own (RFC 5246, 7.4.6).
    """
    handshake = outcome.handshake
    if handshake.request is None:
        return False if outcome.is_finished else None
    if (fatal := handshake.fatal) and fatal.sender == "server":
        return True
    if outcome.reply:
        return bool(_REFUSED.search(outcome.reply))
    if outcome.trouble:
        return None
    if not outcome.is_finished:
        return handshake.ending in (Ending.CLOSED, Ending.RESET) or None
    has_left = handshake.first("server", "FIN", "RST") is not None
    return None if has_left and not outcome.is_accepted else False
