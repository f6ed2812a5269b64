"""What is in effect on Routers and Message Processors: for a person, and as JSON."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.shut_out import shut_out
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports import table as findings_table
from edgeaudit.reports.json import finding_data, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.audit.report import Report
    from edgeaudit.host import Host, Server, Setting, StoreFile

_INDENT = "  "


def table(hosts: Sequence[Host], report: Report, width: int) -> str:
    """Each host with what is in effect and which line says so; then findings and gaps."""
    told = [line for host in hosts for line in (*_host(host, width), "")]
    of = counted(len(hosts), "host")
    return "\n".join([*told, findings_table.render(report, width=width, of=of)])


def as_json(hosts: Sequence[Host], report: Report, width: int) -> str:
    """As `docs/hosts.schema.json` describes it."""
    data = {
        "schema": "edgeaudit/hosts/1",
        "hosts": [_host_data(each) for each in hosts],
        "findings": [finding_data(each) for each in report.findings],
        "gaps": [each.as_data() for each in report.gaps],
    }
    return json.dumps(data, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Host], Report, int], str]] = {
    "table": table,
    "json": as_json,
}


def _host(host: Host, width: int) -> Iterator[str]:
    yield printable(f"{host.title} ({host.where})")
    for name, setting in host.settings.items():
        yield from _setting(name, setting, width, _INDENT)
    if host.java_at:
        yield from _setting("Java", host.java_at, width, _INDENT)
    for server in host.servers:
        yield from _server(server, width)
    for store in host.stores:
        yield from _store(store, width)
    for path in host.idle:
        yield from _wrapped(f"included by nothing: {path}", width, _INDENT)
    if not (host.settings or host.servers or host.java_at):
        yield f"{_INDENT}nothing of TLS is set: Edge's defaults hold"


def _server(server: Server, width: int) -> Iterator[str]:
    sockets = [
        f"{each.address}{' (TLS)' if each.address in server.tls else ''}" for each in server.listens
    ]
    names = ", ".join(server.names) or "without a name"
    yield from _wrapped(f"server {names} on {', '.join(sockets)}  {server.where}", width, _INDENT)
    if not server.tls:
        return
    holding = server.protocols_on()
    for setting in holding:
        sockets = [at for at, each in server.protocols.items() if each.where == setting.where]
        on = f" on {', '.join(sockets)}" if len(holding) > 1 else ""
        yield from _setting(f"ssl_protocols{on}", setting, width, _INDENT * 2)
    for name, setting in server.settings.items():
        if name != "ssl_protocols":
            yield from _setting(name, setting, width, _INDENT * 2)
        elif setting.where not in {each.where for each in holding}:
            told = f"without effect, as another server of the socket comes first: {name}"
            yield from _setting(told, setting, width, _INDENT * 2)
    for setting in server.certificates:
        yield from _setting(setting.name, setting, width, _INDENT * 2)
    if titles := shut_out(server):
        yield from _wrapped(f"shuts out: {', '.join(titles)}", width, _INDENT * 2)


def _setting(name: str, setting: Setting, width: int, indent: str) -> Iterator[str]:
    yield from _wrapped(f"{name} = {setting.value}  {setting.where}", width, indent)
    for each in setting.beneath:
        yield from _wrapped(f"over {each.value}  {each.where}", width, indent + _INDENT)


def _store(store: StoreFile, width: int) -> Iterator[str]:
    yield from _wrapped(f"store {store.where}, named in {store.named_by.where}", width, _INDENT)
    for entry in store.entries:
        for each in entry.certificates:
            alias = f"{entry.name}: " if entry.name else ""
            told = f"{alias}{each.subject}, until {each.not_after:%Y-%m-%d}"
            yield from _wrapped(told, width, _INDENT * 2)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent + _INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _host_data(host: Host) -> dict[str, Any]:
    return {
        "kind": host.kind,
        "name": host.name,
        "where": host.where,
        "settings": {name: _setting_data(each) for name, each in host.settings.items()},
        "sni": host.sni,
        "java": host.java_at and {"major": host.java, **_setting_data(host.java_at)},
        "servers": [_server_data(each) for each in host.servers],
        "stores": [_store_data(each) for each in host.stores],
        "idle": list(host.idle),
    }


def _setting_data(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "value": setting.value,
        "where": setting.where,
        "over": [_setting_data(each) for each in setting.beneath],
    }


def _server_data(server: Server) -> dict[str, Any]:
    return {
        "where": server.where,
        "names": list(server.names),
        "listens": [
            {"address": each.address, "where": each.where, "tls": each.address in server.tls}
            for each in server.listens
        ],
        "protocols": {at: _setting_data(each) for at, each in server.protocols.items()},
        "settings": {
            name: _setting_data(each)
            for name, each in server.settings.items()
            if name != "ssl_protocols"
        },
        "certificates": [_setting_data(each) for each in server.certificates],
        "shuts_out": shut_out(server),
    }


def _store_data(store: StoreFile) -> dict[str, Any]:
    return {
        "where": store.where,
        "named_by": store.named_by.where,
        "entries": [
            {
                "name": entry.name,
                "has_key": entry.has_key,
                "certificates": [identity(each) for each in entry.certificates],
            }
            for entry in store.entries
        ],
    }
