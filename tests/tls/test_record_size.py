"""How much is in encrypted records, of which real programs say how much it was."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest

from edgeaudit.observe.capture import Capture
from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.record_size import content
from tests.observe.test_capture import _ALL, BLOCKS, FOLDER
from tests.observe.wrapping import heard

# Finished has 4 + 12 bytes in TLS 1.0 to 1.2 (RFC 5246, 7.4.9); `hello` and an end of line was said
KNOWN = {"encrypted handshake": 16, "encrypted alert": 2, "data": 6}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_was_in_it_is_among_the_sizes(name: str) -> None:
    (handshake,) = heard(_ALL[name])
    assert handshake.server_hello
    suite = on_the_wire(handshake.server_hello.cipher)
    assert suite
    most = (8 if "3DES" in suite.enc else 16) if suite.enc.endswith("CBC") else 1
    for step in handshake.steps:
        if step.what in KNOWN:
            found = content(suite, handshake.server_hello.version, step.size)
            assert KNOWN[step.what] in found
            assert len(found) <= most


def test_tls_1_3_sends_no_nonce_but_what_kind_it_is_of() -> None:
    keys = (FOLDER / "keys-nginx-good.keys").read_bytes()
    (handshake,) = Capture(BytesIO(_ALL["keys-nginx-good"]), "it", keys).handshakes()
    assert handshake.server_hello
    suite = on_the_wire(handshake.server_hello.cipher)
    assert suite
    sizes = [each.size for each in handshake.steps if each.what == "encrypted alert"]
    assert [list(content(suite, 0x0304, size)) for size in sizes] == [[2]]


def test_a_record_that_is_too_short_and_a_suite_that_is_not_known() -> None:
    known = on_the_wire(0xC02F)
    assert known
    assert list(content(known, 0x0303, 10)) == [0]
    assert not content(replace(known, enc="MAGMA-CTR", mac="OMAC"), 0x0303, 100)
