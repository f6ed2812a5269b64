"""What OpenSSL says (1.0 to 3.x), and the programs that stand on it: nginx, Python, Node, curl."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import CERTAIN, FAINT, LIKELY, POSSIBLE, STRONG, Sign

_VERIFY = "OpenSSL: crypto/x509/x509_txt.c; doc/man1/openssl-verification-options.pod"
_REASONS = "OpenSSL: ssl/ssl_err.c; ssl/s23_clnt.c of 1.0"


def _peer(words: str, weights: dict[Cause, int], means: str) -> Sign:
    return Sign(words, weights, means, _VERIFY, is_of_peer=True)


SIGNS = (
    _peer(r"certificate has expired(?! or is not yet)|cert_has_expired",
        {Cause.EXPIRED_CERTIFICATE: CERTAIN}, "A certificate of the chain has expired."),
    _peer(r"certificate is not yet valid|cert_not_yet_valid",
        {Cause.NOT_YET_VALID_CERTIFICATE: CERTAIN},
        "A certificate is not valid yet; or the clock is wrong."),
    _peer(r"hostname mismatch|host name mismatch|ip address mismatch",
        {Cause.HOSTNAME_MISMATCH: CERTAIN},
        "The certificate is for other names than the one that was asked for."),
    _peer(r"unable to get local issuer certificate",
        {Cause.INCOMPLETE_CHAIN: LIKELY + 5, Cause.UNKNOWN_CERTIFICATE: LIKELY},
        "The issuer of a certificate is neither in what was sent nor trusted: an intermediate is "
        "missing in the chain, or the root in the truststore."),
    _peer(r"depth=[1-9].{0,300}?verify error:num=(?:2|20):|error (?:2|20) at [1-9] depth"
          r"|unable to get issuer certificate|\bunable_to_get_issuer_cert(?:_locally)?\b",
        {Cause.UNKNOWN_CERTIFICATE: LIKELY + 10, Cause.INCOMPLETE_CHAIN: POSSIBLE},
        "It is the issuer of a CA that is missing, or (Node) of one of several certificates: more "
        "likely the root than an intermediate."),
    _peer(r"unable to verify the first certificate|unable_to_verify_leaf_signature"
          r"|verify error:num=21\b",
        {Cause.INCOMPLETE_CHAIN: STRONG, Cause.UNKNOWN_CERTIFICATE: LIKELY},
        "Only one certificate was sent, and its issuer is not known: the server does not send its "
        "intermediate certificates."),
    _peer(r"self.signed certificate in certificate chain|self_signed_cert_in_chain",
        {Cause.UNKNOWN_CERTIFICATE: STRONG}, "The chain ends in a root that is not trusted."),
    _peer(r"self.signed certificate(?! in)|depth_zero_self_signed_cert",
        {Cause.UNKNOWN_CERTIFICATE: STRONG, Cause.INCORRECT_CHAIN: POSSIBLE},
        "The certificate signed itself, and is not trusted."),
    Sign(r"\(in\), tls handshake, request cert|acceptable client certificate ca names",
        {Cause.MISSING_CLIENT_CERTIFICATE: FAINT * 2},
        "The server asks for a client certificate.", _VERIFY),
    _peer(r"certificate signature failure|cert_signature_failure",
        {Cause.INCORRECT_CHAIN: CERTAIN},
        "A certificate was not signed by the key of the one that stands as its issuer."),
    _peer(r"invalid ca certificate|path length constraint exceeded|unsuitable certificate purpose"
          r"|unsupported certificate purpose|permitted subtree violation|invalid_purpose"
          r"|certificate chain too long|invalid_ca\b", {Cause.INCORRECT_CHAIN: STRONG},
        "A certificate is used for what it is not meant for."),
    _peer(r"(?:ee|ca) (?:key too small|md too weak)|ca signature digest algorithm too weak"
          r"|(?:ee|ca)_(?:key_too_small|md_too_weak)", {Cause.INCORRECT_CHAIN: STRONG},
        "A key or signature of the chain is too weak."),
    _peer(r"certificate revoked|cert_revoked\b", {Cause.UNKNOWN_CERTIFICATE: STRONG},
        "A certificate of the chain has been revoked."),
    _peer(r"certificate verify failed|certificate_verify_failed", {
        Cause.UNKNOWN_CERTIFICATE: 5 * FAINT, Cause.INCOMPLETE_CHAIN: 4 * FAINT,
        Cause.EXPIRED_CERTIFICATE: FAINT, Cause.HOSTNAME_MISMATCH: FAINT,
    }, "This side did not accept the certificate of the other."),
    Sign(r"no shared cipher|no_shared_cipher|no cipher match|no ciphers available"
         r"|no_cipher_match", {Cause.CIPHER_MISMATCH: CERTAIN},
        "Both sides enable no common cipher suite, or none for the key of the server's "
        "certificate.", _REASONS),
    Sign(r"no suitable (?:key share|signature algorithm|groups)|wrong signature type"
         r"|legacy sigalg disallowed|dh key too small|dh_key_too_small|wrong cipher returned"
         r"|no shared signature algorithms|no_suitable_signature_algorithm"
         r"|missing supported groups", {Cause.CIPHER_MISMATCH: STRONG},
        "Both sides agree on no algorithm for key exchange or signatures.", _REASONS),
    Sign(r"unsupported protocol|unsupported_protocol|no protocols available|wrong ssl version"
         r"|unknown ssl version|no_protocols_available|inappropriate.fallback",
        {Cause.PROTOCOL_MISMATCH: CERTAIN}, "Both sides enable no common version of TLS.",
        _REASONS),
    Sign(r"unsafe legacy renegotiation|unsafe_legacy_renegotiation",
        {Cause.PROTOCOL_MISMATCH: STRONG},
        "The server does not know secure renegotiation (RFC 5746), and OpenSSL 3 demands it.",
        _REASONS),
    Sign(r"wrong.version.number|(?:get_server_hello|get_client_hello):unknown protocol"
         r"|unknown_protocol", {Cause.NOT_TLS: STRONG, Cause.PROTOCOL_MISMATCH: LIKELY},
        "What came is no TLS record of a version that this side knows: the port speaks no TLS, a "
        "proxy answered, or a very old version.", _REASONS),
    Sign(r"routines:[^ ]{0,60}:https? (?:proxy )?request\b|packet.length.too.long|\bhttp_request\b"
         r"|\bhttps_proxy_request\b", {Cause.NOT_TLS: CERTAIN},
        "HTTP, or something else that is not TLS, came where a handshake was expected.", _REASONS),
    Sign(r"verify return:1.{0,600}?alert number (?:40|42)\b",
        {Cause.MISSING_CLIENT_CERTIFICATE: LIKELY},
        "It was after the client had accepted the server's certificate that the server refused.",
        "OpenSSL: apps/s_client.c"),
    Sign(r"peer did not return a certificate|peer_did_not_return_a_certificate",
        {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The server demands a certificate of its clients, and this one sent none.", _REASONS),
    Sign(r"unexpected.eof.while.reading|eof occurred in violation of protocol|ssl_error_syscall"
         r"|ssl handshake has read 0 bytes|\bssl_connect: ssl_error_zero_return", {
        Cause.CONNECTION_REFUSED_OR_RESET: LIKELY, Cause.SNI_REQUIRED: POSSIBLE + 2,
        Cause.PROTOCOL_MISMATCH: POSSIBLE + 1, Cause.MISSING_CLIENT_CERTIFICATE: POSSIBLE,
    }, "The other side closed the connection in the middle of the handshake and did not say why.",
        _REASONS),
    Sign(r"key.values.mismatch|key_values_mismatch", {Cause.WIRING: CERTAIN},
        "The private key does not belong to the certificate.", "OpenSSL: crypto/x509/x509_cmp.c"),
)  # fmt: skip
