from __future__ import annotations

import contextlib

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.x509.der import children, contents, definite, fields, oid, tlv
from tests.x509.forging import der, sequence
from tests.x509.keystores import indefinite


@given(st.integers(0, 254), st.binary(max_size=70_000), st.binary(max_size=9))
def test_an_element_is_read_in_every_length(tag: int, content: bytes, after: bytes) -> None:
    data = der(tag, content) + after
    found, start, end = tlv(data, 0)
    assert (found, data[start:end], data[end:]) == (tag, content, after)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x05abcd", b"\x30\x82\x01"])
def test_what_is_cut_off_or_of_indefinite_length_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="DER element"):
        tlv(data, 0)


def test_a_child_must_fit_into_its_parent() -> None:
    with pytest.raises(ValueError, match="longer than what holds it"):
        list(children(b"\x30\x03\x04\x05abcde", 2, 5))


@given(st.binary(max_size=50))
def test_no_bytes_raise_anything_but_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        list(children(data, 0, len(data)))
    for start in (b"", b"\x30\x80", b"\x24\x80\x04\x80"):
        with contextlib.suppress(ValueError):
            definite(start + data)
        with contextlib.suppress(ValueError):
            fields(start + data, 0x30, 0x30)


@pytest.mark.parametrize(
    "dotted", ["2.5.4.3", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.1", "2.999.1", "0.0"]
)
def test_an_oid_is_read_as_cryptography_writes_it(dotted: str) -> None:
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(dotted)]).public_bytes()
    assert oid(usage[4:]) == dotted


@given(st.binary(max_size=300), st.binary(max_size=9))
def test_indefinite_lengths_are_made_definite(content: bytes, after: bytes) -> None:
    data = sequence(der(2, b"\1"), sequence(der(4, content)))
    (inside,) = fields(definite(indefinite(data) + after), 0x30)
    (_, number), (_, wrapped) = contents(inside)
    assert (number, contents(wrapped)) == (b"\1", [(4, content)])
    assert definite(data) == data
