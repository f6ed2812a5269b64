"""The facts of a certificate that `cryptography` refuses, as OpenSSL reads them."""

from __future__ import annotations

import ctypes
import ipaddress
from ctypes import byref, c_int, c_void_p
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edgeaudit.location import printable
from edgeaudit.x509 import facts
from edgeaudit.x509.libcrypto import libcrypto, parsed
from edgeaudit.x509.names import Attribute, Name, name

_NEGATIVE = 0x100  # V_ASN1_NEG, in the type of an ASN1_INTEGER
_SUBJECT_ALT_NAME = 85  # NID_subject_alt_name
_DNS, _IP = 2, 7  # GEN_DNS, GEN_IPADD
_CA, _VERSION_1_ROOT, _INVALID = 0x10, 0x60, 0x80  # EXFLAG_CA, _V1 | _SI, _INVALID
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NO_TIME = datetime.min.replace(tzinfo=timezone.utc)


def read(der: bytes) -> facts.Facts:
    """The facts of the certificate at the start of `der`, with remarks on what is odd.

    A time that OpenSSL cannot read is year 1. Raises InputError or ValueError where OpenSSL
    cannot read the certificate, MissingLibrary where it cannot be called.
    """
    with parsed(der) as (certificate, length):
        return _facts(certificate, der[:length])


def _facts(certificate: int, der: bytes) -> facts.Facts:
    library = libcrypto()
    flags = library.X509_get_extension_flags(certificate)
    dns_names, ip_addresses = _alternative_names(certificate)
    not_before = _time(library.X509_get0_notBefore(certificate))
    not_after = _time(library.X509_get0_notAfter(certificate))
    version = library.X509_get_version(certificate) + 1
    oddities = {
        "not strict DER, or not as RFC 5280 asks: read as OpenSSL reads it": True,
        f"version {version}": version not in (1, 3),
        "a validity date cannot be read": _NO_TIME in (not_before, not_after),
        "an extension cannot be read": flags & _INVALID,
    }
    return facts.Facts(
        der=der,
        subject=_name(library.X509_get_subject_name(certificate)),
        issuer=_name(library.X509_get_issuer_name(certificate)),
        serial=_integer(library.X509_get0_serialNumber(certificate)),
        not_before=not_before,
        not_after=not_after,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        has_san=library.X509_get_ext_by_NID(certificate, _SUBJECT_ALT_NAME, -1) >= 0,
        key=_key(library.X509_get_X509_PUBKEY(certificate)),
        signature=_signature(certificate),
        is_ca=bool(flags & _CA) or flags & _VERSION_1_ROOT == _VERSION_1_ROOT,
        subject_key_id=_octets(library.X509_get0_subject_key_id(certificate)),
        authority_key_id=_octets(library.X509_get0_authority_key_id(certificate)),
        remarks=tuple(oddity for oddity, holds in oddities.items() if holds),
    )


def _octets(string: int | None) -> bytes | None:
    library = libcrypto()
    if not string:
        return None
    return ctypes.string_at(
        library.ASN1_STRING_get0_data(string), library.ASN1_STRING_length(string)
    )


def _integer(number: int) -> int:
    magnitude = int.from_bytes(_octets(number) or b"", "big")
    return -magnitude if libcrypto().ASN1_STRING_type(number) & _NEGATIVE else magnitude


def _time(time: int) -> datetime:
    library = libcrypto()
    days, seconds, epoch = c_int(), c_int(), library.ASN1_TIME_set(None, 0)
    try:
        if not library.ASN1_TIME_diff(byref(days), byref(seconds), epoch, time):
            return _NO_TIME
        return _EPOCH + timedelta(days.value, seconds.value)
    except OverflowError:  # year 0
        return _NO_TIME
    finally:
        library.ASN1_TIME_free(epoch)


def _name(subject: int) -> Name:
    library = libcrypto()
    rdns: dict[int, list[Attribute]] = {}
    for index in range(library.X509_NAME_entry_count(subject)):
        entry = library.X509_NAME_get_entry(subject, index)
        value = library.X509_NAME_ENTRY_get_data(entry)
        rdns.setdefault(library.X509_NAME_ENTRY_set(entry), []).append(
            (
                _dotted(library.X509_NAME_ENTRY_get_object(entry)),
                library.ASN1_STRING_type(value),
                _octets(value) or b"",
            )
        )
    return name(list(rdns.values()))


def _alternative_names(certificate: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    library = libcrypto()
    dns_names, ip_addresses = [], []
    names = library.X509_get_ext_d2i(certificate, _SUBJECT_ALT_NAME, None, None)
    for index in range(library.OPENSSL_sk_num(names)):
        kind = c_int()
        value = library.GENERAL_NAME_get0_value(library.OPENSSL_sk_value(names, index), byref(kind))
        if kind.value == _DNS:
            dns_names.append(printable((_octets(value) or b"").decode("utf-8", "replace")))
        elif kind.value == _IP and len(octets := _octets(value) or b"") in (4, 16):
            ip_addresses.append(str(ipaddress.ip_address(octets)))
    library.GENERAL_NAMES_free(names)
    return tuple(dns_names), tuple(ip_addresses)


def _key(public_key: int) -> str:
    library = libcrypto()
    length = library.i2d_X509_PUBKEY(public_key, None)
    buffer = ctypes.create_string_buffer(length)
    library.i2d_X509_PUBKEY(public_key, byref(c_void_p(ctypes.addressof(buffer))))
    try:
        return facts.key_text(load_der_public_key(buffer.raw))
    except (ValueError, UnsupportedAlgorithm):
        algorithm = c_void_p()
        library.X509_PUBKEY_get0_param(byref(algorithm), None, None, None, public_key)
        return _short_name(algorithm)


def _signature(certificate: int) -> str:
    library = libcrypto()
    digest, key = c_int(), c_int()
    library.X509_get_signature_info(certificate, byref(digest), byref(key), None, None)
    if nid := digest.value or key.value:
        short_name: bytes = library.OBJ_nid2sn(nid)
        return short_name.decode().lower()
    algorithm, oid = c_void_p(), c_void_p()
    library.X509_get0_signature(None, byref(algorithm), certificate)
    library.X509_ALGOR_get0(byref(oid), None, None, algorithm)
    return _short_name(oid)


def _short_name(oid: c_void_p) -> str:
    library = libcrypto()
    nid = library.OBJ_obj2nid(oid)
    return library.OBJ_nid2sn(nid).decode() if nid else _dotted(oid)


def _dotted(oid: int | c_void_p) -> str:
    text = ctypes.create_string_buffer(256)
    libcrypto().OBJ_obj2txt(text, len(text), oid, 1)
    return text.value.decode()
