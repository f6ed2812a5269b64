"""Certificates that `cryptography` refuses or warns of, and OpenSSL reads."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from edgeaudit.errors import MissingLibrary
from edgeaudit.x509 import facts, lenient, libcrypto
from edgeaudit.x509.certificate import Unreadable, read_bundle
from tests.factories import CA, Made, distinguished, rsa_key, self_signed
from tests.x509.forging import (
    ALGORITHM,
    EXTENSIONS,
    ISSUER,
    SERIAL,
    SUBJECT,
    VALIDITY,
    VERSION,
    der,
    forge,
    parts,
    rdn,
    sequence,
)
from tests.x509.openssl import needs_openssl, openssl_answers
from tests.x509.pkis import Case, answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOT = CA.root("Acme Root")
LEAF = ROOT.leaf("a.example", names=["a.example", "192.0.2.1"])
CN = "550403"
TOLERATED = "not strict DER, or not as RFC 5280 asks: read as OpenSSL reads it"


def replaced(field: int, value: bytes) -> Callable[[list[bytes]], None]:
    def change(fields: list[bytes]) -> None:
        fields[field] = value

    return change


def with_extension(oid: x509.ObjectIdentifier, value: str, **overrides: Any) -> Made:
    extension = x509.UnrecognizedExtension(oid, bytes.fromhex(value))
    return ROOT.leaf("a.example", extensions=[(extension, False)], **overrides)


def duplicated_extension(fields: list[bytes]) -> None:
    (extensions,) = parts(fields[EXTENSIONS])
    first, *others = parts(extensions)
    fields[EXTENSIONS] = der(0xA3, sequence(first, first, *others))


ECDSA_WITH_NULL = bytes.fromhex("300c06082a8648ce3d0403020500")
UNSORTED = rdn((CN, 12, b"z.example"), ("55040a", 12, b"a"))

ODD = {
    "version 2": forge(ROOT, LEAF, replaced(VERSION, bytes.fromhex("a003020101"))),
    "version 4": forge(ROOT, LEAF, replaced(VERSION, bytes.fromhex("a003020103"))),
    "explicit version 1": forge(ROOT, LEAF, replaced(VERSION, bytes.fromhex("a003020100"))),
    "negative serial": forge(ROOT, LEAF, replaced(SERIAL, bytes.fromhex("0202ff7f"))),
    "zero serial": forge(ROOT, LEAF, replaced(SERIAL, bytes.fromhex("020100"))),
    "unsorted RDN": forge(ROOT, LEAF, replaced(SUBJECT, sequence(UNSORTED))),
    "bad PrintableString": forge(
        ROOT, LEAF, replaced(SUBJECT, sequence(rdn((CN, 19, b"*@a.example"))))
    ),
    "Latin-1 T61String": forge(
        ROOT, LEAF, replaced(SUBJECT, sequence(rdn((CN, 20, b"B\xfccher"))))
    ),
    "NULL parameters": forge(
        ROOT, LEAF, replaced(ALGORITHM, ECDSA_WITH_NULL), algorithm=ECDSA_WITH_NULL
    ),
    "explicit default": with_extension(ExtensionOID.BASIC_CONSTRAINTS, "3003010100", ca=None),
    "duplicate extension": forge(ROOT, LEAF, duplicated_extension),
    "bad SAN": with_extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, "0400", san=False),
    "network in SAN": with_extension(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME, "300a8708c0000200ffffff00", san=False
    ),
    "U-label in SAN": with_extension(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        der(0x30, der(0x82, "bücher.example".encode())).hex(),
        san=False,
    ),
    "time with an offset": forge(
        ROOT,
        LEAF,
        replaced(
            VALIDITY, sequence(der(0x17, b"260101000000+0100"), der(0x18, b"99991231235959Z"))
        ),
    ),
    "trailing bytes": Made(LEAF.der + b"\0\0", LEAF.private_key),
}


@pytest.mark.parametrize("name", ODD)
def test_what_openssl_reads_is_read(name: str) -> None:
    read = ODD[name].certificate
    assert read.issuer == "CN=Acme Root"
    assert read.key == "EC P-256"
    assert read.signature == "sha256"


@needs_openssl
@pytest.mark.parametrize("name", ODD)
def test_odd_certificates_get_the_verdict_of_the_command(name: str, tmp_path: Path) -> None:
    case = Case([ODD[name]], [], [ROOT], options={"hostname": "a.example"})
    assert answers(case) == openssl_answers(case, tmp_path)


def test_reading_them_warns_nobody() -> None:
    """Tests turn warnings into errors, so a program of its own must show it."""
    program = "import sys; from edgeaudit.x509.certificate import read_der\n"
    program += "for der in sys.argv[1:]: read_der(bytes.fromhex(der))"
    ders = [made.der.hex() for made in ODD.values()]
    done = subprocess.run(
        [sys.executable, "-c", program, *ders], check=True, capture_output=True, text=True
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("version 2", "version 2"),
        ("version 4", "version 4"),
        ("negative serial", "negative serial number"),
        ("zero serial", "serial number zero"),
        ("unsorted RDN", TOLERATED),
        ("explicit default", TOLERATED),
        ("duplicate extension", "an extension cannot be read"),
        ("bad SAN", "an extension cannot be read"),
        ("trailing bytes", "other data after the certificate"),
    ],
)
def test_what_is_odd_is_remarked_on(name: str, remark: str) -> None:
    assert remark in ODD[name].certificate.remarks


def test_the_facts_of_odd_certificates() -> None:
    assert ODD["negative serial"].certificate.serial == "-81"
    assert ODD["zero serial"].certificate.serial == "0"
    assert ODD["unsorted RDN"].certificate.subject == "CN=z.example + O=a"
    assert ODD["bad PrintableString"].certificate.subject == "CN=*@a.example"
    assert ODD["Latin-1 T61String"].certificate.common_names == ("Bücher",)
    assert ODD["version 4"].certificate.names == ("a.example", "192.0.2.1")
    assert ODD["network in SAN"].certificate.has_san
    assert ODD["network in SAN"].certificate.names == ()
    assert ODD["U-label in SAN"].certificate.dns_names == ("bücher.example",)
    odd = ODD["time with an offset"].certificate
    assert odd.not_before == datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
    assert odd.not_after == datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)


@pytest.mark.parametrize("time", [b"20261332000000Z", b"00000101000000Z"])
def test_a_date_that_is_none_is_year_1_and_remarked_on(time: bytes) -> None:
    validity = sequence(der(0x17, b"260101000000Z"), der(0x18, time))
    read = forge(ROOT, LEAF, replaced(VALIDITY, validity)).certificate
    assert read.not_after == datetime(1, 1, 1, tzinfo=timezone.utc)
    assert "a validity date cannot be read" in read.remarks


def test_control_characters_are_kept_as_text() -> None:
    hostile = forge(ROOT, LEAF, replaced(SUBJECT, sequence(rdn((CN, 12, b"a\n\x1b[2J\0")))))
    assert hostile.certificate.subject == r'CN="a\n\x1b[2J\x00"'


@pytest.mark.parametrize(
    "made",
    [
        ROOT,
        LEAF,
        CA.root(distinguished("Bücher", country_name="DE", email_address="a@b.example")),
        self_signed("rsa.example", key=rsa_key(), not_after=datetime(2050, 1, 1)),
        ROOT.leaf("no-ids.example", key_ids=False, san=False, ca=None),
    ],
)
def test_both_readers_agree_on_good_certificates(made: Made) -> None:
    tolerant = lenient.read(made.der)
    assert tolerant.remarks == (TOLERATED,)
    assert tolerant._replace(remarks=()) == facts.read(made.der)


def test_a_key_that_nobody_can_load_is_named_by_its_algorithm() -> None:
    def unknown_curve(fields: list[bytes]) -> None:
        secp256r1, private_oid = (
            bytes.fromhex("2a8648ce3d030107"),
            bytes.fromhex("2a8648ce3d030177"),
        )
        fields[:] = [field.replace(secp256r1, private_oid) for field in fields]

    assert forge(ROOT, LEAF, unknown_curve).certificate.key == "id-ecPublicKey"


def test_the_issuer_is_part_of_the_parts() -> None:
    """The forger's own count of the fields is right."""
    renamed = forge(ROOT, LEAF, replaced(ISSUER, sequence(rdn((CN, 12, b"other")))))
    assert renamed.certificate.issuer == "CN=other"


def test_without_openssl_what_is_odd_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingLibrary("the OpenSSL of this Python cannot be called")

    monkeypatch.setattr(libcrypto, "libcrypto", missing)
    odd = forge(ROOT, LEAF, replaced(VERSION, bytes.fromhex("a003020103")))
    (unreadable,) = read_bundle(odd.der)
    assert unreadable == Unreadable(0, "the OpenSSL of this Python cannot be called")
