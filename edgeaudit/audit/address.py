"""Where a target calls."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.inventory import TargetServer
from edgeaudit.x509.hostname import bare_host

if TYPE_CHECKING:
    from edgeaudit.inventory import ProxyTarget

Address = tuple[str, int]

_PORTS = {"http": 80, "https": 443}  # RFC 9110, 4.2.1 and 4.2.2


def address(target: TargetServer | ProxyTarget) -> Address | None:
    """The host, as `bare_host` writes it, and the port of what it calls itself.

    None where one of them is not known, and where a flow variable stands for the host.
    """
    if isinstance(target, TargetServer):
        host, port = bare_host(target.host), target.port
    else:
        try:
            parts = urlsplit(target.url or "")
            host, port = bare_host(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return None
    is_one = host and "*" not in host and not is_dynamic(host)
    return (host, port) if is_one and port else None
