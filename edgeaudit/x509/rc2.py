"""RC2 (RFC 2268), in which Java 8 and OpenSSL 1 encrypt the certificates of a PKCS#12 store.

No library that edgeaudit stands on has it with keys of 40 bits.
"""

from __future__ import annotations

import struct

_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
# The mixing rounds, from the last to the first, after which a mashing round is undone.
_BEFORE_MASHING = {11, 5}


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """`data` decrypted in CBC mode; the effective key length is that of `key`; padding stays.

    Raises ValueError if `data` does not consist of whole blocks of 8 octets.
    """
    if len(data) % 8:
        raise ValueError("not a whole number of blocks")
    words = _expanded(key)
    plain, previous = [], int.from_bytes(iv, "big")
    for (block,) in struct.iter_unpack(">Q", data):
        opened = _decrypted_block(words, *struct.unpack("<4H", block.to_bytes(8, "big")))
        plain.append(int.from_bytes(opened, "big") ^ previous)
        previous = block
    return struct.pack(f">{len(plain)}Q", *plain)


def _expanded(key: bytes) -> tuple[int, ...]:
    """The 64 words of section 2."""
    size = len(key)
    octets = bytearray(key) + bytes(128 - size)
    for at in range(size, 128):
        octets[at] = _PI[(octets[at - 1] + octets[at - size]) & 0xFF]
    octets[128 - size] = _PI[octets[128 - size]]
    for at in reversed(range(128 - size)):
        octets[at] = _PI[octets[at + 1] ^ octets[at + size]]
    return struct.unpack("<64H", octets)


def _decrypted_block(words: tuple[int, ...], a: int, b: int, c: int, d: int) -> bytes:
    """Section 4."""
    for turn in reversed(range(16)):
        at = 4 * turn
        d = ((d >> 5 | d << 11) - words[at + 3] - (c & b) - (~c & a)) & 0xFFFF
        c = ((c >> 3 | c << 13) - words[at + 2] - (b & a) - (~b & d)) & 0xFFFF
        b = ((b >> 2 | b << 14) - words[at + 1] - (a & d) - (~a & c)) & 0xFFFF
        a = ((a >> 1 | a << 15) - words[at] - (d & c) - (~d & b)) & 0xFFFF
        if turn in _BEFORE_MASHING:
            d = (d - words[c & 63]) & 0xFFFF
            c = (c - words[b & 63]) & 0xFFFF
            b = (b - words[a & 63]) & 0xFFFF
            a = (a - words[d & 63]) & 0xFFFF
    return struct.pack("<4H", a, b, c, d)
