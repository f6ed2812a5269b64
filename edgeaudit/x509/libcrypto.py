"""The binding to the OpenSSL that Python's own `ssl` module runs on.

Only exported functions are called; no structure is looked into. Whoever gets an object that is
to be freed gets it from a context manager here.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_uint, c_uint32, c_ulong, c_void_p
from functools import cache
from typing import TYPE_CHECKING, Any

from edgeaudit.errors import InputError, MissingLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# int (*)(int ok, X509_STORE_CTX *)
VerifyCallback = ctypes.CFUNCTYPE(c_int, c_int, c_void_p)

# Name: result, then arguments. All are functions, not macros, in 1.1.1, 3.0 and 3.5 alike.
_PROTOTYPES: dict[str, tuple[Any, ...]] = {
    "ASN1_STRING_get0_data": (c_void_p, c_void_p),
    "ASN1_STRING_length": (c_int, c_void_p),
    "ASN1_STRING_type": (c_int, c_void_p),
    "ASN1_TIME_diff": (c_int, POINTER(c_int), POINTER(c_int), c_void_p, c_void_p),
    "ASN1_TIME_free": (None, c_void_p),
    "ASN1_TIME_set": (c_void_p, c_void_p, c_long),
    "ERR_clear_error": (None,),
    "GENERAL_NAMES_free": (None, c_void_p),
    "GENERAL_NAME_get0_value": (c_void_p, c_void_p, POINTER(c_int)),
    "OBJ_nid2sn": (c_char_p, c_int),
    "OBJ_obj2nid": (c_int, c_void_p),
    "OBJ_obj2txt": (c_int, c_char_p, c_int, c_void_p, c_int),
    "OPENSSL_sk_pop_free": (None, c_void_p, c_void_p),
    "OPENSSL_sk_new_null": (c_void_p,),
    "OPENSSL_sk_num": (c_int, c_void_p),
    "OPENSSL_sk_push": (c_int, c_void_p, c_void_p),
    "OPENSSL_sk_value": (c_void_p, c_void_p, c_int),
    "OpenSSL_version_num": (c_ulong,),
    "i2d_X509_PUBKEY": (c_int, c_void_p, POINTER(c_void_p)),
    "X509_ALGOR_get0": (None, POINTER(c_void_p), POINTER(c_int), POINTER(c_void_p), c_void_p),
    "X509_NAME_ENTRY_get_data": (c_void_p, c_void_p),
    "X509_NAME_ENTRY_get_object": (c_void_p, c_void_p),
    "X509_NAME_ENTRY_set": (c_int, c_void_p),
    "X509_NAME_entry_count": (c_int, c_void_p),
    "X509_NAME_get_entry": (c_void_p, c_void_p, c_int),
    "X509_PUBKEY_get0_param": (
        c_int, POINTER(c_void_p), POINTER(c_void_p), POINTER(c_int), POINTER(c_void_p), c_void_p,
    ),
    "X509_STORE_CTX_free": (None, c_void_p),
    "X509_STORE_CTX_get0_chain": (c_void_p, c_void_p),
    "X509_STORE_CTX_get_error": (c_int, c_void_p),
    "X509_STORE_CTX_get_error_depth": (c_int, c_void_p),
    "X509_STORE_CTX_init": (c_int, c_void_p, c_void_p, c_void_p, c_void_p),
    "X509_STORE_CTX_new": (c_void_p,),
    "X509_STORE_add_cert": (c_int, c_void_p, c_void_p),
    "X509_STORE_free": (None, c_void_p),
    "X509_STORE_get0_param": (c_void_p, c_void_p),
    "X509_STORE_new": (c_void_p,),
    "X509_STORE_set_verify_cb": (None, c_void_p, VerifyCallback),
    "X509_VERIFY_PARAM_set1_host": (c_int, c_void_p, c_char_p, c_size_t),
    "X509_VERIFY_PARAM_set1_ip": (c_int, c_void_p, c_char_p, c_size_t),
    "X509_VERIFY_PARAM_set_flags": (c_int, c_void_p, c_ulong),
    "X509_VERIFY_PARAM_set_purpose": (c_int, c_void_p, c_int),
    "X509_VERIFY_PARAM_set_time": (None, c_void_p, c_long),
    "X509_check_host": (c_int, c_void_p, c_char_p, c_size_t, c_uint, c_void_p),
    "X509_check_ip": (c_int, c_void_p, c_char_p, c_size_t, c_uint),
    "X509_free": (None, c_void_p),
    "X509_get0_authority_key_id": (c_void_p, c_void_p),
    "X509_get0_notAfter": (c_void_p, c_void_p),
    "X509_get0_notBefore": (c_void_p, c_void_p),
    "X509_get0_pubkey": (c_void_p, c_void_p),
    "X509_get0_serialNumber": (c_void_p, c_void_p),
    "X509_get0_signature": (None, POINTER(c_void_p), POINTER(c_void_p), c_void_p),
    "X509_get0_subject_key_id": (c_void_p, c_void_p),
    "X509_get_X509_PUBKEY": (c_void_p, c_void_p),
    "X509_get_ext_by_NID": (c_int, c_void_p, c_int, c_int),
    "X509_get_ext_d2i": (c_void_p, c_void_p, c_int, POINTER(c_int), POINTER(c_int)),
    "X509_get_extension_flags": (c_uint32, c_void_p),
    "X509_get_issuer_name": (c_void_p, c_void_p),
    "X509_get_signature_info": (
        c_int, c_void_p, POINTER(c_int), POINTER(c_int), POINTER(c_int), POINTER(c_uint32),
    ),
    "X509_get_subject_name": (c_void_p, c_void_p),
    "X509_get_version": (c_long, c_void_p),
    "X509_verify": (c_int, c_void_p, c_void_p),
    "X509_verify_cert": (c_int, c_void_p),
    "X509_verify_cert_error_string": (c_char_p, c_long),
    "d2i_X509": (c_void_p, c_void_p, POINTER(c_void_p), c_long),
}  # fmt: skip


@cache
def libcrypto() -> ctypes.CDLL:
    """The functions of libcrypto. Raises MissingLibrary where Python does not let them be seen.

    A look-up in a library's handle also searches what that library was linked with, so the
    file of `_ssl` leads to the one libcrypto that Python uses; a Python with `_ssl` built in
    is searched itself. Nothing is found by name, which macOS answers by aborting the process.
    """
    try:
        import _ssl

        library = ctypes.CDLL(getattr(_ssl, "__file__", None))
        for name, (result, *arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, OSError, AttributeError) as error:
        raise MissingLibrary(
            "the OpenSSL of this Python cannot be called",
            "install the openssl command, or use a Python that links libcrypto dynamically",
        ) from error
    return library


@contextmanager
def parsed(der: bytes) -> Iterator[tuple[int, int]]:
    """The X509 object at the start of `der`, and how many bytes it takes there.

    Raises InputError where OpenSSL cannot read it.
    """
    library = libcrypto()
    certificate, length = _d2i(der)
    try:
        if not certificate:
            raise InputError("OpenSSL cannot read this certificate")
        yield certificate, length
    finally:
        library.X509_free(certificate)
        library.ERR_clear_error()  # Python's ssl module reads the same queue


@contextmanager
def stack(ders: Iterable[bytes]) -> Iterator[tuple[int, dict[int, bytes]]]:
    """A stack of the X509 objects in `ders`, and the DER of each; unreadable ones are left out."""
    library = libcrypto()
    handle = library.OPENSSL_sk_new_null()
    objects: dict[int, bytes] = {}
    try:
        for der in ders:
            certificate, _ = _d2i(der)
            if certificate:
                library.OPENSSL_sk_push(handle, certificate)
                objects[certificate] = der
        yield handle, objects
    finally:
        library.OPENSSL_sk_pop_free(handle, ctypes.cast(library.X509_free, c_void_p))
        library.ERR_clear_error()


def is_signed(der: bytes, issuer_der: bytes) -> bool:
    """Whether the key in `issuer_der` made the signature of `der`; names are not looked at."""
    library = libcrypto()
    try:
        with parsed(der) as (certificate, _), parsed(issuer_der) as (issuer, _):
            key = library.X509_get0_pubkey(issuer)
            return bool(key) and library.X509_verify(certificate, key) == 1
    except InputError:
        return False


def _d2i(der: bytes) -> tuple[int | None, int]:
    start = ctypes.cast(c_char_p(der), c_void_p).value or 0
    at = c_void_p(start)
    certificate: int | None = libcrypto().d2i_X509(None, ctypes.byref(at), len(der))
    return certificate, (at.value or 0) - start
