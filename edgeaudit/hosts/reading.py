"""From files to hosts: what is in effect on each Router and Message Processor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from edgeaudit.errors import InputError
from edgeaudit.host import Host, Server, Setting, StoreFile
from edgeaudit.hosts.files import file_place, trees
from edgeaudit.hosts.includes import configuration
from edgeaudit.hosts.layout import named_file, places
from edgeaudit.hosts.servers import servers
from edgeaudit.hosts.tokens import java, kinds, major, settings
from edgeaudit.inventory import Gap
from edgeaudit.x509 import jks
from edgeaudit.x509.stores import form, read_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from edgeaudit.host import HostKind
    from edgeaudit.hosts.layout import Place

T = TypeVar("T")

_STORES = {
    "local.http.ssl.keystore.path": "local.http.ssl.keystore.password",
    "javax.net.ssl.keyStore": "javax.net.ssl.keyStorePassword",
    "javax.net.ssl.trustStore": "javax.net.ssl.trustStorePassword",
}
_NGINX_FILES = ("ssl_certificate", "ssl_client_certificate", "ssl_trusted_certificate")
_NGINX_HINT = "nginx keeps to the configuration that it had; `nginx -t` on the host tells of it"
_OBFUSCATED = "OBF:"


class Given(NamedTuple):
    """A path to read, and the name of its host, where that is given."""

    path: Path
    name: str | None = None


@dataclass(frozen=True)
class HostFiles:
    """The hosts whose files were read, and what could not be read."""

    hosts: tuple[Host, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def java(self) -> int | None:
        """The major version of the Message Processors' Java; None where they differ, or none is
        known."""
        return _common(each.java for each in self.hosts)

    @property
    def sni(self) -> bool | None:
        """Whether the Message Processors send server names; None likewise."""
        return _common(each.sni for each in self.hosts if each.kind == "message-processor")


def _common(values: Iterable[T | None]) -> T | None:
    known = {value for value in values if value is not None}
    return known.pop() if len(known) == 1 else None


def read_hosts(
    given: Iterable[Given], password: Callable[[str], str | None] = lambda _: None
) -> HostFiles:
    """The hosts of folders, files, and archives of them (tar, gzip or not); nothing is unpacked.

    What was given in several paths of one host is one.
    `password` is asked with the place of a store for its password, where no setting tells it.
    What cannot be read is a gap, and the rest is read all the same.
    """
    hosts: dict[tuple[str, HostKind], Host] = {}
    gaps: list[Gap] = []
    for each in given:
        for key, host in _of_path(each, gaps, password):
            hosts[key] = _joined(hosts[key], host) if key in hosts else host
    return HostFiles(tuple(hosts.values()), tuple(dict.fromkeys(gaps)))


def _of_path(
    given: Given, gaps: list[Gap], password: Callable[[str], str | None]
) -> list[tuple[tuple[str, HostKind], Host]]:
    """The hosts of a path, each with what it is known by; a gap where there is nothing at all."""
    path, name = given
    found, known = [], len(gaps)
    try:
        for tree in trees(path):
            for place in places(tree, name):
                hosts = _hosts(place, gaps, password)
                found += [((name or place.base, host.kind), host) for host in hosts]
            gaps += tree.gaps
    except InputError as error:
        gaps.append(Gap(file_place(str(path)), "not_found", error.message, error.hint))
    if not found and len(gaps) == known:
        gaps.append(_nothing_of_use(file_place(str(path))))
    return found


def _joined(one: Host, other: Host) -> Host:
    return replace(
        one,
        has_properties=one.has_properties or other.has_properties,
        settings={**other.settings, **one.settings},
        servers=(*one.servers, *other.servers),
        stores=(*one.stores, *other.stores),
        java=one.java if one.java_at else other.java,
        java_at=one.java_at or other.java_at,
        idle=(*one.idle, *other.idle),
        is_whole=one.is_whole and other.is_whole,
    )


def _hosts(place: Place, gaps: list[Gap], password: Callable[[str], str | None]) -> Iterator[Host]:
    found = kinds(place)
    nginx = configuration(place)
    if nginx:
        found.add("router")
    if not found and any(PurePosixPath(path).name == "java.security" for path in place.paths):
        found.add("message-processor")
    for kind in sorted(found, reverse=True):
        yield _host(place, kind, gaps, password)
    if not found and place.paths:
        gaps.append(_nothing_of_use(place.tree.place(place.root)))


def _nothing_of_use(where: str) -> Gap:
    told = f"{where} holds no file of a Router or Message Processor"
    hint = "a host's folder has opt/nginx or opt/apigee in it; of archives tar is read, and no zip"
    return Gap(where, "not_found", told, hint)


def _host(
    place: Place, kind: HostKind, gaps: list[Gap], password: Callable[[str], str | None]
) -> Host:
    nginx = configuration(place) if kind == "router" else None
    own = settings(place, kind, gaps)
    served: tuple[Server, ...] = ()
    if nginx:

        def refuse(where: str, message: str) -> None:
            told = f"nginx refuses {where}: {message}"
            gaps.append(Gap(where, "unparsable", told, _NGINX_HINT))

        served = servers(nginx, refuse)
        gaps += nginx.gaps
    version = java(place, gaps) if kind == "message-processor" else None
    host = Host(
        kind=kind,
        name=place.name,
        where=place.tree.place(place.root),
        has_properties=kind in kinds(place),
        settings={key: each for key, each in own.items() if not _is_secret(key)},
        servers=served,
        java=major(version.value) if version else None,
        java_at=version,
        idle=nginx.idle if nginx else (),
        is_whole=not (place.tree.gaps or (nginx and nginx.gaps)),
    )
    secrets = {key: each.value for key, each in own.items() if _is_secret(key)}
    return _with_stores(host, place, gaps, secrets, password)


def _with_stores(
    host: Host,
    place: Place,
    gaps: list[Gap],
    secrets: Mapping[str, str],
    ask: Callable[[str], str | None],
) -> Host:
    within = {place.within(path): path for path in place.paths}
    found = []
    for named in _naming_stores(host):
        name = named_file(named.value, within)
        if name is None:
            told = f'{named.where} names "{named.value}", which is not among the files'
            gaps.append(Gap(named.where, "not_found", told, "copy it from the host too"))
            continue
        where = place.tree.place(within[name])
        try:
            data, own = place.tree.read(within[name]), _beside(secrets, named)
            entries = read_entries(data, partial(_secret, own, ask, where))
            found.append(StoreFile(where, named, entries))
            _check_digest(data, own, named)
        except InputError as error:
            told = error.message if where in error.message else f"{where}: {error.message}"
            gaps.append(Gap(where, "unparsable", told, error.hint))
    return replace(host, stores=tuple(found))


def _naming_stores(host: Host) -> Iterator[Setting]:
    """The settings that name a file of certificates, one for each file."""
    of_nginx = (each for each in host.settings_in_effect() if each.name in _NGINX_FILES)
    of_java = (host.settings[name] for name in _STORES if name in host.settings)
    files: dict[str, Setting] = {}
    for each in (*of_nginx, *of_java):
        files.setdefault(each.value, each)
    return iter(files.values())


def _is_secret(name: str) -> bool:
    return name.lower().endswith("password")


def _check_digest(data: bytes, password: str | None, named: Setting) -> None:
    """Raise InputError for a JKS store that Java refuses, although its certificates are read."""
    if password is not None and form(data) == "JKS" and not jks.is_whole(data, password):
        told = (
            f"Java refuses it: it is damaged, or the password beside {named.where} is not its own"
        )
        raise InputError(told, "`keytool -list -keystore FILE` asks for the password")


def _secret(own: str | None, ask: Callable[[str], str | None], where: str) -> str | None:
    """The password that stands beside the store's path; else whoever can tell it is asked."""
    return ask(where) if own is None else own


def _beside(secrets: Mapping[str, str], named: Setting) -> str | None:
    """The password that stands beside the path of a store, if one does."""
    for path, password in _STORES.items():
        if named.name.endswith(path) and password in secrets:
            return deobfuscated(secrets[password])
    return None


def deobfuscated(secret: str) -> str:
    """A password as Jetty writes it with OBF: (org.eclipse.jetty.util.security.Password)."""
    if not secret.startswith(_OBFUSCATED):
        return secret
    text, found = secret[len(_OBFUSCATED) :], bytearray()
    try:
        for at in range(0, len(text), 4):
            part = text[at : at + 4]
            if part.startswith("U"):
                found.append(int(text[at + 1 : at + 5], 36) >> 8)
            else:
                first, second = divmod(int(part, 36), 256)
                found.append((first + second - 254) // 2)
    except ValueError:
        return secret
    return found.decode("utf-8", "replace")
