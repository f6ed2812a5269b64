"""What Apigee Edge says: faults, the Message Processor's log, and the Router, which is nginx."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import CERTAIN, FAINT, LIKELY, POSSIBLE, STRONG, Sign, Voice

_PLAYBOOK = "https://docs.apigee.com/api-platform/troubleshoot/runtime/"
_FAILED = f"{_PLAYBOOK}503-sslhandshakefailed"
_BAD_REQUEST = f"{_PLAYBOOK}400-ssl-certificate-error"
_UNAVAILABLE = f"{_PLAYBOOK}503-service-unavailable"
_PLAIN = f"{_PLAYBOOK}400-bad-request-plain-http-request-sent-to-https-port"
_NGINX = "nginx: src/event/ngx_event_openssl.c, src/http/ngx_http_request.c"

VOICES = (
    Voice(r"messaging\.adaptors\.http\.flow\.", "client", "southbound"),
    Voice(r"\bhttp\.client\b|httpclient\$context|sslclientchannel", "client", "southbound"),
    Voice(r"adaptors\.http\.flow|lbserver\.", "client", "southbound"),
    Voice(r"target request flow|error\.cause", "client", "southbound"),
    Voice(r"while ssl handshaking to upstream|, upstream: \"https", "client", None),
    Voice(r"while ssl handshaking, client:|while (?:reading client|waiting for) request",
          "server", "northbound"),
    Voice(r"in ssl handshake(?: \([^()]{1,60}\))? while ssl handshaking, c"
          r"|client ssl certificate verify error|client sent no required ssl", "server",
          "northbound"),
    Voice(r"400 (?:the|no required) ssl certificate|ssl certificate (?:error|was sent)<", None,
          "northbound"),
    Voice(r"edge-router|/opt/nginx", None, "northbound"),
)  # fmt: skip

SIGNS = (
    Sign(r"sslhandshakefailed", {
        Cause.UNKNOWN_CERTIFICATE: 5 * FAINT, Cause.INCOMPLETE_CHAIN: 4 * FAINT,
        Cause.HOSTNAME_MISMATCH: 3 * FAINT, Cause.EXPIRED_CERTIFICATE: FAINT,
        Cause.PROTOCOL_MISMATCH: FAINT, Cause.CIPHER_MISMATCH: FAINT,
        Cause.MISSING_CLIENT_CERTIFICATE: FAINT, Cause.SNI_REQUIRED: FAINT,
    }, "The Message Processor's handshake with the backend failed.", _FAILED),
    Sign(r"flow\.serviceunavailable", {
        Cause.CONNECTION_REFUSED_OR_RESET: 5 * FAINT, Cause.UNKNOWN_CERTIFICATE: FAINT,
        Cause.PROTOCOL_MISMATCH: FAINT, Cause.CIPHER_MISMATCH: FAINT,
        Cause.MISSING_CLIENT_CERTIFICATE: FAINT, Cause.SNI_REQUIRED: FAINT,
    }, "The Message Processor could not connect to the backend, or not agree on TLS with it.",
        _UNAVAILABLE),
    Sign(r"noactivetargets|max failure count\(?", {
        Cause.CONNECTION_REFUSED_OR_RESET: POSSIBLE, Cause.UNKNOWN_CERTIFICATE: FAINT,
        Cause.NOT_TLS: FAINT,
    }, "No target server of the load balancer is left: connections, or health checks, failed.",
        f"{_PLAYBOOK}503-service-unavailable-health-check-failures"),
    Sign(r"unexpectedeofattarget", {Cause.CONNECTION_REFUSED_OR_RESET: LIKELY},
        "The backend closed the connection before it had answered.",
        f"{_PLAYBOOK}502-bad-gateway"),
    Sign(r"(?:onconnecttimeout|onconnectfailed|onconnectfailure|serverconnecttimeout)",
        {Cause.CONNECTION_REFUSED_OR_RESET: STRONG},
        "The Message Processor got no connection to the backend.", _UNAVAILABLE),
    Sign(r"no required ssl certificate was sent|client sent no required ssl certificate",
        {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The Router demands a certificate of its clients, and this one sent none.", _BAD_REQUEST),
    Sign(r"the ssl certificate error", {
        Cause.UNKNOWN_CLIENT_CERTIFICATE: LIKELY + 1, Cause.EXPIRED_CLIENT_CERTIFICATE: LIKELY,
    }, "The Router did not accept the client's certificate: it has expired, or its truststore has "
        "not all its issuers up to the root.", _BAD_REQUEST),
    Sign(r"client ssl certificate verify error",
        {Cause.UNKNOWN_CLIENT_CERTIFICATE: FAINT, Cause.EXPIRED_CLIENT_CERTIFICATE: FAINT},
        "The Router did not accept the client's certificate.", _NGINX),
    Sign(r"plain http request (?:was sent )?to https port", {Cause.NOT_TLS: CERTAIN},
        "Plain HTTP came to a port that speaks TLS: a wrong scheme, or TLS is off in the client or "
        "target server.", _PLAIN),
    Sign(r"peer closed connection in ssl handshake", {
        Cause.UNKNOWN_CERTIFICATE: LIKELY + 3, Cause.INCOMPLETE_CHAIN: LIKELY + 2,
        Cause.HOSTNAME_MISMATCH: LIKELY + 1, Cause.EXPIRED_CERTIFICATE: LIKELY,
        Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE + 1, Cause.CONNECTION_REFUSED_OR_RESET: POSSIBLE,
    }, "The client went away without an alert, as Node does when it does not accept the "
        "certificate, and as a health check does.", _NGINX),
    Sign(r"client closed connection while waiting for request", {
        Cause.UNKNOWN_CERTIFICATE: POSSIBLE + 4, Cause.INCOMPLETE_CHAIN: POSSIBLE + 3,
        Cause.HOSTNAME_MISMATCH: POSSIBLE + 2, Cause.EXPIRED_CERTIFICATE: POSSIBLE + 1,
        Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE,
    }, "The client left after the handshake and asked nothing, as one does in TLS 1.3 that does "
        "not accept the certificate, and as a health check does.", _NGINX),
    Sign(r"handshake rejected while ssl handshaking", {Cause.SNI_REQUIRED: CERTAIN},
        "No site of this port has the name that the client sent (SNI), or it sent none.", _NGINX),
    Sign(r"no \"ssl_certificate\" is defined", {Cause.WIRING: CERTAIN},
        "The site has no certificate.", _NGINX),
    Sign(r"upstream ssl certificate does not match", {Cause.HOSTNAME_MISMATCH: CERTAIN},
        "The backend's certificate is for another name.", _NGINX),
    Sign(r"(?:keystore|truststore|key ?alias)\b[^.;{}]{0,80}(?:not found|does not exist|"
        r"could not be found|doesn't exist)", {Cause.WIRING: CERTAIN},
        "A store or alias that is named is not there.", _UNAVAILABLE),
)  # fmt: skip
