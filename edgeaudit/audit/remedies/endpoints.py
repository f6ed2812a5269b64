"""Changing what an endpoint is set to, and what must then restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.remedies.shell import CURL, edited, get, json_text, says, send_file, url
from edgeaudit.audit.remedies.site import told
from edgeaudit.inventory import ProxyTarget, TargetServer, VirtualHost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from edgeaudit.audit.remedies.site import Case
    from edgeaudit.inventory import Endpoint

_SERVICE = "/opt/apigee/apigee-service/bin/apigee-service"
_ELEMENTS = {
    "enabled": "Enabled",
    "clientAuthEnabled": "ClientAuthEnabled",
    "keyStore": "KeyStore",
    "keyAlias": "KeyAlias",
    "trustStore": "TrustStore",
    "protocols": "Protocols",
    "ciphers": "Ciphers",
}


def set_tls(case: Case, endpoint: Endpoint, settings: Mapping[str, object]) -> Iterator[str]:
    """Other values for some of an endpoint's `sSLInfo`, everything else as it is."""
    if isinstance(endpoint, ProxyTarget):
        yield from _bundle_changed(case, endpoint, settings)
    else:
        yield from _edited(case, endpoint, f".sSLInfo += {json_text(settings)}")


def set_properties(case: Case, host: VirtualHost, properties: Mapping[str, str]) -> Iterator[str]:
    """Other values for some of a virtual host's properties."""
    live = _replaced("property", "name", "value", properties)
    specified = _replaced("Property", "_name", "__text", properties)
    yield from _edited(case, host, f".properties |= if .Property? then {specified} else {live} end")
    yield from routers_restart(case, "If the Routers go on as before")


def _replaced(where: str, key: str, content: str, properties: Mapping[str, str]) -> str:
    """Bodies have properties in one of two forms, and no source is sure of either."""
    others = " and ".join(f".{key} != {json_text(name)}" for name in properties)
    entries = [{key: name, content: value} for name, value in properties.items()]
    return f".{where} |= (. // [] | map(select({others}))) + {json_text(entries)}"


def _edited(case: Case, endpoint: VirtualHost | TargetServer, program: str) -> Iterator[str]:
    if isinstance(endpoint, VirtualHost):
        section, file = "virtualhosts", "virtualhost.json"
        if case.site.is_public_cloud:
            yield says(
                "Organization administrators of paid accounts may change a virtual host;"
                " others ask Apigee Support."
            )
    else:
        section, file = "targetservers", "targetserver.json"
    where = case.at(section, endpoint.name)
    yield says(f"{file} is how {endpoint.where} stands now: keep it for the way back.")
    yield get(where, file)
    yield f"{edited(program, file)} && {send_file('PUT', where, f'new-{file}')}"


def _bundle_changed(
    case: Case, target: ProxyTarget, settings: Mapping[str, object]
) -> Iterator[str]:
    revision = case.revision(target)
    if revision is None:
        return
    kind = "apis" if revision.kind == "proxies" else "sharedflows"
    top = "apiproxy" if revision.kind == "proxies" else "sharedflowbundle"
    folder = "policies" if "/policies/" in target.where else "targets"
    if target.tls is None:
        settings = {"enabled": "true", **settings}  # there is no SSLInfo yet
    settled = ", ".join(f"{_ELEMENTS.get(key, key)} {_plain(v)}" for key, v in settings.items())
    owner = ("organizations", case.env.organization)
    bundle = url(*owner, kind, revision.name, "revisions", revision.number, format="bundle")
    yield f"{CURL} -o bundle.zip {bundle}"
    yield "unzip -q bundle.zip -d bundle"
    yield says(
        f"In bundle/{top}/{folder}, in the file of {target.name}, set in SSLInfo: {settled}."
        " The proxy's owner may do so."
    )
    yield "read -rp 'When that is done, press Enter. ' </dev/tty"
    imported = url(*owner, kind, action="import", name=revision.name)
    yield f"(cd bundle && zip -qr - {top}) > new-bundle.zip"
    yield f"REVISION=$({CURL} -F file=@new-bundle.zip {imported} | jq -er .revision)"
    deployed = case.at(kind, revision.name, "revisions")[:-1]
    yield f'{CURL} -X POST {deployed}/${{REVISION:?}}/deployments?override=true"'
    yield says(f"For the way back: deploy revision {revision.number} again.")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def routers_restart(case: Case, when: str = "Then") -> Iterator[str]:
    """What the Routers read when they start only."""
    if case.site.is_public_cloud:
        yield says(f"{when}, ask Apigee Support to restart the Routers: they alone can.")
    else:
        yield says(f"{when}, on one Router after another: {_SERVICE} edge-router restart")


def processors_restart(case: Case) -> Iterator[str]:
    """What the Message Processors read when they start only."""
    if case.site.is_public_cloud:
        yield says("Then, ask Apigee Support to restart the Message Processors: they alone can.")
    else:
        service = f"{_SERVICE} edge-message-processor restart"
        yield says(f"Then, on one Message Processor after another: {service}")


def restarts(case: Case, endpoints: Collection[Endpoint]) -> Iterator[str]:
    """What must restart after a store that the endpoints name directly was changed."""
    if any(isinstance(each, VirtualHost) for each in endpoints):
        yield from routers_restart(case)
    if any(not isinstance(each, VirtualHost) for each in endpoints):
        yield from processors_restart(case)


def redeployed(case: Case, endpoint: Endpoint, when: str = "Then") -> Iterator[str]:
    """What must be done after an endpoint came to name another store."""
    if isinstance(endpoint, VirtualHost):
        yield from routers_restart(case, when)
    elif isinstance(endpoint, TargetServer):
        proxies = sorted(each.where for each in case.site.evidence.impact.revisions(endpoint))
        if proxies:
            yield says(f"{when}, deploy again what calls it: {told(proxies)}.")
