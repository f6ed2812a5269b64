"""What endpoints do and name, by their own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.inventory import Endpoint, ProxyTarget, TargetServer, VirtualHost

if TYPE_CHECKING:
    from edgeaudit.inventory import Environment, StoreName


def has_tls(endpoint: Endpoint) -> bool:
    """Whether it does TLS with settings of its own.

    A load balancer's target servers have settings, and those count.
    """
    is_own = not (isinstance(endpoint, ProxyTarget) and endpoint.servers)
    return is_own and endpoint.tls is not None and endpoint.tls.enabled


def calls_over_tls(endpoint: TargetServer | ProxyTarget) -> bool:
    """Whether it calls its backend over TLS; without settings, an https URL does, as Java will.

    Policies that only name a store, and load balancers, call nothing themselves.
    """
    if isinstance(endpoint, TargetServer):
        return has_tls(endpoint)
    if endpoint.url is None or endpoint.servers:
        return False
    return endpoint.tls.enabled if endpoint.tls else endpoint.url.lower().startswith("https:")


def does_tls(endpoint: Endpoint) -> bool:
    """Whether it does TLS at all."""
    if has_tls(endpoint):
        return True
    return not isinstance(endpoint, VirtualHost) and calls_over_tls(endpoint)


def checks_peer(endpoint: Endpoint) -> bool:
    """Whether it checks the other side's certificates: a virtual host where it asks for some."""
    is_asked = endpoint.tls is not None and endpoint.tls.client_auth
    return has_tls(endpoint) and (endpoint.direction == "southbound" or is_asked)


def store_names(endpoint: Endpoint) -> list[StoreName]:
    """How an endpoint names its stores."""
    tls = endpoint.tls
    return [name for name in (tls.keystore, tls.truststore) if name] if tls else []


def is_dynamic(name: str | None) -> bool:
    """Whether a flow variable stands for a name, so that only the running proxy knows it."""
    return name is not None and "{" in name


def names_dynamically(env: Environment) -> bool:
    """Whether a flow variable names a store; in a virtual host it is but a name."""
    targets = [each for each in env.endpoints if not isinstance(each, VirtualHost)]
    return any(name.is_dynamic for each in targets for name in store_names(each))


def called_servers(env: Environment) -> frozenset[str]:
    """The target servers that deployed revisions call; all where a flow variable names one."""
    called = {name for rev in env.revisions for target in rev.targets for name in target.servers}
    return frozenset(env.target_servers.items if any(map(is_dynamic, called)) else called)


def knows_all_namers(env: Environment) -> bool:
    """Whether everything is known that can name one of its stores or references."""
    sections = (env.virtual_hosts, env.target_servers, env.revisions)
    return all(each.is_complete for each in sections) and not names_dynamically(env)
