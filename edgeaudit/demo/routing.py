"""The Routers of an environment, which answer for its virtual hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .installation import Tls
from .services import TlsService, Version

if TYPE_CHECKING:
    from .draft import Draft
    from .installation import Environment, VirtualHost
    from .pki import Chain
    from .services import Service

_NEW: tuple[Version, ...] = ("TLSv1.2", "TLSv1.3")


def route(draft: Draft, name: str, service: Service | None = None) -> str:
    """Have a Router answer for all names of a virtual host; returns HOST:PORT of the last.

    It does as configured, unless a `service` is given. Nobody can ask for a wildcard.
    """
    environment = draft.environment()
    (host,) = (each for each in environment.virtual_hosts if each.name == name)
    done = service or _configured(environment, host)
    names = (alias.partition(":")[0].lower() for alias in host.host_aliases)
    asked = (each.encode("idna").decode() for each in names if not each.startswith("*"))
    return [draft.answer(f"{each}:{host.port}", done) for each in asked][-1]


def route_all(draft: Draft) -> None:
    """Have a Router answer for every virtual host with TLS, as configured."""
    for host in draft.environment().virtual_hosts:
        if host.tls and host.tls.enabled:
            route(draft, host.name)


def _configured(environment: Environment, host: VirtualHost) -> TlsService:
    tls = host.tls or Tls()
    (shown,) = _stored(environment, tls.key_store or "freetrial", tls.key_alias or "")
    trusted = _stored(environment, tls.trust_store) if tls.client_auth and tls.trust_store else ()
    setting = dict(host.properties).get("ssl_protocols", "").lower()
    return TlsService(
        shown,
        versions=tuple(each for each in _NEW if each.lower() in setting) or _NEW,
        clients=tuple(issuer for chain in trusted for issuer in chain),
        needs_client=tls.client_auth,
        wants_proxy="proxy_protocol" in host.listen_options,
    )


def stored(draft: Draft, store: str, alias: str = "") -> Chain:
    """The chain that lies in a store of the draft, under `alias` if it has several."""
    (chain,) = _stored(draft.environment(), store, alias)
    return chain


def _stored(environment: Environment, store: str, alias: str = "") -> tuple[Chain, ...]:
    refers = {f"ref://{each.name}": each.refers for each in environment.references}
    name = refers.get(store, store)
    (own,) = (each for each in environment.keystores if each.name == name)
    return tuple(each.chain for each in own.aliases if alias in ("", each.name))
