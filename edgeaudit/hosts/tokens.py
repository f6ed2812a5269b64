"""The settings of Router and Message Processor in Edge's .properties files, and in Java's.

Customers override the installer, and that the component's own files (Edge: "How to configure
Edge"). A token `conf_system_https.protocols` is `https.protocols` in the component's
conf/system.properties, and so is `conf/system.properties+https.protocols`, Edge's other way of
writing it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError
from edgeaudit.host import Setting
from edgeaudit.hosts.includes import text_of
from edgeaudit.hosts.properties import properties
from edgeaudit.inventory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.host import HostKind
    from edgeaudit.hosts.layout import Place

_JAVA_SECURITY = "java.security"
_ROUTER = "load.balancing.driver.server.ssl."
_STORE = ("keystore.type", "keystore.path", "keystore.password", "keyalias")
_SSL = tuple(f"local.http.ssl.{each}" for each in _STORE)
_JVM = ("jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms")
_SIDES = ("keyStore", "keyStorePassword", "keyStoreType")
_JSSE = tuple(
    f"javax.net.ssl.{each}"
    for each in (*_SIDES, "trustStore", "trustStorePassword", "trustStoreType")
)

# the settings of TLS, by the component's file without .properties
KNOWN: dict[HostKind, dict[str, tuple[str, ...]]] = {
    "router": {"load_balancing": (f"{_ROUTER}protocols", f"{_ROUTER}ciphers")},
    "message-processor": {
        "system": (
            "jsse.enableSNIExtension",
            "https.protocols",
            "https.cipherSuites",
            "jdk.tls.client.protocols",
            *_JSSE,
        ),
        "jvmsecurity": _JVM,
        "message-processor-communication": ("local.http.ssl", "local.http.port", *_SSL),
    },
}
_FILE_OF: dict[str, HostKind] = {
    "router": "router",
    "message-processor": "message-processor",
    "edge-router": "router",
    "edge-message-processor": "message-processor",
}
_COMPONENT = re.compile(r"edge-(router|message-processor)(?=[-./]|$)")
_RELEASE = re.compile(r'^JAVA_VERSION="?([0-9][^"\s]*)"?\s*$', re.MULTILINE)


class _Given(NamedTuple):
    """A setting and its rank: the highest holds."""

    rank: tuple[int, int]
    name: str
    setting: Setting


def settings(place: Place, kind: HostKind, gaps: list[Gap]) -> dict[str, Setting]:
    """What the host's files say of its TLS, by name; of what is given twice what holds."""
    given: dict[str, list[_Given]] = {}
    for path in sorted(place.paths):
        for each in _given(place, path, kind, gaps):
            given.setdefault(each.name, []).append(each)
    return {name: _holding(each) for name, each in sorted(given.items())}


def kinds(place: Place) -> set[HostKind]:
    """What a host is, by the .properties files that are there."""
    found = (kind for path in place.paths if (kind := _kind_of(place, path)))
    return set(found)


def java(place: Place, gaps: list[Gap]) -> Setting | None:
    """The version in the file `release` of the Java that lies there.

    None where there is none, or there are several that differ, which is a gap.
    """
    found = []
    for path in sorted(place.paths):
        if PurePosixPath(path).name == "release":
            text = _release(place, path, gaps)
            if match := _RELEASE.search(text):
                line = text.count("\n", 0, match.start()) + 1
                where = f"{place.tree.place(path)}:{line}"
                found.append(Setting("JAVA_VERSION", match[1], where))
    if len({major(each.value) for each in found}) > 1:
        told = ", ".join(f"{each.value} ({each.where})" for each in found)
        where = place.tree.place(place.root)
        gaps.append(Gap(where, "not_found", f"which Java runs there is not known: {told}"))
        return None
    return found[0] if found else None


def _release(place: Place, path: str, gaps: list[Gap]) -> str:
    try:
        return place.tree.read(path)[:65536].decode("utf-8", "replace")
    except InputError as error:
        gaps.append(Gap(place.tree.place(path), "unparsable", error.message, error.hint))
        return ""


def major(version: str) -> int:
    """8 for `1.8.0_372`, 17 for `17.0.15`."""
    return int(re.split(r"\D", version.removeprefix("1."))[0])


def _kind_of(place: Place, path: str) -> HostKind | None:
    name = _file(place, path)
    if name.endswith(".properties") and (kind := _FILE_OF.get(name[: -len(".properties")])):
        return kind
    component = _COMPONENT.search(_whole(place, path))
    if component and name.endswith(".properties"):
        return _FILE_OF[component[1]]
    return None


def _file(place: Place, path: str) -> str:
    return PurePosixPath(path or place.tree.where).name


def _whole(place: Place, path: str) -> str:
    return (PurePosixPath(place.tree.where) / path).as_posix()


def _given(place: Place, path: str, kind: HostKind, gaps: list[Gap]) -> Iterator[_Given]:
    """What a file says to that kind of host."""
    name, where = _file(place, path), place.tree.place(path)
    is_security = name == _JAVA_SECURITY
    if is_security and kind != "message-processor":
        return
    if not is_security and _kind_of(place, path) != kind:
        return
    rank, own = _rank(_whole(place, path)), name.removesuffix(".properties")
    try:
        text = text_of(place.tree.read(path), where).encode("utf-8", "surrogateescape")
        for key, value, line in properties(text.decode("latin-1")):
            if found := _meant(key, own, kind):
                setting = Setting(key, value.strip(), f"{where}:{line}")
                yield _Given((rank, found[0]), found[1], setting)
    except InputError as error:
        told = error.message if where in error.message else f"{where}, {error.message}"
        gaps.append(Gap(where, "unparsable", told, error.hint))


def _meant(key: str, file: str, kind: HostKind) -> tuple[int, str] | None:
    """The setting that a key stands for; the form with `+` comes over the other."""
    for component, names in KNOWN[kind].items():
        for name in names:
            if key == f"conf/{component}.properties+{name}":
                return 2, name
            if key == f"conf_{component}_{name}":
                return 1, name
            if key == name and file in (component, _JAVA_SECURITY):
                return 0, name
    return None


def _rank(path: str) -> int:
    """Whose file it is: the customer's, the installer's, a default of Edge's, or one made of
    these when the component last started; java.security comes last."""
    if path.endswith(f"/{_JAVA_SECURITY}"):
        return 0
    if "customer/" in path:
        return 4
    if "token/application/" in path:
        return 3
    return 2 if "/token/" in path else 1 if "/conf/" in path else 4


def _holding(given: list[_Given]) -> Setting:
    """The setting of the highest rank; of equal ones the last, as in Java's Properties."""
    ranked = sorted(given, key=lambda each: each.rank)  # stable
    best, *beneath = [each.setting for each in reversed(ranked)]
    return replace(best, beneath=tuple(beneath))
