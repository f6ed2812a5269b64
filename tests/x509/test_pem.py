from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.x509.pem import certificate_blocks

BEGIN, END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
HELLO = b"aGVsbG8="


@pytest.mark.parametrize(
    "data",
    [
        b"%b\n%b\n%b\n",
        b"%b\n%b\n%b",
        b"%b\r\n%b\r\n%b\r\n",
        b"%b\r%b\r%b\r",
        b"%b\n\n  \n%b\n\n%b",
        b"  %b\n  %b\n  %b\n",
        b"\xef\xbb\xbf%b\n%b\n%b\n",
        b"Bag Attributes\n  friendlyName: x\n%b\n%b\n%b\ntrailing \x00 garbage",
        b"%b%b%b",
    ],
    ids=lambda data: repr(data)[:30],
)
def test_what_stands_around_a_block_does_not_matter(data: bytes) -> None:
    assert list(certificate_blocks(data % (BEGIN, HELLO, END))) == [b"hello"]


@pytest.mark.parametrize("label", [b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"])
def test_the_labels_of_a_certificate(label: bytes) -> None:
    data = b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, HELLO, label)
    assert list(certificate_blocks(data)) == [b"hello"]


@pytest.mark.parametrize("label", [b"RSA PRIVATE KEY", b"PRIVATE KEY", b"CERTIFICATE REQUEST"])
def test_other_blocks_are_left_out(label: bytes) -> None:
    other = b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, HELLO, label)
    block = b"%b\n%b\n%b\n" % (BEGIN, HELLO, END)
    assert list(certificate_blocks(other + block + other)) == [b"hello"]


@pytest.mark.parametrize(
    ("data", "blocks"),
    [
        ([BEGIN, HELLO], [None]),
        ([BEGIN, HELLO, BEGIN, HELLO, END], [None, b"hello"]),
        ([BEGIN, b"aGVsbG8", END, BEGIN, HELLO, END], [None, b"hello"]),
        ([BEGIN, HELLO, b"-----END PRIVATE KEY-----", BEGIN, HELLO, END], [None, b"hello"]),
        ([b"-----BEGIN PRIVATE KEY-----", HELLO, BEGIN, HELLO, END], [b"hello"]),
        ([END, HELLO, BEGIN, HELLO, END, END], [b"hello"]),
        ([BEGIN, END], [b""]),
        ([HELLO], []),
        ([], []),
    ],
)
def test_a_damaged_block_keeps_its_place(data: list[bytes], blocks: list[bytes | None]) -> None:
    assert list(certificate_blocks(b"\n".join(data))) == blocks


@given(st.lists(st.sampled_from([BEGIN, END, HELLO, b"-----", b"\n", b"\xff", b"KEY"])))
def test_no_bytes_raise(pieces: list[bytes]) -> None:
    list(certificate_blocks(b"".join(pieces)))


@pytest.mark.parametrize(
    "line", [BEGIN + b"\n", b"-----", b"-----BEGIN ", BEGIN + b"A" * 60, b"-----BEGIN A"]
)
def test_a_megabyte_of_anything_takes_no_long_time(line: bytes) -> None:
    begun = time.process_time()
    list(certificate_blocks(line * (1_000_000 // len(line))))
    assert time.process_time() - begun < 2
