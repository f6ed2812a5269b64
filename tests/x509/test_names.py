from __future__ import annotations

import contextlib
import ctypes
from ctypes import c_void_p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.x509.libcrypto import libcrypto
from edgeaudit.x509.names import Name, parse_name, read_name
from tests.factories import distinguished
from tests.x509.forging import rdn, sequence

CN, ORGANIZATION = "550403", "55040a"
UTF8, NUMERIC, PRINTABLE, T61, IA5, UNIVERSAL, BMP = 12, 18, 19, 20, 22, 28, 30


def read(*rdns: bytes) -> Name:
    return read_name(sequence(*rdns))


@pytest.mark.parametrize(
    ("tag", "value", "text"),
    [
        (UTF8, b"Acme", "CN=Acme"),
        (UTF8, b"", "CN="),
        (UTF8, b"Acme, Inc.", 'CN="Acme, Inc."'),
        (UTF8, rb'a "b" \c', r'CN="a \"b\" \\c"'),
        (UTF8, b" a", 'CN=" a"'),
        (UTF8, b"a  b", 'CN="a  b"'),
        (UTF8, "Bücher".encode(), "CN=Bücher"),
        (T61, "Bücher".encode("latin-1"), "CN=Bücher"),
        (BMP, "Bücher".encode("utf-16-be"), "CN=Bücher"),
        (UNIVERSAL, "Bücher".encode("utf-32-be"), "CN=Bücher"),
        (PRINTABLE, b"*@example", "CN=*@example"),
        (NUMERIC, b"42", "CN=42"),
        (3, b"\0a", "CN=#03020061"),
        (UTF8, b"a\x1b[31m\r\nb", r'CN="a\x1b[31m\r\nb"'),
    ],
)
def test_a_name_is_printed_as_java_prints_it(tag: int, value: bytes, text: str) -> None:
    assert read(rdn((CN, tag, value))).text == text


def test_the_most_specific_attribute_comes_first() -> None:
    name = distinguished(
        "a.example",
        country_name="US",
        state_or_province_name="CA",
        organization_name="Acme",
        business_category="Private",
        email_address="a@b.example",
    )
    assert read_name(name.public_bytes()).text == (
        "CN=a.example, EMAILADDRESS=a@b.example, OID.2.5.4.15=Private, O=Acme, ST=CA, C=US"
    )


def test_the_attributes_of_one_rdn_are_joined_with_a_plus() -> None:
    name = read(
        rdn((ORGANIZATION, UTF8, b"Acme")), rdn((CN, UTF8, b"b"), (ORGANIZATION, UTF8, b"a"))
    )
    assert name.text == "CN=b + O=a, O=Acme"
    assert name.common_names == ("b",)


@pytest.mark.parametrize(
    "other",
    [
        rdn((CN, PRINTABLE, b"acme ROOT")),
        rdn((CN, BMP, "Acme Root".encode("utf-16-be"))),
        rdn((CN, T61, b"\t Acme \r\n Root ")),
    ],
)
def test_case_white_space_and_string_type_do_not_tell_names_apart(other: bytes) -> None:
    assert read(other).canonical == read(rdn((CN, UTF8, b"Acme Root"))).canonical


@pytest.mark.parametrize(
    "others",
    [
        [rdn((CN, UTF8, b"AcmeRoot"))],
        [rdn((ORGANIZATION, UTF8, b"Acme Root"))],
        [rdn((CN, NUMERIC, b"Acme Root"))],
        [rdn((CN, UTF8, b"Acme Root")), rdn((ORGANIZATION, UTF8, b"x"))],
        [rdn((CN, UTF8, "Acme\u00a0Root".encode()))],
        [],
    ],
)
def test_everything_else_tells_names_apart(others: list[bytes]) -> None:
    assert read(*others).canonical != read(rdn((CN, UTF8, b"Acme Root"))).canonical


attributes = st.tuples(
    st.sampled_from([CN, ORGANIZATION]),
    st.sampled_from([UTF8, T61, IA5, PRINTABLE, NUMERIC, BMP]),
    st.text("aAéÉ ß\t", max_size=3),
).map(lambda a: (a[0], a[1], a[2].encode({UTF8: "utf-8", BMP: "utf-16-be"}.get(a[1], "latin-1"))))
names = st.lists(st.lists(attributes, min_size=1, max_size=2).map(lambda a: rdn(*a)), max_size=2)


@given(names, names)
def test_canonical_names_are_equal_exactly_where_openssl_says_so(
    one: list[bytes], two: list[bytes]
) -> None:
    equal = read(*one).canonical == read(*two).canonical
    assert equal == (openssl_compares(sequence(*one), sequence(*two)) == 0)


def openssl_compares(one: bytes, two: bytes) -> int:
    library = libcrypto()
    library.d2i_X509_NAME.restype = c_void_p
    library.X509_NAME_cmp.argtypes = [c_void_p, c_void_p]
    library.X509_NAME_free.argtypes = [c_void_p]
    read = [
        library.d2i_X509_NAME(None, ctypes.byref(ctypes.c_char_p(der)), ctypes.c_long(len(der)))
        for der in (one, two)
    ]
    assert all(read)
    difference: int = library.X509_NAME_cmp(*read)
    for name in read:
        library.X509_NAME_free(name)
    return difference


@given(names)
def test_what_is_printed_is_read_back_as_the_same_name(rdns: list[bytes]) -> None:
    """A description by Edge links to the real certificate (NumericString, control chars apart)."""
    name = read(*rdns)
    if b"#" not in name.canonical and "\\" not in name.text:
        assert parse_name(name.text).canonical == name.canonical


@pytest.mark.parametrize(
    ("spelled", "like"),
    [
        ("CN=a,O=b", "CN=a, O=b"),
        ("cn = A ,o=B", "CN=a, O=b"),
        (r"CN=a\, b,O=c", 'CN="a, b", O=c'),
        (r"CN=B\C3\BCcher", "CN=Bücher"),
        ("S=CA, E=x@y.example", "ST=CA, EMAILADDRESS=x@y.example"),
        ("2.5.4.3=a", "CN=a"),
        ("OID.2.5.4.15=a", "2.5.4.15=a"),
        ("CN=a+O=b", "O=b + CN=a"),
    ],
)
def test_spellings_of_one_name(spelled: str, like: str) -> None:
    assert parse_name(spelled).canonical == parse_name(like).canonical


def test_an_empty_description_is_the_empty_name() -> None:
    assert parse_name(" ").canonical == read().canonical


def test_a_text_that_is_no_name_is_kept_and_equals_only_itself() -> None:
    odd = parse_name("who\nknows")
    assert odd.text == r"who\nknows"
    assert odd.canonical == parse_name("who\nknows").canonical != parse_name("who").canonical


@given(st.text())
def test_no_text_raises(text: str) -> None:
    parse_name(text)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_name(data)


def test_invalid_strings_are_refused_as_openssl_refuses_them() -> None:
    with pytest.raises(ValueError, match="decode"):
        read(rdn((CN, UTF8, b"\xff")))


def test_a_long_hostile_text_takes_no_long_time() -> None:
    parse_name("CN=" + " \\" * 100_000 + '"')
    parse_name('CN="' + "a" * 200_000)
