"""A hello that was refused: no common version, no common suite, no site for the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.causes.verdict import Reason, in_packet
from edgeaudit.audit.finding import Cause
from edgeaudit.tls import ciphers
from edgeaudit.tls.handshake import version_name
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.audit.causes.verdict import Refusal
    from edgeaudit.tls.handshake import Handshake
    from edgeaudit.tls.hello import ClientHello

_PROTOCOL, _CIPHER, _SNI = Cause.PROTOCOL_MISMATCH, Cause.CIPHER_MISMATCH, Cause.SNI_REQUIRED
_FALLBACK = 0x5600
_WARNED_OF_NAME = "alert 112"


def refused_hello(handshake: Handshake, refusal: Refusal) -> Reason:
    """Why the server refused what the client offered, before any answer of its own."""
    hello = handshake.client_hello
    if hello is None:
        told = "The client's hello is not in the capture, so it is not known what it offered."
        return _by_number(refusal.alert, told) or Reason(None, "possible", told)
    offered = f"It came as the only answer to {_offer(hello)}."
    if found := _by_number(refusal.alert, offered):
        return found
    if refusal.alert in (112, 109):
        return _unknown_name(hello, offered)
    if refusal.alert == 120:
        told = f"{offered} The server shares no application protocol (ALPN) with "
        return Reason(None, "possible", f"{told}{', '.join(hello.alpn) or 'it'}.")
    if refusal.alert in (40, 80):
        return _no_common_ground(hello, refusal.alert, offered)
    if refusal.alert in (0, None):
        return _closed_at_once(hello, offered)
    return Reason(None, "possible", offered, (_PROTOCOL, _CIPHER))


def refused_answer(handshake: Handshake, refusal: Refusal) -> Reason | None:
    """Why the client refused the version or suite that the server chose; None if it did not."""
    hello, answer = handshake.client_hello, handshake.server_hello
    if hello is None or answer is None or refusal.alert not in (40, 47, 70, 71, 80):
        return None
    chosen = version_name(answer.version)
    if _is_unwanted(answer.version, hello):
        told = f"The server had chosen {chosen} where the client offered {_versions(hello)}"
        is_sure = refusal.alert == 70 or (hello.lists_versions and refusal.alert == 47)
        return Reason(_PROTOCOL, "certain" if is_sure else "likely", f"{told}.", (_PROTOCOL,))
    if refusal.alert == 70:
        return Reason(_PROTOCOL, "certain", f"The server had chosen {chosen}.", (_PROTOCOL,))
    if answer.cipher not in hello.ciphers:
        told = "The server had chosen a suite that the client did not offer."
        return Reason(_CIPHER, "certain", told, (_CIPHER,))
    return None


def _is_unwanted(version: int, hello: ClientHello) -> bool:
    """Whether it may be the version that the client does not take; not if it named that itself.

    But OpenSSL 3 names TLS 1.0 and 1.1 too, and then takes none of their signatures (alert 80).
    """
    if version not in hello.versions:
        return True
    is_named = hello.lists_versions and version >= Version.TLSV1_2
    return version < max(hello.versions) and not is_named


def refused_site(handshake: Handshake) -> Reason | None:
    """Whether the server warned that it has no site of the name, and the client took it badly."""
    warned = handshake.first("server", _WARNED_OF_NAME)
    if warned is None:
        return None
    told = (
        f"The server had warned{in_packet(warned.packet)} that it has no site named "
        f"{handshake.sni}."
    )
    return Reason(_SNI, "likely", told, (_SNI, Cause.HOSTNAME_MISMATCH))


def _by_number(number: int | None, offered: str) -> Reason | None:
    """What the number alone proves."""
    if number in (70, 86):
        return Reason(_PROTOCOL, "certain", f"{offered} So they share no version.", (_PROTOCOL,))
    if number == 71:
        return Reason(_CIPHER, "certain", f"{offered} So they share no suite.", (_CIPHER,))
    return None


def _unknown_name(hello: ClientHello, offered: str) -> Reason:
    if hello.sni is None:
        told = f"{offered} The client named no host (no SNI), and the server wants one."
        return Reason(_SNI, "certain", told, (_SNI,))
    told = f"{offered} The server has no site named {hello.sni}."
    return Reason(_SNI, "likely", told, (_SNI, Cause.HOSTNAME_MISMATCH))


def _no_common_ground(hello: ClientHello, number: int, offered: str) -> Reason:
    if max(hello.versions, default=0) <= Version.SSLV3:
        told = f"{offered} Servers that have left SSLv3 behind answer it so."
        return Reason(_PROTOCOL, "likely", told, (_PROTOCOL, _CIPHER))
    if hello.sni is None and _is_modern(hello):
        told = (
            f"{offered} It named no host (no SNI), and a server that needs the name sends the same "
            "alert as one that shares no suite."
        )
        return Reason(None, "possible", told, (_SNI, _CIPHER))
    if number == 80:
        told = f"{offered} This alert does not say why."
        return Reason(None, "possible", told, (_PROTOCOL, _SNI, _CIPHER))
    if max(hello.versions) == Version.TLSV1_2 and _is_modern(hello):
        told = (
            f"{offered} Nearly any server of TLS 1.2 finds a suite in it: this one has unusual "
            "suites, or wants TLS 1.3, which GnuTLS says with this alert."
        )
        return Reason(None, "possible", told, (_PROTOCOL, _CIPHER))
    told = f"{offered} So they share no suite, group or signature algorithm."
    others = () if hello.sni else (_SNI,)
    is_old = max(hello.versions) < Version.TLSV1_2
    return Reason(_CIPHER, "likely", told, (_CIPHER, *((_PROTOCOL,) if is_old else ()), *others))


def _closed_at_once(hello: ClientHello, offered: str) -> Reason:
    newest = max(hello.versions, default=0)
    if newest < Version.TLSV1_2 or min(hello.versions, default=0) > Version.TLSV1_2:
        told = f"{offered} Servers that do not know a version answer so, rather than with an alert."
        return Reason(_PROTOCOL, "likely", told, (_PROTOCOL, Cause.CONNECTION_REFUSED_OR_RESET))
    told = f"{offered} Servers that share no version often end it so, and so do firewalls."
    candidates = (_PROTOCOL, Cause.CONNECTION_REFUSED_OR_RESET, *(() if hello.sni else (_SNI,)))
    return Reason(_PROTOCOL, "possible", told, candidates)


def _is_modern(hello: ClientHello) -> bool:
    """Whether any server of today would find a suite: TLS 1.2 with ECDHE and AES-GCM."""
    found = (ciphers.on_the_wire(code) for code in hello.suites)
    modern = {each.auth for each in found if each and each.kx == "ECDHE" and "GCM" in each.enc}
    return max(hello.versions, default=0) >= Version.TLSV1_2 and {"RSA", "ECDSA"} <= modern


def _offer(hello: ClientHello) -> str:
    count = len(hello.suites)
    name = f"for {hello.sni}" if hello.sni else "without SNI"
    suites = f"{count} suite{'' if count == 1 else 's'}"
    return f"a hello {name} that offers {_versions(hello)} and {suites}"


def _versions(hello: ClientHello) -> str:
    names = [version_name(each) for each in hello.versions]
    if hello.lists_versions:
        return ", ".join(names) or "no version"
    return f"up to {names[0]}"
