"""The Message Processors as clients of backends: what each offers them, and by which Java."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from edgeaudit.audit.offer import Offer, offer
from edgeaudit.host import Setting
from edgeaudit.tls import java, protocols
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_anchor import anchor_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.host import Host
    from edgeaudit.inventory import Endpoint, Told
    from edgeaudit.tls.java import JavaOffer
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release

_OF_HTTPS, _OF_JVM = "https.protocols", "jdk.tls.client.protocols"
PROTOCOLS = (_OF_HTTPS, _OF_JVM)
SNI = "jsse.enableSNIExtension"
DISABLED, DISABLED_IN_PATHS = "jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms"


@dataclass(frozen=True)
class MessageProcessor:
    """What is known of one, or of all where no file of any was read: then it has no `host`.

    `host` is its title, `java` the major version of its Java. `protocols`, `disabled` and
    `disabled_in_paths` are its settings for targets that name no protocols, of TLS and of paths;
    `of_jvm` is jdk.tls.client.protocols, whichever holds. `ciphers` are what the configuration
    tells for targets that name none; what it tells is at no place.
    """

    java: int | None
    sni: bool | None = None
    host: str | None = None
    protocols: Setting | None = None
    disabled: Setting | None = None
    disabled_in_paths: Setting | None = None
    of_jvm: Setting | None = None
    sni_at: Setting | None = None
    ciphers: tuple[str, ...] = ()

    @property
    def engine(self) -> str:
        """`Java 8`, or `Java` where its release is not known."""
        return "Java" if self.java is None else f"Java {self.java}"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Those of the versions in `protocols`; none where nothing is set."""
        return listed(self.protocols) if self.protocols else ()

    @cached_property
    def release(self) -> Release | None:
        """Its Java, with what it disables in certificate paths; None where it is not known."""
        known = RELEASES.get(self.java or 0)
        in_paths, in_tls = map(_value, (self.disabled_in_paths, self.disabled))
        return known and known.disabling(in_paths, in_tls)

    def anchor_refusal(self, certificate: Certificate) -> str | None:
        """Why its Java accepts nothing that the CA issued; None if it may.

        Where its release is not known, what every release would say.
        """
        releases = RELEASES.values() if self.java is None else filter(None, [self.release])
        told = None
        for each in releases:
            if (told := anchor_refusal(certificate, each)) is None:
                return None  # nearly always the first one accepts it
        return told

    def offer(self, target: Endpoint) -> Offer:
        """What a handshake with the target can be made of."""
        own = offer(target, self.java)
        return _as_set(own, self) if self.host or self.protocols or self.ciphers else own

    def lines_of(self, target: Endpoint | None) -> list[str]:
        """The lines of its files that have a say in what it offers the target."""
        found = self.offer(target) if target else None
        lines = (found.protocols_at, found.disabled_at) if found else ()
        return [each for each in lines if each]


def _value(setting: Setting | None) -> str | None:
    return setting.value if setting else None


@lru_cache(maxsize=1024)  # many targets are set alike
def _as_set(own: Offer, processor: MessageProcessor) -> Offer:
    named, disabled, of_jvm = processor.protocols, processor.disabled, processor.of_jvm
    as_set = replace(
        own,
        ciphers=own.ciphers or processor.ciphers,
        host=processor.host,
        disabled=_value(disabled),
        disabled_at=disabled.where if disabled else None,
        of_jvm=listed(of_jvm) if of_jvm else (),
        of_jvm_at=of_jvm.where if of_jvm else None,
    )
    if own.protocols or own.is_open or named is None:
        return as_set
    return replace(as_set, protocols=processor.names, protocols_at=named.where or None)


def listed(setting: Setting) -> tuple[str, ...]:
    """The names in a setting, as Java takes it apart.

    Blanks belong to the names in https.protocols (`sun.net.www.protocol.https.HttpsClient`), and
    not in jdk.tls.client.protocols, which may be quoted (`sun.security.ssl.SSLContextImpl`).
    """
    names = setting.value.split(",")
    if setting.name.endswith(_OF_JVM):
        names = [each.strip() for each in setting.value.strip('"').split(",")]
    return tuple(each for each in names if each)


def message_processors(
    hosts: Sequence[Host], told: Told, java: int | None
) -> tuple[MessageProcessor, ...]:
    """Those among the hosts, or else the one that stands for all.

    The Java and SNI that the configuration tells come before those of the files, but the files'
    protocols before those that it tells; `java` is what the version of Edge leads to expect.
    """
    found = tuple(_of(host, told, java) for host in hosts if host.kind == "message-processor")
    return found or (_told(told, java),)


def _told(told: Told, java: int | None) -> MessageProcessor:
    named = Setting(_OF_HTTPS, ",".join(told.protocols), where="") if told.protocols else None
    return MessageProcessor(java, told.sni, protocols=named, ciphers=told.ciphers)


def _of(host: Host, told: Told, java: int | None) -> MessageProcessor:
    known = next((each for each in (told.java, host.java, java) if each is not None), None)
    settings = host.settings
    named = (settings.get(name) for name in PROTOCOLS)
    return MessageProcessor(
        known,
        host.sni if told.sni is None else told.sni,
        host.title,
        next((each for each in named if each and listed(each)), None),
        settings.get(DISABLED),
        settings.get(DISABLED_IN_PATHS),
        settings.get(_OF_JVM),
        settings.get(SNI),
    )


def java_offer(offer: Offer, edge_version: str | None) -> JavaOffer | None:
    """The most that it may offer a backend for which `offer` is set; None where it is not known.

    Where no protocols are set, they are those that this version of Edge enables. Which algorithms
    its java.security disables differs by update: where its files do not tell, as few as that may
    be. None too where Java does not even begin: unknown-protocol and unknown-cipher say so.
    """
    names = offer.protocols or _defaults(edge_version)
    if offer.java not in RELEASES or offer.is_open or not names:
        return None
    disabled = java.DISABLED_AT_LEAST[offer.java] if offer.disabled is None else offer.disabled
    offered = java.java_offer(
        offer.java, names, offer.ciphers, disabled=disabled, of_jvm=offer.of_jvm
    )
    return None if offered.refusal else offered


def _defaults(edge_version: str | None) -> tuple[str, ...]:
    versions = protocols.default_versions(edge_version) if edge_version else ()
    return tuple(each.spelling for each in versions)
