from __future__ import annotations

import ssl
import sys

import pytest

from edgeaudit.errors import InputError, MissingLibrary
from edgeaudit.x509 import libcrypto as binding
from edgeaudit.x509.libcrypto import is_signed, libcrypto, parsed, stack
from tests.factories import CA

ROOT = CA.root("Acme Root")
LEAF = ROOT.leaf("a.example")


def test_it_is_the_library_of_pythons_ssl_module() -> None:
    assert libcrypto().OpenSSL_version_num() == ssl.OPENSSL_VERSION_NUMBER


def test_a_python_without_ssl_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_ssl", None)
    with pytest.raises(MissingLibrary) as caught:
        libcrypto.__wrapped__()
    assert "openssl" in caught.value.hint


def test_a_library_that_hides_a_function_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(binding._PROTOTYPES, "no_such_function", (None,))
    with pytest.raises(MissingLibrary):
        libcrypto.__wrapped__()


def test_the_length_of_a_certificate_is_told() -> None:
    with parsed(LEAF.der + b"more") as (certificate, length):
        assert certificate
        assert length == len(LEAF.der)


@pytest.mark.parametrize("data", [b"", b"0", LEAF.der[:-1]])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(InputError), parsed(data):
        pass
    assert not is_signed(data, ROOT.der)


def test_a_stack_leaves_out_what_cannot_be_read() -> None:
    with stack([LEAF.der, b"junk", ROOT.der]) as (handle, objects):
        assert list(objects.values()) == [LEAF.der, ROOT.der]
        assert libcrypto().OPENSSL_sk_num(handle) == 2


def test_no_error_is_left_for_pythons_ssl_module() -> None:
    with pytest.raises(InputError), parsed(b"junk"):
        pass
    assert not is_signed(LEAF.der, LEAF.der)
    assert libcrypto().ERR_peek_error() == 0
