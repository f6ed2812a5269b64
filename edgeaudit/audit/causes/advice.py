"""What to check or run next, by the cause of a failed handshake."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause

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
