"""ClientHellos of our own making, which do not depend on what the local OpenSSL still speaks.

What a version needs: RFC 6101 (SSL 3.0 has no extensions), RFC 5246, RFC 8422, RFC 8446, 4.1.2.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from edgeaudit.tls import ciphers
from edgeaudit.tls import extensions as ext
from edgeaudit.tls.cursor import vector
from edgeaudit.tls.extensions import Extension
from edgeaudit.tls.hello import CLIENT_HELLO, ClientHello
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import Kind, as_message, as_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.tls.ciphers import Suite

VERSIONS = (Version.SSLV3, Version.TLSV1, Version.TLSV1_1, Version.TLSV1_2, Version.TLSV1_3)
_RENEGOTIATION_SIGNAL = 0x00FF
_X25519 = 29
# those of RFC 8422 and 4492, the usual first; finite fields would narrow DHE (RFC 7919, 4)
_CURVES = (_X25519, 23, 24, 25, 30, *range(1, 23), 26, 27, 28)
_GROUPS = (_X25519, 23, 24, 25, 30, 256, 257, 258, 259, 260, 31, 32, 33, 4587, 4588, 4589)
# ECDSA, EdDSA, RSA-PSS, RSA, with brainpool curves and DSA; SHA-1 and MD5 last
_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B,
            0x0401, 0x0501, 0x0601, 0x081A, 0x081B, 0x081C, 0x0402, 0x0502, 0x0602, 0x0303, 0x0301,
            0x0302, 0x0203, 0x0201, 0x0202, 0x0101)  # fmt: skip
# without a user's name, a server can only refuse (RFC 5054, 2.5.1.2)
_UNASKABLE = "SRP"
_RARE = ("PSK", "GOST", "KRB5")
_EXCHANGES = ("any", "ECDHE", "DHE", "RSA")


def client_hello(version: Version, suites: Sequence[int], sni: str | None) -> ClientHello:
    """A ClientHello that offers this version alone; in SSL 3.0 the name `sni` has no place.

    The key of TLS 1.3 is no one's: the secret is never needed where the answer is all.
    """
    is_new = version == Version.TLSV1_3
    return ClientHello(
        version=min(version, Version.TLSV1_2),
        random=os.urandom(32),
        session_id=os.urandom(32) if is_new else b"",
        ciphers=(*suites,) if is_new else (*suites, _RENEGOTIATION_SIGNAL),
        compressions=(0,),
        extensions=() if version == Version.SSLV3 else _extensions(version, sni),
    )


def on_the_wire(hello: ClientHello) -> bytes:
    """The records of a ClientHello (RFC 8446, 5.1: no later version than TLS 1.0 on them)."""
    version = min(hello.version, Version.TLSV1)
    return as_records(Kind.HANDSHAKE, as_message(CLIENT_HELLO, hello.build()), version)


def _extensions(version: Version, sni: str | None) -> ext.Raw:
    is_new = version == Version.TLSV1_3
    made = [ext.server_name(sni)] if sni else []
    made.append(ext.supported_groups(_GROUPS if is_new else _CURVES))
    if not is_new:
        made.append((Extension.EC_POINT_FORMATS, vector(b"\0", 1)))
    if version >= Version.TLSV1_2:
        made.append(ext.signature_algorithms(_SCHEMES))
    if is_new:
        made.append(ext.supported_versions([version]))
        made.append((Extension.PSK_KEY_EXCHANGE_MODES, vector(b"\1", 1)))
        made.append(ext.key_share([(_X25519, os.urandom(32))]))
    return tuple(made)


@cache
def offered(version: Version) -> tuple[int, ...]:
    """The code points of all suites that can be asked for in that version, the best first.

    Those that later RFCs took out of it are among them, since some servers do not heed that.
    """
    is_new = version == Version.TLSV1_3
    found = [
        suite
        for suite in ciphers.suites()
        if Version.SSLV3 <= suite.first <= version
        and (suite.first == Version.TLSV1_3) == is_new
        and suite.kx != _UNASKABLE
    ]
    return tuple(int(suite.code, 16) for suite in sorted(found, key=_rank))


@cache
def common(version: Version) -> tuple[int, ...]:
    """Those that most peers know, for servers that choke on a long list."""
    known = (each for each in offered(version) if not _is_rare(each))
    return tuple(known)[:60]


def is_chacha(code: int) -> bool:
    """Whether OpenSSL may move it to the front for a client that has it there."""
    suite = ciphers.on_the_wire(code)
    return suite is not None and suite.enc.startswith("CHACHA20")


def _is_rare(code: int) -> bool:
    suite = ciphers.on_the_wire(code)
    return suite is None or suite.kx.endswith(_RARE) or "java21" not in suite.known_by


def _rank(suite: Suite) -> tuple[object, ...]:
    """ChaCha20 stands behind all others, so that it is at the front for none (`is_chacha`)."""
    exchange = _EXCHANGES.index(suite.kx) if suite.kx in _EXCHANGES else len(_EXCHANGES)
    is_rare = suite.kx.endswith(_RARE) or "GOST" in suite.kx
    is_last = suite.enc.startswith("CHACHA20") and suite.first != Version.TLSV1_3
    return (is_rare, bool(suite.weaknesses), is_last, suite.mac != "AEAD", exchange, suite.code)
