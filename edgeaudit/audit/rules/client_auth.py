"""What the two sides must prove to one another, as far as Edge is told to ask or to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Cause, Hit, Severity
from edgeaudit.audit.rule import rule
from edgeaudit.inventory import VirtualHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.inventory import Endpoint, ProxyTarget, TargetServer


@rule(
    over=Evidence.tls_hosts,
    cause=Cause.UNKNOWN_CLIENT_CERTIFICATE,
    severity=Severity.ERROR,
)
def client_auth_without_truststore(host: VirtualHost, evidence: Evidence) -> Iterator[Hit]:
    """A virtual host demands client certificates and names no truststore to check them against.

    The Router (nginx) accepts a client certificate only where a path leads from it to a CA of the
    truststore. Without one no client can be accepted: requests end with HTTP 400, "The SSL
    certificate error".

    Remedy: create a truststore with the CA certificates of the clients, up to their roots, and name
    it in the virtual host, best by a reference; or switch client authentication off.

    Source: Apigee Edge, "Virtual host property reference" (`TrustStore` is required with
    `ClientAuthEnabled`), "400 Bad request - SSL certificate error"; nginx, `ssl_verify_client`.
    """
    if host.tls and host.tls.client_auth and host.tls.truststore is None:
        yield Hit("client certificates are demanded, and no truststore is named")


@rule(
    over=Evidence.tls_targets,
    cause=Cause.MISSING_CLIENT_CERTIFICATE,
    severity=Severity.ERROR,
)
def client_auth_without_key(
    target: TargetServer | ProxyTarget, evidence: Evidence
) -> Iterator[Hit]:
    """A target is to show a client certificate, and does not say which.

    With `ClientAuthEnabled` both keystore and key alias must be named. Otherwise the Message
    Processor answers the backend's request with an empty certificate message, and a backend that
    demands a certificate ends the handshake.

    Remedy: name the keystore (best by a reference, ref://NAME) and the key alias in the target; or
    switch client authentication off, if the backend does not demand a certificate.

    Source: Apigee Edge, "TLS/SSL handshake failures", cause "Client certificate not sent",
    "Options for configuring TLS"; RFC 8446, 4.4.2.
    """
    tls = target.tls
    if tls is None or not tls.client_auth:
        return
    lacking = {"keystore": tls.keystore, "key alias": tls.key_alias}
    unnamed = [what for what, name in lacking.items() if name is None]
    if unnamed:
        told = f"a client certificate is to be shown, and no {' and no '.join(unnamed)} is named"
        yield Hit(told, facts={"unnamed": unnamed})


@rule(over=Evidence.tls_targets, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.WARNING)
def no_truststore(target: TargetServer | ProxyTarget, evidence: Evidence) -> Iterator[Hit]:
    """A backend is called over TLS without a truststore to check its certificate against.

    Nothing tells which CA the backend must have its certificate from: Edge may accept any, so that
    whoever stands in between can read and change everything, or fall back to the roots that came
    with its Java and refuse the backend (`unable to find valid certification path`). The same goes
    for an https URL without any `SSLInfo`.

    Remedy: create a truststore with the CA certificate of the backend and name it in the target,
    best by a reference (ref://NAME).

    Source: Apigee Edge, "Options for configuring TLS" (`TrustStore`), "Configuring TLS from Edge to
    the backend".
    """
    if target.tls is None:
        yield Hit("an https URL is called without SSLInfo, so no truststore is named")
    elif target.tls.truststore is None:
        yield Hit("the backend is called over TLS, and no truststore is named")


@rule(over=Evidence.tls_peers, cause=Cause.UNKNOWN_CERTIFICATE, severity=Severity.WARNING)
def validation_ignored(endpoint: Endpoint, evidence: Evidence) -> Iterator[Hit]:
    """Certificates of the other side are accepted whatever is wrong with them.

    With `ignoreValidationErrors` the handshake goes on with an expired certificate, or one of an
    unknown CA: TLS then keeps out listeners, and nobody who stands in between. A virtual host that
    demands no client certificate has nothing to ignore.

    Remedy: put the CA certificate of the other side into the truststore, set
    `ignoreValidationErrors` to false, and see whether the handshake still succeeds.

    Source: Apigee Edge, "Options for configuring TLS" (`IgnoreValidationErrors`), "Virtual host
    property reference".
    """
    tls = endpoint.tls
    is_one_way_host = isinstance(endpoint, VirtualHost) and tls and not tls.client_auth
    if tls and tls.ignores_validation_errors and not is_one_way_host:
        yield Hit("errors in the certificate of the other side are ignored")
