"""Settings that have no effect, or another than one might think."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import calls_over_tls, store_names
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.inventory import TargetServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Endpoint, ProxyTarget, VirtualHost

_TLS_URL = re.compile(r"https:|[a-z]+://[^/?#]*:443(?=[/?#]|$)", re.IGNORECASE)


@rule(over=Evidence.targets, cause=Cause.WIRING, severity=Severity.WARNING)
def tls_disabled_target(target: TargetServer | ProxyTarget, evidence: Evidence) -> Iterator[Hit]:
    """A target looks like TLS, an https URL or port 443, and has TLS off.

    Edge then speaks plain HTTP to a port where the backend waits for a handshake. The backend
    closes the connection or answers with an error; should it answer after all, everything goes
    unencrypted.

    Remedy: set `enabled` to true in the target's `sSLInfo` (`Enabled` in `SSLInfo`) and name a
    truststore there; or call the backend on the port that it has for plain HTTP.

    Source: Apigee Edge, "Configuring TLS from Edge to the backend", "Options for configuring TLS"
    (`Enabled`).
    """
    if calls_over_tls(target):
        return
    if isinstance(target, TargetServer) and target.port == 443:
        yield Hit("port 443 is called without TLS", facts={"port": 443})
    elif not isinstance(target, TargetServer) and _TLS_URL.match(target.url or ""):
        yield Hit("TLS is off for a URL that looks like it", facts={"url": target.url})


@rule(over=Evidence.load_balancers, cause=Cause.WIRING, severity=Severity.WARNING)
def tls_settings_ignored(target: ProxyTarget, evidence: Evidence) -> Iterator[Hit]:
    """TLS settings stand beside a load balancer, where they have no effect.

    A call that goes to a target server is made with the settings of that target server. What stands
    in `SSLInfo` beside `LoadBalancer` is not read: certificates named there are neither shown nor
    trusted, and TLS switched on there is not on.

    Remedy: move the settings into each of the target servers, and remove `SSLInfo` from the target
    endpoint or service callout.

    Source: Apigee Edge, "Load balancing across backend servers", "Options for configuring TLS"
    (target servers have an `SSLInfo` of their own).
    """
    if target.tls and target.tls.enabled:
        told = f"the settings of the target servers count: {', '.join(target.servers)}"
        yield Hit(told, facts={"servers": list(target.servers)})


@rule(over=Evidence.tls_peers, cause=Cause.WIRING, severity=Severity.NOTE)
def direct_store_name(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """A keystore or truststore is named directly, where a reference could stand.

    Nothing breaks today. But a certificate is renewed by a new keystore, and a virtual host that
    names the old one must be changed and its Routers restarted; for a target, the Message
    Processors restarted or the proxy deployed again. A reference is moved without any of that.

    Remedy: create a reference to the store, and name ref://NAME instead.

    Source: Apigee Edge, "Working with references", "Update a TLS certificate".
    """
    keystores = evidence.impact.environment(endpoint).keystores
    literal = [name.literal for name in store_names(endpoint) if name.literal]
    # of the others missing-keystore and missing-truststore speak, or a gap
    names = [name for name in dict.fromkeys(literal) if not keystores.lacks(name)]
    if names and keystores.is_listed:
        told = ", ".join(f'"{name}"' for name in names)
        yield Hit(f"{told} is named directly, not by a reference", facts={"names": names})


@rule(over=Evidence.tls_targets, cause=Cause.WIRING, severity=Severity.NOTE)
def dynamic_store_name(target: TargetServer | ProxyTarget, evidence: Evidence) -> Iterator[Hit]:
    """A flow variable decides which keystore or truststore a target uses.

    Only the running proxy knows the name, so whether the store exists, and whether its certificates
    are good, cannot be told from outside. In the same environment no store is called unused, since
    the variable may name any.

    Remedy: make sure that every name the variable can take is that of a store in this environment;
    where it is one and the same, name that by a reference (ref://NAME).

    Source: Apigee Edge, "Options for configuring TLS" (flow variables in `SSLInfo`).
    """
    names = [name.text for name in store_names(target) if name.is_dynamic]
    if names:
        yield Hit(f"{', '.join(names)} names a store", facts={"variables": names})


@rule(over=Evidence.free_trial_hosts, cause=Cause.WIRING, severity=Severity.NOTE)
def free_trial_certificate(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host shows the vendor's free-trial certificate.

    It covers names in the vendor's domain (apigee.net) only: a client that calls by another name
    ends the handshake. When it is renewed, the vendor decides.

    Remedy: nothing, for trials. Otherwise name a keystore with a certificate of your own, and
    switch `useBuiltInFreeTrialCert` off.

    Source: Apigee Edge, "Configuring virtual hosts for the Cloud", "Virtual host property
    reference" (`UseBuiltInFreeTrialCert`).
    """
    yield Hit("it shows the vendor's certificate", facts={"hosts": sorted(host.host_aliases)})
