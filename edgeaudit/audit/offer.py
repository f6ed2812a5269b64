"""What an endpoint's settings let a handshake be made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import is_dynamic
from edgeaudit.inventory import VirtualHost
from edgeaudit.tls import ciphers, protocols
from edgeaudit.tls.cipher_string import DEFAULTS_OF_1_3, expand
from edgeaudit.tls.cipher_words import known_to
from edgeaudit.tls.java import DISABLED_AT_LEAST, java_offer
from edgeaudit.tls.nginx import words
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.inventory import Endpoint
    from edgeaudit.tls.cipher_words import Generation
    from edgeaudit.tls.ciphers import Suite
    from edgeaudit.tls.protocols import Dialect


_LIBRARIES: dict[Generation, str] = {"1.0.2": "OpenSSL 1.0.2", "1.1": "OpenSSL 1.1 to 3.x"}


@dataclass(frozen=True)
class Offer:
    """The protocols and suites that an endpoint's effective settings name, as written there.

    Nothing where they are not set. `dialect` tells whose names they should be; `ciphers` is one
    cipher string where that is OpenSSL's. `java` is the Message Processors' major version, if it
    is known. `is_open` tells that a flow variable stands for one of them. `host` is the title of
    the Router or Message Processor of which it holds, where the files of one were read: where they
    stand there, `protocols_at` and `ciphers_at` are the places, FILE:LINE; `disabled` is its
    jdk.tls.disabledAlgorithms, `disabled_at` where that stands, `of_jvm` the versions of its
    jdk.tls.client.protocols, and `of_jvm_at` where those do.
    """

    dialect: Dialect
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]
    java: int | None = None
    is_open: bool = False
    host: str | None = None
    protocols_at: str | None = None
    ciphers_at: str | None = None
    disabled: str | None = None
    disabled_at: str | None = None
    of_jvm: tuple[str, ...] = ()
    of_jvm_at: str | None = None

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The versions that are named; where none is set, those that its ciphers speak of.

        That is all in Java. A cipher string speaks of TLS 1.2 and before: whatever Edge's default,
        a client that has nothing newer must find a suite there.
        """
        if not self.protocols:
            newest = Version.TLSV1_3 if self.dialect == "java" else Version.TLSV1_2
            return tuple(each for each in Version if each <= newest)
        found = (protocols.version(name, self.dialect, self.java) for name in self.protocols)
        return tuple(version for version in found if version is not None)

    @cached_property
    def unknown_protocols(self) -> list[str]:
        """The names that the dialect does not have."""
        return [
            name for name in self.protocols if not protocols.is_known(name, self.dialect, self.java)
        ]

    @cached_property
    def unknown_ciphers(self) -> list[str]:
        """The names that Java does not have, or the parts that OpenSSL cannot read."""
        if self.dialect == "openssl":
            return [part for text in self.ciphers for part in expand(text).unknown]
        return [name for name in self.ciphers if not ciphers.is_known(name, "java", self.java)]

    def suites(self) -> dict[str, tuple[Suite, ...]]:
        """The suites that are named, by the library that reads them; all where none is set.

        An OpenSSL whose string leaves nothing has none; where something is left, it has those of
        TLS 1.3 besides.
        """
        if self.dialect == "java":
            found = (ciphers.suite(name, "java", self.java) for name in self.ciphers)
            named = tuple(each for each in found if each)
            return {"Java": named if self.ciphers else ciphers.suites()}
        return {name: self._of_openssl(each) for each, name in _LIBRARIES.items()}

    @cached_property
    def refusal(self) -> str | None:
        """What Java says before it begins, as every update of that release does; None if not all.

        None too where its release is not known, or no protocols are.
        """
        if self.dialect != "java" or self.java not in DISABLED_AT_LEAST:
            return None
        disabled = DISABLED_AT_LEAST[self.java] if self.disabled is None else self.disabled
        of_jvm = self.of_jvm
        return java_offer(
            self.java, self.protocols, self.ciphers, disabled=disabled, of_jvm=of_jvm
        ).refusal

    @property
    def refused_by(self) -> str | None:
        """The line of the host's files for which Java does not begin, if it is one of them."""
        if self.refusal is None:
            return None
        is_of_jvm = self.of_jvm and replace(self, of_jvm=()).refusal is None
        return self.of_jvm_at if is_of_jvm else self.disabled_at

    def _of_openssl(self, generation: Generation) -> tuple[Suite, ...]:
        if not self.ciphers:
            return tuple(known_to(generation))
        of_1_3 = [each for each in known_to(generation) if each.name in DEFAULTS_OF_1_3]
        left = expand(self.ciphers[0], generation).suites
        return (*left, *of_1_3) if left else ()


def offer(endpoint: Endpoint, java: int | None = None) -> Offer:
    """What the endpoint's effective settings say.

    Northbound these are the properties `ssl_protocols` and `ssl_ciphers`, in nginx's syntax (Edge:
    "Virtual host property reference"); `sSLInfo` has had no say there since 4.15.07. Southbound
    they are those of `SSLInfo`, in Java's names.
    """
    if isinstance(endpoint, VirtualHost):
        properties = endpoint.properties
        return _northbound(properties.get("ssl_protocols", ""), properties.get("ssl_ciphers", ""))
    tls = endpoint.tls
    return _southbound(tls.protocols, tls.ciphers, java) if tls else Offer("java", (), (), java)


# many endpoints are set alike


@lru_cache(maxsize=1024)
def _northbound(protocols: str, ciphers: str) -> Offer:
    text = ":".join(words(ciphers))
    # PROFILE=SYSTEM: Red Hat's OpenSSL then asks the system's policy, which nobody tells us
    named = (text,) if text and "PROFILE=" not in text else ()
    return Offer("openssl", words(protocols), named)


@lru_cache(maxsize=1024)
def _southbound(protocols: tuple[str, ...], ciphers: tuple[str, ...], java: int | None) -> Offer:
    return Offer(
        "java",
        tuple(name for name in protocols if not is_dynamic(name)),
        tuple(name for name in ciphers if not is_dynamic(name)),
        java,
        is_open=any(map(is_dynamic, (*protocols, *ciphers))),
    )
