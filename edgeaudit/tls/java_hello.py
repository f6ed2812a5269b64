"""The ClientHello in which Java makes an offer: its extensions, groups and signature algorithms.

As JSSE of the releases writes it (sun.security.ssl.SSLExtension), without a session to resume.
Extensions stand in JSSE's order, which up to Java 11 was another. Java 8 has no X25519 and X448.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.tls import extensions as ext
from edgeaudit.tls.extensions import Extension
from edgeaudit.tls.hello import ClientHello
from edgeaudit.tls.java import RENEGOTIATION_SIGNAL
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.tls.java import JavaOffer

# status by OCSP, of no responder or extension in particular (RFC 6066, 8; RFC 6961)
_OCSP, _OCSP_V2 = b"\1\0\0\0\0", b"\0\7\2\0\4\0\0\0\0"
_STATUS_REQUEST_V2 = 17
_OLD_ORDER = (0, 5, 10, 11, 13, 50, 17, 23, 43, 45, 51, 65281)
_ORDER = (0, 5, 10, 11, 17, 23, 35, 13, 43, 45, 50, 51, 65281)
_LAST_OF_OLD = 11
_WITHOUT_SHA1 = 25
_WITHOUT_MONTGOMERY = 8
_MONTGOMERY = (29, 30)
_CURVES = (29, 23, 24, 25, 30)
_FIELDS = (256, 257, 258, 259, 260)
_EDWARDS = (0x0807, 0x0808)
# ECDSA, Ed25519 and Ed448, RSASSA-PSS; RSA by PKCS#1; DSA and SHA-224; SHA-1
_NEW = (0x0403, 0x0503, 0x0603, *_EDWARDS, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B)
_PKCS1 = (0x0401, 0x0501, 0x0601)
_OLD = (0x0402, 0x0303, 0x0301, 0x0302)
_SHA1, _SHA1_OF_DSA = (0x0203, 0x0201), (0x0202,)


def java_hello(
    offer: JavaOffer,
    random: bytes,
    session_id: bytes = b"",
    shares: Sequence[tuple[int, bytes]] = (),
) -> ClientHello:
    """The hello of `offer`. Raises ValueError where that is a refusal.

    `random` has 32 bytes. `session_id`, 32 bytes, and `shares`, public keys by group, stand in it
    where TLS 1.3 is offered; Java's own shares are those of `shared_groups`. Without any a server
    that speaks TLS 1.3 asks for another hello, and tells version and suite in that.
    """
    if offer.refusal:
        raise ValueError(offer.refusal)
    newest = offer.versions[0]
    if offer.is_old_hello:
        signal = () if RENEGOTIATION_SIGNAL in offer.codes else (RENEGOTIATION_SIGNAL,)
        return ClientHello(newest, random, ciphers=(*offer.codes, *signal), is_sslv2=True)
    is_new = newest == Version.TLSV1_3
    return ClientHello(
        min(newest, Version.TLSV1_2),
        random,
        session_id if is_new else b"",
        offer.codes,
        (0,),
        _extensions(offer, shares),
    )


def shared_groups(java: int) -> tuple[int, ...]:
    """The groups of which Java `java` sends public keys in a hello for TLS 1.3."""
    groups = tuple(each for each in _CURVES if _has(java, each))
    return groups[: 1 if java <= _LAST_OF_OLD else 2]


def _extensions(
    offer: JavaOffer, shares: Sequence[tuple[int, bytes]]
) -> tuple[tuple[int, bytes], ...]:
    is_new, is_old = offer.versions[0] == Version.TLSV1_3, offer.versions[-1] < Version.TLSV1_3
    found = dict([ext.supported_versions(offer.versions), (Extension.STATUS_REQUEST, _OCSP)])
    if offer.server_name:
        found |= dict([ext.server_name(offer.server_name)])
    if groups := _groups(offer):
        found |= dict([ext.supported_groups(groups)])
    if offer.versions[0] >= Version.TLSV1_2:
        found |= _signatures(offer)
    if is_new:
        found |= {Extension.PSK_KEY_EXCHANGE_MODES: b"\1\1"} | dict([ext.key_share(shares)])
    if is_old:
        found |= _before_1_3(offer)
    order = _OLD_ORDER if offer.java <= _LAST_OF_OLD else _ORDER
    return tuple((each, found[each]) for each in order if each in found)


def _before_1_3(offer: JavaOffer) -> dict[int, bytes]:
    """Those that have no meaning in TLS 1.3."""
    found = {
        _STATUS_REQUEST_V2: _OCSP_V2,
        Extension.EXTENDED_MASTER_SECRET: b"",
        Extension.SESSION_TICKET: b"",
    }
    if offer.java <= _LAST_OF_OLD:
        del found[Extension.SESSION_TICKET]
    if not set(_CURVES).isdisjoint(_groups(offer)):
        found[Extension.EC_POINT_FORMATS] = b"\1\0"
    if RENEGOTIATION_SIGNAL not in offer.codes:
        found[Extension.RENEGOTIATION_INFO] = b"\0"
    return found


def _groups(offer: JavaOffer) -> tuple[int, ...]:
    is_new = offer.versions[0] == Version.TLSV1_3
    exchanges = {each.kx[:4] for each in offer.suites if "EXPORT" not in each.weaknesses}
    curves = _CURVES if is_new or "ECDH" in exchanges else ()
    fields = _FIELDS if is_new or "DHE" in exchanges else ()
    return tuple(each for each in (*curves, *fields) if _has(offer.java, each))


def _has(java: int, group: int) -> bool:
    return java > _WITHOUT_MONTGOMERY or group not in _MONTGOMERY


def _signatures(offer: JavaOffer) -> dict[int, bytes]:
    """What it understands in a handshake, and in certificates."""
    is_old = offer.versions[-1] < Version.TLSV1_3
    known = (*_NEW, *_PKCS1, *(_OLD if is_old else ()), *_SHA1, *(_SHA1_OF_DSA if is_old else ()))
    if offer.java <= _LAST_OF_OLD:
        known = tuple(each for each in known if each not in _EDWARDS)
    own = known
    if offer.java >= _WITHOUT_SHA1:
        own = (*_NEW, *(_PKCS1 + _OLD if is_old else ()))
    number, data = ext.signature_algorithms(own)
    return {
        number: data,
        Extension.SIGNATURE_ALGORITHMS_CERT: ext.signature_algorithms(known)[1],
    }
