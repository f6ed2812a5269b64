"""The documents of a bundle: endpoints and policies, from their XML.

Elements are known by their local names in lower case: the vendor's manual itself also writes
`Keystore` and `HttpTargetConnection`, and a store that is found too often is merely not called
unused, while one that is missed may be deleted.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import StoreName, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

# what a policy sends: it may look like configuration, and is none
_MESSAGES = {"payload", "template"}


class TargetBody(NamedTuple):
    """A ProxyTarget without its place: what a target endpoint or policy calls, or names.

    `folder` is `targets` or `policies`.
    """

    folder: str
    name: str
    url: str | None = None
    servers: tuple[str, ...] = ()
    tls: TlsSettings | None = None


def base_paths(root: Element) -> tuple[str, ...]:
    """The base paths of a proxy endpoint; raises BadAnswer for another document."""
    return _texts(_checked(root, "proxyendpoint").iterfind("httpproxyconnection/basepath"))


def virtual_hosts(root: Element) -> tuple[str, ...]:
    """The names of the virtual hosts of a proxy endpoint; raises BadAnswer for another document."""
    return _texts(_checked(root, "proxyendpoint").iterfind("httpproxyconnection/virtualhost"))


def targets(root: Element, folder: str, stem: str) -> tuple[TargetBody, ...]:
    """What a target endpoint or policy calls over HTTP, and the stores that it names.

    It is known by its `name` (Edge: "Attaching a policy to a ProxyEndpoint or TargetEndpoint
    Flow"), else by `stem`, its file's name. A policy with `enabled="false"` calls nothing: what it
    names stays named, and its settings are not in force. Raises BadAnswer for another document.
    """
    if folder == "targets":
        _checked(root, "targetendpoint")
    found = _found(root, TargetBody(folder, _name(root) or stem))
    if folder == "policies" and (root.get("enabled") or "").strip().lower() == "false":
        found = map(_switched_off, found)
    # a target may be local, a script, or nothing at all
    return tuple(target for target in found if target.url or target.servers or target.tls)


def _found(element: Element, around: TargetBody) -> Iterator[TargetBody]:
    """What `element` and all below it say; `around` has what its connection calls."""
    yield from (around._replace(tls=tls) for tls in _settings(element, around.url))
    for child in element:
        if child.tag == "httptargetconnection":
            call = around._replace(url=_text(child, "url"), servers=_servers(child))
            yield from list(_found(child, call)) or [call]
        elif child.tag == "syslog":
            yield from _found(child, around._replace(url=_syslog(child)))
        elif child.tag not in _MESSAGES:
            yield from _found(child, around)


def _switched_off(target: TargetBody) -> TargetBody:
    tls = None if target.tls is None else replace(target.tls, enabled=False)
    return target._replace(url=None, tls=tls)


def _settings(element: Element, url: str | None) -> Iterator[TlsSettings]:
    """The settings of an `SSLInfo`, and of a policy that names a store on its own.

    The manual knows of one store of a kind there; should there be more, none is lost.
    """
    keystores = [child for child in element.iterfind("keystore") if _store(child)]
    truststores = [child for child in element.iterfind("truststore") if _store(child)]
    pairs = list(zip_longest(keystores, truststores)) or [(None, None)]
    if not (keystores or truststores or element.tag == "sslinfo"):
        return
    shared = TlsSettings(
        enabled=_is_enabled(element, url),
        client_auth=_is_true(_text(element, "clientauthenabled")),
        ignores_validation_errors=_is_true(_text(element, "ignorevalidationerrors")),
        key_alias=_text(element, "keyalias"),
        protocols=_texts(element.iterfind("protocols/protocol")),
        ciphers=_texts(element.iterfind("ciphers/cipher")),
        common_name=_text(element, "commonname"),
    )
    for keystore, truststore in pairs:
        # GenerateSAMLAssertion has `KeyStore/Alias`
        alias = shared.key_alias or _text(keystore, "alias")
        yield replace(
            shared, keystore=_store(keystore), key_alias=alias, truststore=_store(truststore)
        )


def _is_enabled(element: Element, url: str | None) -> bool:
    """Whether the settings of `element` are in force; where that cannot be known, they are.

    `Enabled` may be left to a flow variable. Where it is not set, the URL decides (the vendor's
    "Options for configuring TLS", in its edition for Apigee X).
    """
    said = _text(element, "enabled") if element.tag == "sslinfo" else "true"
    if said is None:
        return not (url or "").lower().startswith("http:")
    return _is_true(said) or "{" in said


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def _servers(connection: Element) -> tuple[str, ...]:
    servers = connection.iterfind("loadbalancer/server")
    used = [server for server in servers if (_text(server, "isenabled") or "").lower() != "false"]
    return tuple(dict.fromkeys(name for server in used if (name := _name(server))))


def _syslog(element: Element) -> str:
    # the defaults of Edge's "MessageLogging policy"
    return f"syslog://{_text(element, 'host') or 'localhost'}:{_text(element, 'port') or '514'}"


def _store(element: Element | None) -> StoreName | None:
    """The store that is named by the text of `element` or, for SAML, by its `Name`."""
    text = _text(element, "name") or _value(element)
    return None if text is None else StoreName(text)


def _name(element: Element) -> str | None:
    return (element.get("name") or "").strip() or None


def _text(parent: Element | None, tag: str) -> str | None:
    return None if parent is None else _value(parent.find(tag))


def _texts(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(text for element in elements if (text := _value(element)))


def _value(element: Element | None) -> str | None:
    """The text of `element`; a flow variable in braces where it has a `ref` to one.

    The variable goes before the text (Edge: "SAML Assertion policy").
    """
    if element is None:
        return None
    variable = (element.get("ref") or "").strip()
    return f"{{{variable}}}" if variable else (element.text or "").strip() or None


def _checked(root: Element, tag: str) -> Element:
    if root.tag != tag:
        raise BadAnswer("it is another kind of document than its folder holds")
    return root
