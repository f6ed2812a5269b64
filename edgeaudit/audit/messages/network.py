"""What is said where there was no connection, or it was lost: errno in many tongues."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import LIKELY, POSSIBLE, STRONG, Sign

_ERRNO = "POSIX, errno.h; Java: java.net; Chromium: net/base/net_error_list.h"
_NONE = {Cause.CONNECTION_REFUSED_OR_RESET: STRONG}
_LOST = {
    Cause.CONNECTION_REFUSED_OR_RESET: LIKELY, Cause.SNI_REQUIRED: POSSIBLE + 1,
    Cause.MISSING_CLIENT_CERTIFICATE: POSSIBLE,
}  # fmt: skip

SIGNS = (
    Sign(r"connection.refused|econnrefused|actively refused|couldn't connect to server", _NONE,
        "Nothing listens at this address and port, or a firewall refuses.", _ERRNO),
    Sign(r"connection reset|econnreset|connection_reset|forcibly closed|pr_connect_reset_error"
         r"|broken pipe|\bepipe\b|\[rst\b|flags \[r", _LOST,
        "The other side, or a device between, reset the connection.", _ERRNO),
    Sign(r"connection.closed|pr_end_of_file_error|err_connection_aborted|connection aborted", _LOST,
        "The other side closed the connection.", _ERRNO),
    Sign(r"(?:connect|connection|read) timed.out|etimedout|connection.timeout|connecttimeout"
         r"|no route to host|ehostunreach|enetunreach|network is unreachable|gatewaytimeout", _NONE,
        "Nobody answered: a firewall, a wrong address, or a server that is down.", _ERRNO),
    Sign(r"unknownhostexception|unresolvedaddressexception|enotfound|eai_again"
         r"|name or service not known|could not resolve host|no such host|getaddrinfo"
         r"|name_not_resolved|nodename nor servname|temporary failure in name resolution"
         r"|unresolved address", _NONE, "The name of the host could not be resolved.", _ERRNO),
)  # fmt: skip
