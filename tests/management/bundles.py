"""Bundles as Edge exports them: zip archives of XML documents."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def bundle_zip(
    *members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """An archive of the members, by path; the same path again in a further mapping is kept."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in (item for mapping in members for item in mapping.items()):
            # zipfile warns of a path that it knows already
            archive.NameToInfo.clear()
            archive.writestr(zipfile.ZipInfo(path), content, compression)
    return file.getvalue()


def proxy_endpoint(*virtual_hosts: str, base_path: str = "/", name: str = "default") -> str:
    """A proxy endpoint, as in `apiproxy/proxies/`."""
    hosts = "".join(f"<VirtualHost>{host}</VirtualHost>" for host in virtual_hosts)
    connection = f"<BasePath>{base_path}</BasePath>{hosts}"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ProxyEndpoint name="{name}">
    <PreFlow name="PreFlow"><Request/><Response/></PreFlow>
    <HTTPProxyConnection>{connection}</HTTPProxyConnection>
    <RouteRule name="default"><TargetEndpoint>default</TargetEndpoint></RouteRule>
</ProxyEndpoint>"""


def target_endpoint(connection: str, name: str = "default") -> str:
    """A target endpoint, as in `apiproxy/targets/`, with that inside its HTTPTargetConnection."""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<TargetEndpoint name="{name}">
    <PreFlow name="PreFlow"><Request/><Response/></PreFlow>
    <HTTPTargetConnection>{connection}</HTTPTargetConnection>
</TargetEndpoint>"""


def service_callout(connection: str, name: str = "call") -> str:
    """A service callout, as in `policies/`, with that inside its HTTPTargetConnection."""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ServiceCallout async="false" continueOnError="false" enabled="true" name="{name}">
    <Request variable="callout"><Set><Verb>GET</Verb></Set></Request>
    <Response>answer</Response>
    <HTTPTargetConnection>{connection}</HTTPTargetConnection>
</ServiceCallout>"""
