"""Why no answer came: the reason, a sentence, and what to do about it."""

from __future__ import annotations

import re
import ssl
from errno import ECONNREFUSED
from functools import singledispatch
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidHeader,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Url  # the dispatch reads the annotations

from edgeaudit.management.connections import (
    LARGEST_BODY,
    StoppedError,
    TooLargeError,
    endpoint,
)
from edgeaudit.management.refusals import SPEAKS_TLS, brief
from edgeaudit.management.source import Answer

_SPEAKS_HTTP = "if it speaks plain HTTP: use http://"
# What OpenSSL calls it: what it means, and what to do. Seen with OpenSSL 3.0 and 3.5
_NO_TLS = ("{at} does not speak TLS", _SPEAKS_HTTP)
_OLD_TLS = ("{at} speaks no version of TLS that is still safe", "TLS 1.2 or later is needed")
_WANTS_CERTIFICATE = ("{at} refused the TLS handshake", "it may demand a client certificate")
_TLS = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "UNEXPECTED_EOF_WHILE_READING": ("{at} broke off the TLS handshake", _SPEAKS_HTTP),
    "UNSUPPORTED_PROTOCOL": _OLD_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD_TLS,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": _WANTS_CERTIFICATE,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
}
# X509_V_ERR_CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
_VERIFY = {
    9: ("the certificate of {at} is not valid yet", "check the clock of this machine"),
    10: ("the certificate of {at} has expired", "its operator must renew it"),
    62: ("the certificate of {at} speaks for another host", "use a name that stands in it"),
    64: ("the certificate of {at} does not speak for that address", "use the host's name"),
}


@singledispatch
def failure(error: HTTPError, url: Url) -> Answer:
    """The answer where none came: what `error` says about the server of `url`."""
    return _unreachable(f"the exchange with {endpoint(url)} failed: {brief(str(error))}")


@failure.register
def _stopped(error: StoppedError, url: Url) -> Answer:
    return Answer(None, b"", "timeout", str(error))


@failure.register
def _too_large(error: TooLargeError, url: Url) -> Answer:
    limit = LARGEST_BODY // 1024**2
    return Answer(None, b"", "too_large", f"the answer of {endpoint(url)} exceeds {limit} MiB")


@failure.register
def _undecodable(error: DecodeError, url: Url) -> Answer:
    sentence = f"the content coding of the answer cannot be undone: {brief(str(error))}"
    return Answer(None, b"", "unparsable", sentence)


@failure.register
def _proxy(error: ProxyError, url: Url) -> Answer:
    said = brief(re.split(r": |] ", str(error.original_error))[-1])
    sentence = f"the proxy does not lead to {endpoint(url)}: {said}"
    return _unreachable(sentence, "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY")


@failure.register
def _unresolved(error: NameResolutionError, url: Url) -> Answer:
    return _unreachable(f"the host name {url.host} cannot be resolved", "check its spelling")


@failure.register
def _unconnected(error: NewConnectionError, url: Url) -> Answer:
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno != ECONNREFUSED:
        return _unreachable(f"{endpoint(url)} cannot be reached: {cause.strerror}")
    return _unreachable(f"nothing listens at {endpoint(url)}", "check the host and the port")


@failure.register
def _slow_connection(error: ConnectTimeoutError, url: Url) -> Answer:
    sentence = f"no connection to {endpoint(url)} came about in time"
    return Answer(
        None, b"", "timeout", sentence, "a firewall may stand between: check host and port"
    )


@failure.register
def _slow_answer(error: ReadTimeoutError, url: Url) -> Answer:
    return Answer(None, b"", "timeout", f"{endpoint(url)} did not answer in time")


@failure.register
def _broken(error: ProtocolError, url: Url) -> Answer:
    at, cause = endpoint(url), error.args[-1]
    if isinstance(cause, (RemoteDisconnected, OSError)):
        return _unreachable(f"{at} closed the connection before it had answered", _other(url))
    if isinstance(cause, IncompleteRead):
        return _unreachable(f"the answer of {at} broke off")
    if isinstance(cause, BadStatusLine) and str(cause.args[0]).startswith("\x15\x03"):
        return _unreachable(f"{at} answers with a TLS alert", SPEAKS_TLS)
    return _unreachable(f"{at} does not speak HTTP", "check the port")


@failure.register
def _malformed(error: InvalidHeader, url: Url) -> Answer:
    return _unreachable(f"{endpoint(url)} does not speak proper HTTP", "check the port")


@failure.register
def _tls(error: SSLError, url: Url) -> Answer:
    cause = error.args[0]
    if isinstance(cause, ssl.SSLCertVerificationError):
        untrusted = f"the certificate of {{at}} is not trusted: {cause.verify_message}"
        known = _VERIFY.get(
            cause.verify_code, (untrusted, "name the CA file that signed it: --management-ca FILE")
        )
    else:
        said = brief(str(getattr(cause, "reason", None) or cause))
        known = _TLS.get(said, (f"the TLS handshake with {{at}} failed: {said}", ""))
    return _unreachable(known[0].format(at=endpoint(url)), known[1])


def _other(url: Url) -> str:
    return f"if {SPEAKS_TLS}" if url.scheme == "http" else _SPEAKS_HTTP


def _unreachable(sentence: str, hint: str = "") -> Answer:
    return Answer(None, b"", "unreachable", sentence, hint)
