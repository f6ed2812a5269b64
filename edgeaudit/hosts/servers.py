"""The servers of an nginx configuration, and what is in effect in each.

Which of several values holds was learnt of nginx 1.22 itself: `ssl_protocols` adds up within a
block, other directives must not be repeated there; a server has those of `http` where it has none;
of all servers on a socket the first one, or the one marked `default_server`, chooses the protocol
version, and each its own cipher suites and whether it wants client certificates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from edgeaudit.host import Listen, Server, Setting
from edgeaudit.tls.protocols import is_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edgeaudit.hosts.includes import Configuration, Placed
    from edgeaudit.hosts.nginx import Directive

_FLAGS = ("ssl_prefer_server_ciphers", "ssl_reject_handshake", "ssl")
_FILES = ("ssl_client_certificate", "ssl_trusted_certificate")
_ONCE = ("ssl_ciphers", "ssl_verify_client", *_FLAGS, *_FILES)
_LISTS = ("ssl_certificate", "ssl_certificate_key")
_KNOWN = (*_ONCE, *_LISTS, "ssl_protocols")
_WITHIN_SERVERS = ("location", "if", "limit_except")
_VERIFY = ("on", "off", "optional", "optional_no_ca")
_ANY = "0.0.0.0"  # noqa: S104 - read, not listened on
_ALIKE = 0.93  # but for a letter; all names that nginx itself has are less like one another
_PORT = re.compile(r"[1-9][0-9]{0,4}")


@dataclass
class _Block:
    """What a block itself says."""

    once: dict[str, Setting] = field(default_factory=dict)
    lists: dict[str, list[Setting]] = field(default_factory=dict)


def servers(found: Configuration, refuse: Callable[[str, str], None]) -> tuple[Server, ...]:
    """The servers that do HTTP, in order; `refuse` takes FILE:LINE and why nginx stops there."""
    inside = list(found.http)
    for each in found.main:
        if each.directive.name == "http":
            inside += each.block
    http = _block(inside, refuse)
    read = [
        _server(each, http, refuse)
        for each in inside
        if each.directive.name == "server" and each.directive.block is not None
    ]
    sockets = _sockets(read, refuse)
    done = tuple(_on_sockets(each, sockets) for each in read)
    if not found.gaps:
        _check_certificates(done, sockets, refuse)
    return done


def _block(inside: Iterable[Placed], refuse: Callable[[str, str], None]) -> _Block:
    block = _Block()
    for directive, where, _ in inside:
        if directive.name in _KNOWN:
            if why := _invalid(directive, block):
                refuse(where, why)
            if directive.args:
                _add(block, directive, where)
        elif directive.name.startswith("ssl_") and get_close_matches(
            directive.name, _KNOWN, 1, _ALIKE
        ):
            refuse(where, f'unknown directive "{directive.name}"')
    return block


def _misplaced(inside: Iterable[Placed]) -> Iterator[Placed]:
    """What may stand in a server itself, and not within its locations."""
    for each in inside:
        if each.directive.name in _WITHIN_SERVERS:
            yield from (one for one in each.block if one.directive.name in _KNOWN)
            yield from _misplaced(each.block)


def _invalid(directive: Directive, block: _Block) -> str | None:
    """Why nginx refuses it, if it does."""
    name, args = directive.name, directive.args
    if directive.block is not None:
        return f'directive "{name}" is not terminated by ";"'
    if not args or (len(args) > 1 and name != "ssl_protocols"):
        return f'invalid number of arguments in "{name}" directive'
    if name in block.once and name != "ssl_protocols":
        return f'"{name}" directive is duplicate'
    return _invalid_value(name, args)


def _invalid_value(name: str, args: tuple[str, ...]) -> str | None:
    if name == "ssl_protocols":
        unknown = [each for each in args if not is_known(each, "openssl")]
        return f'invalid value "{unknown[0]}"' if unknown else None
    if name == "ssl_verify_client" and args[0].lower() not in _VERIFY:
        return f'invalid value "{args[0]}"'
    if name in _FLAGS and args[0].lower() not in ("on", "off"):
        return f'invalid value "{args[0]}" in "{name}" directive, it must be "on" or "off"'
    return None


def _add(block: _Block, directive: Directive, where: str) -> None:
    """Take it down, of what nginx refuses the first one."""
    name, args = directive.name, directive.args
    if name in _LISTS:
        block.lists.setdefault(name, []).append(Setting(name, args[0], where))
    elif name == "ssl_protocols":
        _add_protocols(block, args, where)
    else:
        value = args[0] if name in ("ssl_ciphers", *_FILES) else args[0].lower()
        block.once.setdefault(name, Setting(name, value, where))


def _add_protocols(block: _Block, args: tuple[str, ...], where: str) -> None:
    before = block.once.get("ssl_protocols")
    names = (*(before.value.split() if before else ()), *args)
    first = before.where if before else where
    block.once["ssl_protocols"] = Setting("ssl_protocols", " ".join(dict.fromkeys(names)), first)


def _server(each: Placed, http: _Block, refuse: Callable[[str, str], None]) -> Server:
    own = _block(each.block, refuse)
    for one in _misplaced(each.block):
        refuse(one.where, f'"{one.directive.name}" directive is not allowed here')
    settings = {
        name: _over(own.once.get(name), http.once.get(name))
        for name in sorted({*own.once, *http.once})
    }
    certificates = [
        setting for name in _LISTS for setting in own.lists.get(name, http.lists.get(name, ()))
    ]
    names = [
        name
        for one in each.block
        if one.directive.name == "server_name"
        for name in one.directive.args
    ]
    return Server(
        where=each.where,
        names=tuple(name.lower() for name in names if name),
        listens=tuple(_listens(each, refuse)),
        settings={name: setting for name, setting in settings.items() if setting},
        certificates=tuple(certificates),
    )


def _over(own: Setting | None, http: Setting | None) -> Setting | None:
    if own and http:
        return replace(own, beneath=(http,))
    return own or http


def _listens(server: Placed, refuse: Callable[[str, str], None]) -> Iterator[Listen]:
    seen: set[str] = set()
    given = [each for each in server.block if each.directive.name == "listen"]
    for each in given:
        args = each.directive.args
        address = _address(args[0]) if args else None
        if address is None:
            told = f'invalid port in "{args[0]}" of the' if args else "no address in the"
            refuse(each.where, f'{told} "listen" directive')
        elif address in seen:
            refuse(each.where, f"a duplicate listen {_in_full(address)}")
        else:
            seen.add(address)
            is_default = not {"default_server", "default"}.isdisjoint(args[1:])
            yield Listen(address, each.where, is_default, "ssl" in args[1:])
    if not given:
        yield Listen("*:80", server.where)


def _address(text: str) -> str | None:
    """As nginx has it: an address and a port; None for a port that is none."""
    if text.startswith("unix:"):
        return text
    if text.isdecimal():
        host, port = "*", text
    elif text.startswith("["):
        host, _, rest = text.partition("]")
        host, port = f"{host}]", rest.lstrip(":") or "80"
    else:
        host, _, port = text.partition(":")
        host, port = host.replace(_ANY, "*"), port or "80"
    return f"{host}:{port}" if _PORT.fullmatch(port) and int(port) < 65536 else None


def _in_full(address: str) -> str:
    return address.replace("*", _ANY)


def _sockets(
    read: list[Server], refuse: Callable[[str, str], None]
) -> dict[str, tuple[Server, list[Server], bool]]:
    """By address the server that is its default, all of them, and whether it does TLS."""
    on: dict[str, list[tuple[Server, Listen]]] = {}
    for server in read:
        for listen in server.listens:
            on.setdefault(listen.address, []).append((server, listen))
    found = {}
    for address, both in on.items():
        marked = [server for server, listen in both if listen.is_default]
        for listen in [listen for _, listen in both if listen.is_default][1:]:
            refuse(listen.where, f"a duplicate default server for {_in_full(address)}")
        default = (marked or [server for server, _ in both])[0]
        # the old directive `ssl on` speaks for all sockets of its server
        has_ssl = any(listen.has_ssl or server.value("ssl") == "on" for server, listen in both)
        found[address] = default, [server for server, _ in both], has_ssl
    return found


def _on_sockets(server: Server, sockets: dict[str, tuple[Server, list[Server], bool]]) -> Server:
    tls = [each.address for each in server.listens if sockets[each.address][2]]
    chosen = [sockets[address][0].settings.get("ssl_protocols") for address in tls]
    protocols = {at: each for at, each in zip(tls, chosen, strict=True) if each}
    return replace(server, tls=frozenset(tls), protocols=protocols)


def _check_certificates(
    done: tuple[Server, ...],
    sockets: dict[str, tuple[Server, list[Server], bool]],
    refuse: Callable[[str, str], None],
) -> None:
    """What nginx refuses once it has read all."""
    for server in done:
        shown = [each for each in server.certificates if each.name == "ssl_certificate"]
        keys = len(server.certificates) - len(shown)
        if shown and keys < len(shown):
            named = shown[-1]
            told = f'no "ssl_certificate_key" is defined for certificate "{named.value}"'
            refuse(named.where, told)
        asks = server.settings.get("ssl_verify_client")
        is_bare = "ssl_client_certificate" not in server.settings
        if shown and asks and asks.value in ("on", "optional") and is_bare:
            refuse(asks.where, "no ssl_client_certificate for ssl_verify_client")
    for default, others, has_ssl in sockets.values():
        lacking = [each for each in (default, *others) if has_ssl and _lacks_certificate(each)]
        if lacking and (lacking[0] is default or not _has_certificate(default)):
            told = 'no "ssl_certificate" is defined for the "listen ... ssl" directive'
            refuse(lacking[0].where, told)


def _has_certificate(server: Server) -> bool:
    return any(each.name == "ssl_certificate" for each in server.certificates)


def _lacks_certificate(server: Server) -> bool:
    return not _has_certificate(server) and server.value("ssl_reject_handshake") != "on"
