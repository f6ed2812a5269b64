"""What curl, Go, Python, .NET, browsers and other clients say in words of their own."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import CERTAIN, FAINT, LIKELY, POSSIBLE, STRONG, Sign, Voice

_CURL = "https://curl.se/libcurl/c/libcurl-errors.html; curl: lib/vtls"
_GO = "Go: src/crypto/x509/verify.go, src/crypto/tls"
_NODE = "https://nodejs.org/api/tls.html#x509-certificate-error-codes"
_PYTHON = "Python: Lib/ssl.py; urllib3: util/ssl_match_hostname.py"
_NET = "https://learn.microsoft.com/dotnet/api/system.net.security.sslpolicyerrors"
_CHROME = "Chromium: net/base/net_error_list.h"
_MOZILLA = "NSS: lib/util/SECerrs.h, lib/ssl/SSLerrs.h; mozilla::pkix"
_GNUTLS = "GnuTLS: lib/errors.c, lib/cert-session.c"
_SCHANNEL = "Windows: winerror.h"

VOICES = (
    Voice(r"\bcurl: \(\d{1,3}\)|urlopen error|urllib3|httpsconnectionpool|requests\.exceptions",
          "client", None),
    Voice(r"unhandled 'error' event|clientrequest|axioserror|\bget \"https://", "client", None),
    Voice(r"httprequestexception|net::err_|\bs_client\b|statem_clnt|client.net.socket", "client",
          None),
    Voice(r"http: tls handshake error from|failed to verify client|client didn't provide",
          "server", None),
    Voice(r"statem_srvr", "server", None),
)  # fmt: skip


def _peer(words: str, weights: dict[Cause, int], means: str, source: str) -> Sign:
    return Sign(words, weights, means, source, is_of_peer=True)


_DATES = {Cause.EXPIRED_CERTIFICATE: LIKELY, Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE}
_NO_PATH = {Cause.UNKNOWN_CERTIFICATE: LIKELY + 5, Cause.INCOMPLETE_CHAIN: LIKELY}
_BROKEN_OFF = {
    Cause.CONNECTION_REFUSED_OR_RESET: LIKELY, Cause.SNI_REQUIRED: POSSIBLE + 2,
    Cause.PROTOCOL_MISMATCH: POSSIBLE + 1, Cause.MISSING_CLIENT_CERTIFICATE: POSSIBLE,
}  # fmt: skip
_NAME = "The certificate is for other names than the one that was asked for."
_ISSUER = "The issuer of the certificate is not known: the root is not trusted, or the server does "
_ISSUER += "not send its intermediate certificates."
_CLOSED = "The other side closed the connection in the middle of the handshake and did not say why."
_EXPIRED = "A certificate of the chain has expired."
_DATE = "A certificate of the chain is outside its dates."

CURL = (
    Sign(r"no alternative certificate subject name matches|certificate subject name [^ ]{1,255} "
         r"does not match target|curl: \(51\)|unable to match ssl certificate",
        {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, _CURL),
    Sign(r"curl: \(60\) ssl certificate verification failed",
        {Cause.EXPIRED_CLIENT_CERTIFICATE: STRONG},
        "The client accepted the server's certificate: curl says this where the server refused the "
        "client's with the alert certificate_expired.", "curl: lib/vtls/openssl.c"),
    Sign(r"curl: \(58\)|unable to set private key file|could not load pem client certificate",
        {Cause.MISSING_CLIENT_CERTIFICATE: LIKELY, Cause.WIRING: POSSIBLE},
        "The client could not use its own certificate or key.", _CURL),
    Sign(r"curl: \(77\)|error setting certificate verify locations|error adding trust anchors",
        {Cause.UNKNOWN_CERTIFICATE: STRONG},
        "The client could not read the file of the CAs that it trusts.", _CURL),
    Sign(r"curl: \(83\)", {Cause.UNKNOWN_CERTIFICATE: STRONG}, _ISSUER, _CURL),
    Sign(r"curl: \(59\)", {Cause.CIPHER_MISMATCH: CERTAIN},
        "The client cannot use the cipher that it was told to.", _CURL),
    Sign(r"curl: \(4\)|curl: \(48\)", {Cause.PROTOCOL_MISMATCH: POSSIBLE},
        "This curl lacks what it was asked for.", _CURL),
    _peer(r"curl: \(60\)", {Cause.UNKNOWN_CERTIFICATE: 5 * FAINT, Cause.INCOMPLETE_CHAIN: 4 * FAINT,
        Cause.EXPIRED_CERTIFICATE: FAINT, Cause.HOSTNAME_MISMATCH: FAINT},
        "The client did not accept the server's certificate.", _CURL),
    Sign(r"curl: \(35\)", {Cause.PROTOCOL_MISMATCH: FAINT, Cause.CIPHER_MISMATCH: FAINT,
        Cause.MISSING_CLIENT_CERTIFICATE: FAINT, Cause.SNI_REQUIRED: FAINT, Cause.NOT_TLS: FAINT,
        Cause.CONNECTION_REFUSED_OR_RESET: FAINT}, "The handshake failed.", _CURL),
    Sign(r"curl: \(1\)|received http/0\.9 when not allowed", {Cause.NOT_TLS: STRONG},
        "The client spoke plain HTTP to a port that speaks TLS.", _CURL),
    Sign(r"curl: \(52\)|empty reply from server",
        {Cause.NOT_TLS: POSSIBLE + 1, Cause.CONNECTION_REFUSED_OR_RESET: POSSIBLE},
        "The server closed the connection without an answer: so do some that speak TLS and were "
        "asked in plain HTTP.", _CURL),
    Sign(r"curl: \((?:5|6|7|28|55|56)\)", {Cause.CONNECTION_REFUSED_OR_RESET: LIKELY},
        "The client got no connection, or lost it.", _CURL),
)  # fmt: skip

GO = (
    _peer(r"current time [^ ]{1,40} is after|is after \d{4}-\d\d-\d\d",
        {Cause.EXPIRED_CERTIFICATE: CERTAIN}, _EXPIRED, _GO),
    _peer(r"current time [^ ]{1,40} is before|is before \d{4}-\d\d-\d\d",
        {Cause.NOT_YET_VALID_CERTIFICATE: CERTAIN},
        "A certificate is not valid yet; or the clock is wrong.", _GO),
    _peer(r"certificate has expired or is not yet valid", _DATES, _DATE, _GO),
    _peer(r"certificate signed by unknown authority|certificate is not trusted", _NO_PATH, _ISSUER,
        _GO),
    Sign(r"x509: certificate is (?:valid for|not valid for any)|x509: cannot validate certificate "
         r"for|relies on legacy common name", {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, _GO),
    _peer(r"x509: certificate specifies an incompatible key usage|not authorized to sign other"
          r"|issuer name does not match subject|crypto/(?:rsa|ecdsa): verification"
          r"|x509: too many intermediates", {Cause.INCORRECT_CHAIN: STRONG},
        "The certificates of the chain do not belong together, or are not meant for this.", _GO),
    _peer(r"insecure algorithm sha1|insecure algorithm md5", {Cause.INCORRECT_CHAIN: STRONG},
        "A signature of the chain is too weak.", _GO),
    Sign(r"does not look like a tls handshake|gave http response to https client|sent an http "
         r"request to an https server", {Cause.NOT_TLS: CERTAIN},
        "One side speaks plain HTTP, the other TLS.", _GO),
    Sign(r"no supported versions satisfy|selected unsupported protocol version|client offered only "
         r"unsupported versions|unsupported, maximum protocol version",
        {Cause.PROTOCOL_MISMATCH: CERTAIN}, "Both sides enable no common version of TLS.", _GO),
    Sign(r"no cipher suite supported by both|chose an unconfigured cipher suite",
        {Cause.CIPHER_MISMATCH: CERTAIN}, "Both sides enable no common cipher suite.", _GO),
    Sign(r"client didn't provide a certificate", {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The server demands a certificate of its clients, and this one sent none.", _GO),
    Sign(r"(?:\"|from [^ ]{1,60}): eof\b", _BROKEN_OFF, _CLOSED, _GO),
)  # fmt: skip

SCRIPTS = (
    Sign(r"err_tls_cert_altname_invalid|does not match certificate's altnames"
         r"|hostname '?[^ ]{1,255} doesn't match|certificate is not valid for '",
        {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, f"{_NODE}; {_PYTHON}"),
    Sign(r"disconnected before secure tls connection|socket hang up", _BROKEN_OFF, _CLOSED, _NODE),
    Sign(r"invalid certificate file|could not find a suitable tls ca certificate bundle",
        {Cause.UNKNOWN_CERTIFICATE: STRONG},
        "The client could not read the file of the CAs that it trusts.", _PYTHON),
)  # fmt: skip

NET = (
    Sign(r"remotecertificatenamemismatch", {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, _NET),
    _peer(r"remotecertificatechainerrors", _NO_PATH,
        "The chain could not be built or is not trusted.", _NET),
    Sign(r"remotecertificatenotavailable", {Cause.MISSING_CLIENT_CERTIFICATE: LIKELY},
        "The other side showed no certificate.", _NET),
    _peer(r"\bnottimevalid\b", {Cause.EXPIRED_CERTIFICATE: STRONG,
        Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE}, _DATE, _NET),
    _peer(r"\bpartialchain\b", {Cause.INCOMPLETE_CHAIN: STRONG, Cause.UNKNOWN_CERTIFICATE: LIKELY},
        "An issuer of the chain is missing.", _NET),
    _peer(r"\buntrustedroot\b|sec_e_untrusted_root|0x80090325",
        {Cause.UNKNOWN_CERTIFICATE: CERTAIN}, "The chain ends in a root that is not trusted.",
        f"{_NET}; {_SCHANNEL}"),
    _peer(r"remote certificate (?:is|was) (?:rejected|invalid)|could not establish trust "
          r"relationship", {Cause.UNKNOWN_CERTIFICATE: 5 * FAINT,
        Cause.INCOMPLETE_CHAIN: 4 * FAINT, Cause.HOSTNAME_MISMATCH: 3 * FAINT,
        Cause.EXPIRED_CERTIFICATE: FAINT}, "This side did not accept the certificate of the other.",
        _NET),
    Sign(r"unexpected eof or 0 bytes", _BROKEN_OFF, _CLOSED, _NET),
    Sign(r"cannot determine the frame size|corrupted frame was received",
        {Cause.NOT_TLS: STRONG}, "What came is not TLS.", _NET),
    Sign(r"do not possess a common algorithm|sec_e_algorithm_mismatch|0x80090331",
        {Cause.PROTOCOL_MISMATCH: LIKELY + 5, Cause.CIPHER_MISMATCH: LIKELY},
        "Both sides enable no common version of TLS, or no common cipher suite.", _SCHANNEL),
    Sign(r"could not create ssl/tls secure channel", {
        Cause.PROTOCOL_MISMATCH: POSSIBLE + 2, Cause.CIPHER_MISMATCH: POSSIBLE + 1,
        Cause.MISSING_CLIENT_CERTIFICATE: POSSIBLE}, "The handshake failed.", _NET),
    Sign(r"sec_e_wrong_principal|0x80090322", {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, _SCHANNEL),
    _peer(r"sec_e_cert_expired|0x80090328", {Cause.EXPIRED_CERTIFICATE: CERTAIN}, _EXPIRED,
        _SCHANNEL),
)  # fmt: skip

BROWSERS = (
    _peer(r"err_cert_date_invalid", {Cause.EXPIRED_CERTIFICATE: STRONG,
        Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE}, _DATE, _CHROME),
    Sign(r"err_cert_common_name_invalid|ssl_error_bad_cert_domain",
        {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME, f"{_CHROME}; {_MOZILLA}"),
    _peer(r"err_cert_authority_invalid|sec_error_unknown_issuer|sec_error_untrusted_issuer"
          r"|issuer is not recognized", _NO_PATH, _ISSUER, f"{_CHROME}; {_MOZILLA}"),
    _peer(r"mozilla_pkix_error_self_signed_cert", {Cause.UNKNOWN_CERTIFICATE: STRONG,
        Cause.INCORRECT_CHAIN: POSSIBLE}, "The certificate signed itself.", _MOZILLA),
    _peer(r"sec_error_expired_(?:issuer_)?certificate|certificate has expired\.?$",
        {Cause.EXPIRED_CERTIFICATE: CERTAIN}, _EXPIRED, _MOZILLA),
    _peer(r"mozilla_pkix_error_not_yet_valid", {Cause.NOT_YET_VALID_CERTIFICATE: CERTAIN},
        "A certificate is not valid yet; or the clock is wrong.", _MOZILLA),
    _peer(r"err_cert_weak|err_cert_invalid|sec_error_bad_signature"
          r"|sec_error_cert_signature_algorithm_disabled|sec_error_inadequate_"
          r"|sec_error_ca_cert_invalid", {Cause.INCORRECT_CHAIN: STRONG},
        "The chain, a key or a signature is not acceptable.", f"{_CHROME}; {_MOZILLA}"),
    _peer(r"err_cert_revoked|sec_error_revoked_certificate", {Cause.UNKNOWN_CERTIFICATE: STRONG},
        "A certificate of the chain has been revoked.", f"{_CHROME}; {_MOZILLA}"),
    Sign(r"err_ssl_version_or_cipher_mismatch", {Cause.PROTOCOL_MISMATCH: LIKELY + 5,
        Cause.CIPHER_MISMATCH: LIKELY, Cause.SNI_REQUIRED: POSSIBLE},
        "Both sides enable no common version of TLS, or no common cipher suite.", _CHROME),
    Sign(r"ssl_error_no_cypher_overlap", {Cause.CIPHER_MISMATCH: STRONG,
        Cause.PROTOCOL_MISMATCH: POSSIBLE}, "Both sides enable no common cipher suite.", _MOZILLA),
    Sign(r"ssl_error_unsupported_version|ssl_error_protocol_version|err_ssl_obsolete_version",
        {Cause.PROTOCOL_MISMATCH: CERTAIN}, "Both sides enable no common version of TLS.",
        _MOZILLA),
    Sign(r"ssl_error_rx_record_too_long", {Cause.NOT_TLS: CERTAIN}, "What came is not TLS.",
        _MOZILLA),
    Sign(r"err_ssl_protocol_error", {Cause.NOT_TLS: POSSIBLE + 2,
        Cause.PROTOCOL_MISMATCH: POSSIBLE + 1, Cause.SNI_REQUIRED: POSSIBLE},
        "What came is not what a handshake should be.", _CHROME),
    Sign(r"err_bad_ssl_client_auth_cert", {Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY + 2,
        Cause.EXPIRED_CLIENT_CERTIFICATE: LIKELY + 1, Cause.MISSING_CLIENT_CERTIFICATE: LIKELY},
        "The server did not accept the client's certificate, or missed one.", _CHROME),
    Sign(r"err_ssl_client_auth_cert_needed|ssl_error_rx_certificate_required_alert",
        {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The server demands a certificate of its clients, and this one sent none.", _CHROME),
    Sign(r"err_ssl_unrecognized_name", {Cause.SNI_REQUIRED: CERTAIN},
        "The server has no site of the name that the client sent.", _CHROME),
)  # fmt: skip

GNUTLS = (
    _peer(r"certificate issuer is unknown|server certificate verification failed", _NO_PATH,
        _ISSUER, _GNUTLS),
    _peer(r"certificate chain uses expired certificate", {Cause.EXPIRED_CERTIFICATE: CERTAIN},
        _EXPIRED, _GNUTLS),
    _peer(r"certificate chain uses not yet valid", {Cause.NOT_YET_VALID_CERTIFICATE: CERTAIN},
        "A certificate is not valid yet; or the clock is wrong.", _GNUTLS),
    _peer(r"certificate chain uses insecure algorithm", {Cause.INCORRECT_CHAIN: STRONG},
        "A signature of the chain is too weak.", _GNUTLS),
    Sign(r"name in the certificate does not match", {Cause.HOSTNAME_MISMATCH: CERTAIN}, _NAME,
        _GNUTLS),
    Sign(r"no supported cipher suites have been found", {Cause.CIPHER_MISMATCH: CERTAIN},
        "Both sides enable no common cipher suite.", _GNUTLS),
    Sign(r"packet with illegal or unsupported version", {Cause.PROTOCOL_MISMATCH: STRONG},
        "Both sides enable no common version of TLS.", _GNUTLS),
    Sign(r"unexpected tls packet was received", {Cause.NOT_TLS: STRONG}, "What came is not TLS.",
        _GNUTLS),
    Sign(r"tls connection was non-properly terminated", _BROKEN_OFF, _CLOSED, _GNUTLS),
    Sign(r"no certificate was found|certificate is required", {
        Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The server demands a certificate of its clients, and this one sent none.", _GNUTLS),
)  # fmt: skip

SIGNS = (*CURL, *GO, *SCRIPTS, *NET, *BROWSERS, *GNUTLS)
