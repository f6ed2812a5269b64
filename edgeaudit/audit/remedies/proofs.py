"""Commands that prove it: of the new files before they are uploaded, of the handshake after."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeaudit.audit.address import address
from edgeaudit.audit.remedies.shell import says
from edgeaudit.audit.remedies.site import MOST
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.hostname import bare_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.address import Address
    from edgeaudit.inventory import Endpoint

_HOST = re.compile(r"[a-z0-9*_][a-z0-9._-]*", re.ASCII)
_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*", re.ASCII)
_OWN_ROOTS = '${ROOTS:+-CAfile "$ROOTS"}'


def new_chain(hosts: Iterable[str] = (), number: int = 1) -> Iterator[str]:
    """That new-chain.pem leads to a root, speaks for the hosts, and has the key of new-key.pem."""
    suffix = f"-{number}" if number > 1 else ""
    chain, key = f"new-chain{suffix}.pem", f"new-key{suffix}.pem"
    yield says("If no public CA issued it, ROOTS names the file of your own roots.")
    for check in list(filter(None, map(_name_check, ordered(hosts))))[:MOST] or [""]:
        yield f"openssl verify {_OWN_ROOTS} {check}-untrusted {chain} {chain}"
    public = f"openssl x509 -in {chain} -noout -pubkey"
    fits = f'[ "$(openssl pkey -in {key} -pubout)" = "$({public})" ]'
    yield f"{fits} || {{ echo '{key} is not the key of {chain}' >&2; false; }}"


def ordered(hosts: Iterable[str]) -> list[str]:
    """Host aliases without their ports, each once, addresses last: in any order they mean one."""
    return sorted({*map(bare_host, hosts)}, key=lambda host: (bool(_ADDRESS.fullmatch(host)), host))


def _name_check(host: str) -> str:
    if _ADDRESS.fullmatch(host):
        return f"-verify_ip {host} "
    return f"-verify_hostname '{host}' " if _HOST.fullmatch(host) else ""


def new_clients_ca() -> Iterator[str]:
    """That new-ca.pem is enough for one of the clients."""
    yield says("client-chain.pem: the certificate of one of the clients, and its issuers.")
    yield "openssl verify -CAfile new-ca.pem -untrusted client-chain.pem client-chain.pem"


def hosts_handshake(hosts: Sequence[VirtualHost], options: str = "") -> Iterator[str]:
    """That clients are shown a good certificate, for one name of each virtual host."""
    for host in hosts[:MOST]:
        name = next(filter(_HOST.fullmatch, ordered(host.host_aliases)), None)
        if name is None or host.port is None or not (host.tls and host.tls.enabled):
            continue
        shown = name.replace("*", "any", 1)
        named = f"{_server_name(shown)} {_name_check(shown).rstrip()}"
        yield (
            f"openssl s_client -connect {shown}:{host.port} {named} {_OWN_ROOTS}"
            f" -verify_return_error{options} </dev/null"
        )


def backends_handshake(targets: Sequence[Endpoint], options: str) -> Iterator[str]:
    """That backends shake hands, asked from a Message Processor."""
    addresses = list(filter(None, dict.fromkeys(map(_address, targets[: MOST * MOST]))))[:MOST]
    if addresses:
        yield says("From a Message Processor:")
    for host, port in addresses:
        yield f"openssl s_client -connect {host}:{port} {_server_name(host)}{options} </dev/null"


def _server_name(host: str) -> str:
    # an address is no server name (RFC 6066, 3)
    return "-noservername" if _ADDRESS.fullmatch(host) else f"-servername {host}"


def handshakes(endpoints: Sequence[Endpoint], options: str) -> Iterator[str]:
    """Both, with `options` for the backends."""
    hosts = [each for each in endpoints if isinstance(each, VirtualHost)]
    yield from hosts_handshake(hosts)
    yield from backends_handshake([each for each in endpoints if each not in hosts], options)


def _address(target: Endpoint) -> Address | None:
    """What is safe to stand in a command."""
    found = None if isinstance(target, VirtualHost) else address(target)
    return found if found and _HOST.fullmatch(found[0]) else None
