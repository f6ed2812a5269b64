"""What to check or run next, by the cause of a failed handshake, or where that is not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Cause

if TYPE_CHECKING:
    from edgeaudit.audit.causes.verdict import Refusal
    from edgeaudit.tls.handshake import Handshake


_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")  # what a shell takes as it stands

ADVICE = {
    Cause.PROTOCOL_MISMATCH: "Compare the versions that both sides enable "
    "(openssl s_client -tls1_2, -tls1_3).",
    Cause.CIPHER_MISMATCH: "Compare the suites that both sides enable (openssl s_client -cipher).",
    Cause.HOSTNAME_MISMATCH: "Ask for a name that the certificate has, or have it reissued with "
    "that name.",
    Cause.INCOMPLETE_CHAIN: "Have the server send its intermediate certificates (openssl s_client "
    "-showcerts).",
    Cause.INCORRECT_CHAIN: "Have the server send the issuers of its certificate, in order.",
    Cause.EXPIRED_CERTIFICATE: "Renew the certificate.",
    Cause.NOT_YET_VALID_CERTIFICATE: "Check the clocks, and since when the certificate is valid.",
    Cause.UNKNOWN_CERTIFICATE: "Add the root of the server's chain to the client's truststore.",
    Cause.MISSING_CLIENT_CERTIFICATE: "Check the client's keystore, key alias and clientAuth "
    "settings.",
    Cause.EXPIRED_CLIENT_CERTIFICATE: "Renew the client's certificate.",
    Cause.UNKNOWN_CLIENT_CERTIFICATE: "Add the issuers of the client's certificate to the server's "
    "truststore.",
    Cause.SNI_REQUIRED: "Have the client name the host (SNI), and the server know it.",
    Cause.NOT_TLS: "Check port and scheme on both sides.",
    Cause.CONNECTION_REFUSED_OR_RESET: "Check that the server listens, and the firewalls between.",
}


def where_to_look(handshake: Handshake, ended_by: Refusal) -> str:
    """Where to look for a cause that the packets do not tell."""
    log = f"Look into the {ended_by.side}'s log"
    if handshake.damage:
        return f"Capture again, with tcpdump -s 0 and from before the connection begins. {log}."
    if not ended_by.packet:
        return f"{log}."
    if handshake.is_tls13 and not handshake.server_chain:
        log += ", or capture again with secrets (SSLKEYLOGFILE)"
    if ended_by.side == "server":
        return f"{log}."
    return f"{log}. {_shown(handshake)}"


def _shown(handshake: Handshake) -> str:
    """The command that shows what the server does, to be pasted into a shell."""
    name = handshake.sni or ""
    at = str(handshake.server)
    if not _HOST.fullmatch(name):
        return f"See what the server does: edgeaudit probe {at}"
    port = handshake.server.port
    return f"See what the server does: edgeaudit probe {name}:{port} --connect {at}"
