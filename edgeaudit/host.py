"""What is in effect on a Router or Message Processor, and which file and line says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.x509.stores import Entry

HostKind = Literal["router", "message-processor"]


@dataclass(frozen=True)
class Setting:
    """A value as a file gives it; `where` is FILE:LINE, `name` its name there.

    `beneath` are the settings that it overrides, nearest first.
    """

    name: str
    value: str
    where: str
    beneath: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Listen:
    """An address and port on which nginx listens for a server: `*:443`, `[::]:443`, `unix:/x`."""

    address: str
    where: str
    is_default: bool = False
    has_ssl: bool = False

    @property
    def port(self) -> int | None:
        """The port; None for a socket file."""
        port = self.address.rpartition(":")[2]
        return int(port) if port.isdecimal() else None


@dataclass(frozen=True)
class Server:
    """A server of nginx, as it answers on the sockets in `tls` (and in plain on the others).

    `settings` are those in effect, by directive: its own, or else those of `http`. Nothing where
    nginx's own default holds. `protocols` are the `ssl_protocols` that hold on each TLS socket:
    those of its first server, since OpenSSL chooses the version before it knows the name.
    """

    where: str
    names: tuple[str, ...] = ()
    listens: tuple[Listen, ...] = ()
    tls: frozenset[str] = frozenset()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    protocols: Mapping[str, Setting] = field(default_factory=dict)
    certificates: tuple[Setting, ...] = ()

    @cached_property
    def tls_ports(self) -> frozenset[int]:
        """The ports on which it does TLS."""
        ports = (each.port for each in self.listens if each.address in self.tls)
        return frozenset(port for port in ports if port is not None)

    def protocols_on(self, port: int | None = None) -> tuple[Setting, ...]:
        """The `ssl_protocols` that hold on a port, on any if None, each place once."""
        ports = {each.address: each.port for each in self.listens}
        found = [each for at, each in self.protocols.items() if port in (None, ports[at])]
        return tuple({each.where: each for each in found}.values())

    def in_effect(self) -> tuple[Setting, ...]:
        """All that has an effect on it."""
        others = (each for name, each in self.settings.items() if name != "ssl_protocols")
        return (*self.protocols_on(), *others, *self.certificates)

    def value(self, name: str) -> str | None:
        """What holds for a directive; None where nginx's default does."""
        found = self.settings.get(name)
        return found.value if found else None


@dataclass(frozen=True)
class StoreFile:
    """A file of certificates that a setting names, and what it holds."""

    where: str
    named_by: Setting
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Host:
    """A Router or a Message Processor, as far as its files tell.

    `where` is the folder, file or archive; `settings` are those of *.properties and java.security,
    by their names without Edge's token around them, and without passwords; `has_properties` is
    whether there are such files of Edge's. `java` is Java's major version and `java_at`
    what tells it; None where no file does, or several tell different ones. `idle` are files of
    nginx that nothing includes; `is_whole` is false where some of nginx's could not be read.
    """

    kind: HostKind
    name: str
    where: str
    has_properties: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict)
    servers: tuple[Server, ...] = ()
    stores: tuple[StoreFile, ...] = ()
    java: int | None = None
    java_at: Setting | None = None
    idle: tuple[str, ...] = ()
    is_whole: bool = True

    @property
    def direction(self) -> Literal["northbound", "southbound"]:
        """The side on which it does TLS."""
        return "northbound" if self.kind == "router" else "southbound"

    @property
    def title(self) -> str:
        """As it is told: `Router router-1`."""
        return f"{'Router' if self.kind == 'router' else 'Message Processor'} {self.name}"

    @property
    def sni(self) -> bool | None:
        """Whether a Message Processor sends server names; None where no file tells.

        Java sends them unless jsse.enableSNIExtension is `false`, in any case of letters.
        """
        found = self.settings.get("jsse.enableSNIExtension")
        return None if found is None else found.value.lower() != "false"

    def settings_in_effect(self) -> tuple[Setting, ...]:
        """All of them, each place once."""
        servers = (each for server in self.servers for each in server.in_effect())
        all_of_them = (*self.settings.values(), *servers)
        return tuple({(each.where, each.name): each for each in all_of_them}.values())
