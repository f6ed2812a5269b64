"""The XML documents of a bundle, made from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from xml.etree.ElementTree import Element

from .installation import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .installation import Policy, ProxyEndpoint, Revision, Target, Tls

Kind = Literal["apis", "sharedflows"]


def documents(
    kind: Kind, name: str, revision: Revision, *, has_empty: bool
) -> Iterator[tuple[str, Element]]:
    """Path and root of each; what is not set is left out, or `has_empty` elements."""
    if kind == "apis":
        yield f"{name}.xml", _manifest("APIProxy", name, revision)
        for endpoint in revision.endpoints:
            yield f"proxies/{endpoint.name}.xml", _proxy_endpoint(endpoint, revision)
        for target in revision.targets:
            yield f"targets/{target.name}.xml", _target(target, has_empty)
    else:
        yield f"{name}.xml", _manifest("SharedFlowBundle", name, revision)
        steps = _steps(revision.policies)
        yield "sharedflows/default.xml", _element("SharedFlow", *steps, name="default")
    for policy in revision.policies:
        yield f"policies/{policy.name}.xml", _policy(policy, has_empty)


def _element(tag: str, *children: Element | str, **attributes: str) -> Element:
    element = Element(tag, attributes)
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def _manifest(tag: str, name: str, revision: Revision) -> Element:
    endpoints, targets = revision.endpoints, revision.targets
    return _element(
        tag,
        *(_element("Basepaths", endpoint.base_path) for endpoint in endpoints),
        _element("ConfigurationVersion", majorVersion="4", minorVersion="0"),
        _element("DisplayName", name),
        _element("Policies", *(_element("Policy", each.name) for each in revision.policies)),
        _element("ProxyEndpoints", *(_element("ProxyEndpoint", each.name) for each in endpoints)),
        _element("Resources", _element("Resource", "jsc://x.js")),
        _element("TargetServers"),
        _element("TargetEndpoints", *(_element("TargetEndpoint", each.name) for each in targets)),
        revision=str(revision.number),
        name=name,
    )


def _proxy_endpoint(endpoint: ProxyEndpoint, revision: Revision) -> Element:
    request = _element("Request", *_steps(revision.policies))
    hosts = (_element("VirtualHost", host) for host in endpoint.virtual_hosts)
    targets = [each.name for each in revision.targets]
    routes = (
        _element("RouteRule", _element("TargetEndpoint", name), name=name) for name in targets
    )
    return _element(
        "ProxyEndpoint",
        _element("PreFlow", request, _element("Response"), name="PreFlow"),
        _element("HTTPProxyConnection", _element("BasePath", endpoint.base_path), *hosts),
        *(routes if targets else [_element("RouteRule", name="noroute")]),
        name=endpoint.name,
    )


def _steps(policies: Iterable[Policy]) -> Iterator[Element]:
    return (_element("Step", _element("Name", policy.name)) for policy in policies)


def _target(target: Target, has_empty: bool) -> Element:
    match target.connection:
        case Call() as call:
            connection = [_connection(call, has_empty)]
        case "ScriptTarget":
            connection = [_element("ScriptTarget", _element("ResourceURL", "node://x.js"))]
        case "LocalTargetConnection":
            inner = _element("APIProxy", "orders"), _element("ProxyEndpoint", "default")
            connection = [_element("LocalTargetConnection", *inner)]
        case None:
            connection = []
    return _element("TargetEndpoint", *connection, name=target.name)


def _policy(policy: Policy, has_empty: bool) -> Element:
    content = _CONTENTS[policy.kind](policy.connection, has_empty)
    is_enabled = "true" if policy.is_enabled else "false"
    return _element(policy.kind, *content, name=policy.name, enabled=is_enabled)


def _service_callout(call: Call, has_empty: bool) -> Iterator[Element]:
    yield _element("Request", variable="calloutRequest")
    yield _element("Response", "calloutResponse")
    yield _connection(call, has_empty)


def _message_logging(call: Call, has_empty: bool) -> Iterator[Element]:
    host, _, port = call.url.partition(":")
    address = (_element("Host", host), _element("Port", port), _element("Protocol", "TCP"))
    message = _element("Message", "{request.uri}")
    yield _element("Syslog", message, *address, *_ssl_info(call.tls, has_empty))


def _validate_saml_assertion(call: Call, has_empty: bool) -> Iterator[Element]:
    yield _element("Source", _element("AssertionXPath", "/Envelope/Header"), name="request")
    yield from _stores(call.tls, "TrustStore")


def _generate_saml_assertion(call: Call, has_empty: bool) -> Iterator[Element]:
    yield _element("Issuer", "https://idp.example")
    if call.tls:
        name, alias = call.tls.key_store or "", call.tls.key_alias or ""
        yield _element("KeyStore", _element("Name", name), _element("Alias", alias))
    yield _element("OutputVariable", _element("FlowVariable", "assertion.content"))


def _assign_message(call: Call, has_empty: bool) -> Iterator[Element]:
    payload = _element("Payload", *_ssl_info(call.tls, has_empty), contentType="text/xml")
    yield _element("Set", payload)


_CONTENTS = {
    "AssignMessage": _assign_message,
    "GenerateSAMLAssertion": _generate_saml_assertion,
    "MessageLogging": _message_logging,
    "ServiceCallout": _service_callout,
    "ValidateSAMLAssertion": _validate_saml_assertion,
}


def _connection(call: Call, has_empty: bool) -> Element:
    address = [_element("URL", call.url)] if call.url else []
    if call.servers:
        servers = (_element("Server", name=name) for name in call.servers)
        algorithm = _element("Algorithm", "RoundRobin")
        address += [_element("LoadBalancer", algorithm, *servers), _element("Path", "/v1")]
    return _element("HTTPTargetConnection", *_ssl_info(call.tls, has_empty), *address)


def _ssl_info(tls: Tls | None, has_empty: bool) -> Iterator[Element]:
    if tls:
        yield _element(
            "SSLInfo",
            _element("Enabled", _boolean(tls.enabled)),
            _element("ClientAuthEnabled", _boolean(tls.client_auth)),
            _element("IgnoreValidationErrors", _boolean(tls.ignores_errors)),
            *_stores(tls, "KeyStore", "KeyAlias", "TrustStore", has_empty=has_empty),
            *_list("Ciphers", "Cipher", tls.ciphers),
            *_list("Protocols", "Protocol", tls.protocols),
            *_common_name(tls),
        )


def _list(tag: str, item: str, values: tuple[str, ...]) -> Iterator[Element]:
    if values:
        yield _element(tag, *(_element(item, value) for value in values))


def _stores(tls: Tls | None, *tags: str, has_empty: bool = False) -> Iterator[Element]:
    if tls:
        values = (tls.key_store, tls.key_alias, tls.trust_store)
        for tag, value in zip(("KeyStore", "KeyAlias", "TrustStore"), values, strict=True):
            if tag in tags and (value is not None or has_empty):
                yield _element(tag, value or "")


def _common_name(tls: Tls) -> Iterator[Element]:
    if name := tls.common_name:
        yield _element("CommonName", name.value, wildcardMatch=_boolean(name.wildcard_match))


def _boolean(value: bool) -> str:
    return "true" if value else "false"
