"""The files of the demo's Routers and Message Processors, as they lie on the hosts themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from .edge import installation
from .installation import Defect
from .services import TlsService

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from .installation import Environment, Installation, VirtualHost
    from .pki import Chain

_ROUTERS = ("router-1", "router-2", "router-3")
_NGINX, _FILES = "opt/nginx/conf.d", "opt/nginx/ssl"
_DEFAULT, _OWN = f"{_NGINX}/0-default.conf", "opt/apigee/customer/application"
_PROCESSOR = f"{_OWN}/message-processor.properties"
# organization, name of the virtual host
_HOSTS = (("acme", "lounges"), ("acme", "exchange"), ("wellkept", "shop"), ("wellkept", "mutual"))


class DemoHosts:
    """Three Routers and two Message Processors of the demo Edge of `now`.

    Their files are what Edge made of the installation, but for the `defects`.
    """

    def __init__(self, now: datetime) -> None:
        self._installation = installation(now)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong: each the one finding that tells of it, at a place within the folder."""
        return _DEFECTS

    def write(self, folder: Path) -> None:
        """Lay all files out in `folder`, which has one of its own for each host."""
        for path, text in self._texts().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "ascii")

    def _texts(self) -> dict[str, str]:
        found = {f"{router}/{_DEFAULT}": _default(router) for router in _ROUTERS}
        for organization, name in _HOSTS:
            environment = _production(self._installation, organization)
            host = next(each for each in environment.virtual_hosts if each.name == name)
            stem = f"{organization}_prod_{name}"
            for router in _ROUTERS:
                found[f"{router}/{_NGINX}/{stem}.conf"] = _server(stem, host)
                found[f"{router}/{_FILES}/{stem}.pem"] = _pem(_shown(environment, host))
                if clients := _clients(environment, host):
                    found[f"{router}/{_FILES}/{stem}-clients.pem"] = _pem(clients)
        found[f"router-3/{_FILES}/acme_prod_lounges.pem"] = _pem(self._former("lounges"))
        partners = _stored(_production(self._installation, "acme"), "ref://partners")
        found[f"router-2/{_FILES}/acme_prod_exchange-clients.pem"] = _pem(partners)
        for processor, sni in (("mp-1", "false"), ("mp-2", "off")):
            found[f"{processor}/{_PROCESSOR}"] = f"conf_system_jsse.enableSNIExtension={sni}\n"
            found[f"{processor}/opt/java/release"] = 'JAVA_VERSION="1.8.0_402"\n'
        return found

    def _former(self, name: str) -> Chain:
        """What the Routers still show, although another chain is stored."""
        peers = self._installation.peers
        (peer,) = (each for each in peers if each.where.startswith(f"{name}.acme.example:"))
        assert isinstance(peer.service, TlsService)  # noqa: S101 - the plant has it so
        return peer.service.chain


def _default(router: str) -> str:
    protocols = "TLSv1 TLSv1.1 TLSv1.2" if router == "router-2" else "TLSv1.2 TLSv1.3"
    return f"""\
server {{
    listen 443 ssl default_server;
    ssl_protocols {protocols};
    ssl_reject_handshake on;
}}
"""


def _server(stem: str, host: VirtualHost) -> str:
    names = " ".join(alias.partition(":")[0].lower() for alias in host.host_aliases)
    clients = f"""\
    ssl_verify_client on;
    ssl_client_certificate /{_FILES}/{stem}-clients.pem;
"""
    return f"""\
server {{
    listen {host.port} ssl;
    server_name {names};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate /{_FILES}/{stem}.pem;
    ssl_certificate_key /{_FILES}/{stem}.key;
{clients if host.tls and host.tls.client_auth else ""}}}
"""


def _production(installed: Installation, organization: str) -> Environment:
    (own,) = (each for each in installed.organizations if each.name == organization)
    return next(each for each in own.environments if each.name == "prod")


def _shown(environment: Environment, host: VirtualHost) -> Chain:
    return _stored(environment, (host.tls and host.tls.key_store) or "")


def _clients(environment: Environment, host: VirtualHost) -> Chain:
    tls = host.tls
    return _stored(environment, tls.trust_store or "") if tls and tls.client_auth else ()


def _stored(environment: Environment, name: str) -> Chain:
    refers = {f"ref://{each.name}": each.refers for each in environment.references}
    (store,) = (each for each in environment.keystores if each.name == refers.get(name, name))
    return tuple(certificate for alias in store.aliases for certificate in alias.chain)


def _pem(chain: Chain) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in chain)


_DEFECTS = (
    Defect(
        "old-router-default",
        "weak-host-setting",
        f"router-2/{_DEFAULT}:3",
        "warning",
        "One Router was left out when TLSv1 was switched off",
    ),
    Defect(
        "router-left-out",
        "hosts-differ",
        f"router-2/{_DEFAULT}:3",
        "warning",
        "It is not as the other two are",
    ),
    Defect(
        "certificate-not-reloaded",
        "router-certificate-differs",
        f"router-3/{_NGINX}/acme_prod_lounges.conf:5",
        "warning",
        "The certificate was renewed, and this Router has not been restarted since",
    ),
    Defect(
        "former-certificate-expiring",
        "host-certificate-expiring",
        f"router-3/{_NGINX}/acme_prod_lounges.conf:5",
        "warning",
        "In two weeks its clients will fail, by chance",
    ),
    Defect(
        "router-not-restarted",
        "hosts-differ",
        f"router-3/{_FILES}/acme_prod_lounges.pem",
        "warning",
        "The other two have the renewed certificate",
    ),
    Defect(
        "truststore-not-reloaded",
        "router-truststore-differs",
        f"router-2/{_NGINX}/acme_prod_exchange.conf:8",
        "warning",
        "The root of the exchange never reached this Router, which trusts the partners' instead",
    ),
    Defect(
        "clients-by-chance",
        "hosts-differ",
        f"router-2/{_FILES}/acme_prod_exchange-clients.pem",
        "warning",
        "The other two have the root of the exchange",
    ),
    Defect(
        "unknown-word",
        "unusable-host-setting",
        f"mp-2/{_PROCESSOR}:1",
        "error",
        "Somebody wrote `off`, and Java takes `true` or `false`",
    ),
    Defect(
        "message-processors-differ",
        "hosts-differ",
        f"mp-2/{_PROCESSOR}:1",
        "warning",
        "The other one has a word that Java knows",
    ),
)
