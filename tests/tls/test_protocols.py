"""Protocol versions and their spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.tls.protocols import (
    OLD_HELLO,
    Version,
    default_versions,
    is_known,
    suggestion,
    version,
)

SPELLINGS = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


def test_spellings_from_the_oldest() -> None:
    assert [each.spelling for each in sorted(Version)] == SPELLINGS


@pytest.mark.parametrize("name", SPELLINGS)
def test_openssl_knows_them_all_and_minds_no_case(name) -> None:
    found = version(name, "openssl")
    assert found is not None
    assert found.spelling == name
    assert version(name.swapcase(), "openssl") == found


@pytest.mark.parametrize(
    ("name", "java", "known"),
    [
        ("SSLv2", None, False),
        ("SSLv2Hello", None, True),
        ("SSLv3", None, True),
        ("TLSv1.3", None, True),
        ("TLSv1.3", 8, True),
        ("TLSv1.3", 7, False),
        ("TLSv1.2", 7, True),
        ("tlsv1.2", None, False),
        ("TLSv1.0", None, False),
        ("TLSv1.4", None, False),
        ("", None, False),
    ],
)
def test_java(name, java, known) -> None:
    assert is_known(name, "java", java) is known


def test_the_old_hello_is_no_version() -> None:
    assert version(OLD_HELLO, "java") is None
    assert not is_known(OLD_HELLO, "openssl")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TLS 1.2", "TLSv1.2"),
        ("TLS1.2", "TLSv1.2"),
        ("tlsv1_2", "TLSv1.2"),
        ("TLSv12", "TLSv1.2"),
        ("TLSv1.0", "TLSv1"),
        ("tls-v1.3", "TLSv1.3"),
        ("ssl3", "SSLv3"),
        ("SSLv2", None),
        ("TLSv1.4", None),
        ("TLSv2", None),
        ("TLSv1.2,TLSv1.3", "TLSv1.2 TLSv1.3"),
        ("tls1.2:tls1.3", "TLSv1.2 TLSv1.3"),
        ("TLSv1.2,QUIC", None),
        (",", None),
        ("SSLv23", None),
        ("", None),
    ],
)
def test_what_was_meant(name, meant) -> None:
    assert suggestion(name, "java") == meant


@given(st.text())
def test_a_suggestion_is_always_a_name(name: str) -> None:
    meant = suggestion(name, "java")
    assert meant is None or all(is_known(each, "java") for each in meant.split())


@pytest.mark.parametrize(
    ("edge", "spelled"),
    [
        ("4.17.09", ["TLSv1", "TLSv1.1", "TLSv1.2"]),
        ("4.53.01", ["TLSv1", "TLSv1.1", "TLSv1.2"]),
        ("4.54", ["TLSv1.2", "TLSv1.3"]),
        ("4.54.00", ["TLSv1.2", "TLSv1.3"]),
        ("4.16.09", []),
    ],
)
def test_defaults(edge, spelled) -> None:
    assert [each.spelling for each in default_versions(edge)] == spelled
