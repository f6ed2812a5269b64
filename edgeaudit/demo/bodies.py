"""Each object as the management API tells it, in JSON values (Edge API specification)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .certificates import cert_info
from .forms import Forms, with_optional

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .installation import (
        Alias,
        Keystore,
        Organization,
        Reference,
        TargetServer,
        Tls,
        VirtualHost,
    )

Body = dict[str, object]

HISTORY: Body = {
    "createdAt": 1394486446988,
    "createdBy": "admin@example.com",
    "lastModifiedAt": 1590113466345,
    "lastModifiedBy": "admin@example.com",
}
# Keys that a virtual host's body has in some bodies and lacks in others.
_SPARE: Body = {
    "baseUrl": "",
    "description": "",
    "interfaces": [],
    "listenOptions": [],
    "propagateTLSInformation": {"clientProperties": False, "connectionProperties": False},
    "retryOptions": [],
}


def organization(organization: Organization, environments: Iterable[str]) -> Body:
    """The body of an organization."""
    return {
        **HISTORY,
        "displayName": organization.name.title(),
        "environments": list(environments),
        "name": organization.name,
        "properties": {"property": [{"name": "features.isCpsEnabled", "value": "true"}]},
        "type": organization.type,
    }


def environment(name: str) -> Body:
    """The body of an environment."""
    properties = [{"name": "offlineQueryEnabled", "value": "true"}]
    return {**HISTORY, "name": name, "properties": {"property": properties}}


def keystore(store: Keystore, forms: Forms) -> Body:
    """The body of a keystore or truststore, in one of three generations."""
    aliases = forms.shuffled(store.aliases, store.name)
    body: Body = {"name": store.name}
    if forms.keystores != "names":
        body["aliases"] = [_alias_entry(alias, forms) for alias in aliases]
    if forms.keystores != "aliases":
        body["certs"] = [alias.cert_name for alias in aliases]
        body["keys"] = [_listed_key(alias, forms) for alias in aliases]
    return body


def _alias_entry(alias: Alias, forms: Forms) -> Body:
    key = f"{alias.name}-key" if alias.has_key else None
    entry: Body = {"aliasName": alias.name, "cert": alias.cert_name}
    return entry | with_optional("key", key, forms.blank_key)


def _listed_key(alias: Alias, forms: Forms) -> str:
    # Release notes 180406: since then an empty string stands for a key that is not there;
    # before, a name was shown all the same.
    return alias.name if alias.has_key or forms.keystores == "names" else ""


def alias(alias: Alias, now: datetime, forms: Forms) -> Body:
    """The body of an alias."""
    name = f"{alias.name}-key" if forms.key_name == "alias-key" else alias.name
    key_name = with_optional("keyName", name if alias.has_key else None, forms.blank_key_name)
    return {"alias": alias.name, "certsInfo": cert(alias, now, forms)} | key_name


def cert(alias: Alias, now: datetime, forms: Forms) -> Body:
    """The body of a certificate: one entry for each certificate of its chain."""
    return {"certInfo": cert_info(alias.chain, now, forms), "certName": alias.cert_name}


def reference(reference: Reference) -> Body:
    """The body of a reference."""
    return {
        "name": reference.name,
        "refers": reference.refers,
        "resourceType": reference.resource_type,
    }


def virtual_host(host: VirtualHost, forms: Forms) -> Body:
    """The body of a virtual host; `port` is a string, and plain HTTP has no `sSLInfo`."""
    body: Body = {"hostAliases": list(host.host_aliases), "name": host.name, "port": str(host.port)}
    if host.tls:
        body["sSLInfo"] = _ssl_info(host.tls, forms)
    if host.free_trial or forms.spare_keys:
        body |= _free_trial(host, forms)
    if host.properties:
        body["properties"] = forms.vhost_properties(host.properties)
    options: Body = {"listenOptions": list(host.listen_options)} if host.listen_options else {}
    return body | (_SPARE if forms.spare_keys else {}) | options


def _free_trial(host: VirtualHost, forms: Forms) -> Body:
    # The specification's spelling comes with the specification's type.
    if forms.free_trial_key == "useBuiltInFreeTrailCert":
        return {"useBuiltInFreeTrailCert": "true" if host.free_trial else "false"}
    return {"useBuiltInFreeTrialCert": forms.boolean(host.free_trial)}


def target_server(server: TargetServer, forms: Forms) -> Body:
    """The body of a target server; plain HTTP has no `sSLInfo`."""
    body: Body = {
        "host": server.host,
        "isEnabled": forms.boolean(server.is_enabled),
        "name": server.name,
        "port": forms.number(server.port),
    }
    if server.tls:
        body["sSLInfo"] = _ssl_info(server.tls, forms)
    return body


def _ssl_info(tls: Tls, forms: Forms) -> Body:
    body: Body = {
        "ciphers": list(tls.ciphers),
        "clientAuthEnabled": forms.quoted(tls.client_auth),
        "enabled": forms.quoted(tls.enabled),
        "ignoreValidationErrors": forms.boolean(tls.ignores_errors),
        "protocols": list(tls.protocols),
    }
    if tls.common_name:
        body["commonName"] = {
            "value": tls.common_name.value,
            "wildcardMatch": forms.boolean(tls.common_name.wildcard_match),
        }
    return (
        body
        | with_optional("keyAlias", tls.key_alias, forms.not_set)
        | with_optional("keyStore", tls.key_store, forms.not_set)
        | with_optional("trustStore", tls.trust_store, forms.not_set)
    )
