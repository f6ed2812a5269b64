from __future__ import annotations

import hashlib
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.errors import InputError, MissingLibrary
from edgeaudit.location import printable
from edgeaudit.x509 import libcrypto
from edgeaudit.x509.certificate import (
    Certificate,
    Unreadable,
    describe,
    is_signed_by,
    read_bundle,
    read_der,
)
from tests.factories import CA, NOW, Made, PrivateKey, bundle, distinguished, rsa_key, self_signed
from tests.x509.forging import EXTENSIONS, VERSION, forge

ROOT = CA.root("Acme Root")
ISSUING = ROOT.intermediate(distinguished("Acme Issuing CA", organization_name="Acme, Inc."))
LEAF = ISSUING.leaf(
    "api.example.com",
    names=["api.example.com", "*.example.com", "192.0.2.1", "2001:DB8::1"],
    serial=0x0A0B,
    not_before=datetime(2026, 1, 1, tzinfo=timezone.utc),
    not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
)


def test_every_fact_of_a_certificate() -> None:
    read = read_der(LEAF.der)
    assert read.sha256 == hashlib.sha256(LEAF.der).hexdigest()
    assert read.der == LEAF.der
    assert read.subject == "CN=api.example.com"
    assert read.issuer == 'CN=Acme Issuing CA, O="Acme, Inc."'
    assert read.issuer_canonical == ISSUING.certificate.subject_canonical
    assert read.serial == "a0b"
    assert read.not_before == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert read.not_after == datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert read.dns_names == ("api.example.com", "*.example.com")
    assert read.ip_addresses == ("192.0.2.1", "2001:db8::1")
    assert read.names == ("api.example.com", "*.example.com", "192.0.2.1", "2001:db8::1")
    assert read.has_san
    assert read.common_names == ("api.example.com",)
    assert (read.key, read.signature) == ("EC P-256", "sha256")
    assert not read.is_ca
    assert read.authority_key_id == ISSUING.certificate.subject_key_id
    assert read.known_by == "certificate"
    assert read.remarks == ()


def test_a_certificate_is_read_once_a_run() -> None:
    assert read_der(LEAF.der) is read_der(bytes(bytearray(LEAF.der)))


@pytest.mark.parametrize(
    ("key", "text", "signature"),
    [
        (rsa_key(2048), "RSA 2048", "sha256"),
        (ec.generate_private_key(ec.SECP384R1()), "EC P-384", "sha256"),
        (ec.generate_private_key(ec.SECP256K1()), "EC secp256k1", "sha256"),
        (dsa.generate_private_key(1024), "DSA 1024", "sha256"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519", "ed25519"),
    ],
)
def test_keys_and_signatures_have_names(key: PrivateKey, text: str, signature: str) -> None:
    read = self_signed("a.example", key=key).certificate
    assert (read.key, read.signature) == (text, signature)


def test_the_signature_is_named_after_its_hash() -> None:
    assert ROOT.leaf("a.example", digest=hashes.SHA384()).certificate.signature == "sha384"


@pytest.mark.parametrize(
    ("made", "is_ca"),
    [(ROOT, True), (LEAF, False), (ROOT.leaf("a.example", ca=None), False)],
)
def test_a_ca_is_what_basic_constraints_call_one(made: Made, is_ca: bool) -> None:
    assert made.certificate.is_ca is is_ca


def version_1(fields: list[bytes]) -> None:
    del fields[EXTENSIONS], fields[VERSION]


def test_a_self_issued_certificate_of_version_1_counts_as_a_ca() -> None:
    root = forge(ROOT, ROOT, version_1)
    leaf = forge(ROOT, ROOT.leaf("a.example"), version_1)
    assert (root.certificate.is_ca, leaf.certificate.is_ca) == (True, False)


def test_who_signed_itself() -> None:
    renamed = CA.root("Acme Root", signed_with=ISSUING.private_key).certificate
    assert ROOT.certificate.is_self_signed
    assert renamed.is_self_issued
    assert not renamed.is_self_signed
    assert not LEAF.certificate.is_self_issued


@pytest.mark.parametrize("without_library", [False, True])
def test_a_signature_is_checked_with_the_key(
    without_library: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without_library:
        monkeypatch.setattr(libcrypto, "is_signed", no_library)
    old = ISSUING.leaf("signed.example").certificate
    same_name = ROOT.intermediate(ISSUING.parsed.subject).certificate
    assert is_signed_by(old, ISSUING.certificate)
    assert not is_signed_by(old, same_name)
    assert not is_signed_by(old, self_signed("rsa.example", key=rsa_key()).certificate)


def no_library(*_: object) -> bool:
    raise MissingLibrary("none")


def test_without_a_signature_names_must_do() -> None:
    assert is_signed_by(LEAF.described, ISSUING.certificate)
    assert is_signed_by(LEAF.certificate, ISSUING.described)
    assert not is_signed_by(LEAF.described, ROOT.certificate)


def subjects(data: str | bytes) -> list[str]:
    data = data.encode() if isinstance(data, str) else data
    return [
        each.subject if isinstance(each, Certificate) else f"{each.position}: {each.reason}"
        for each in read_bundle(data)
    ]


BOTH = ["CN=api.example.com", "CN=Acme Root"]


@pytest.mark.parametrize(
    "data",
    [
        bundle(LEAF, ROOT),
        bundle(LEAF, "\n\n", ROOT).replace("\n", "\r\n"),
        bundle(LEAF, ROOT).replace("\n", "\r"),
        bundle(LEAF, ROOT).replace("\n", "\n\n"),
        bundle("0 s:CN=first\n", LEAF, ROOT),
        "\ufeff" + bundle("0 s:CN=first\n", LEAF, "1 s:CN=second\n", ROOT, "\n.\n"),
        bundle(LEAF, LEAF.key_pem, ROOT, ROOT.key_pem),
        bundle(LEAF, ROOT).replace(" CERT", " X509 CERT"),
        bundle(LEAF, ROOT).rstrip("\n"),
    ],
)
def test_a_bundle_is_read_whatever_surrounds_its_certificates(data: str) -> None:
    assert subjects(data) == BOTH


def test_a_der_file_is_a_bundle_of_one() -> None:
    assert subjects(LEAF.der) == ["CN=api.example.com"]
    (read,) = read_bundle(LEAF.der + b"\n")
    assert isinstance(read, Certificate)
    assert read.remarks == ("other data after the certificate",)
    assert read.der == LEAF.der


@pytest.mark.parametrize("data", [b"", b"\n", b"no certificate here", LEAF.key_pem.encode()])
def test_without_certificates_a_bundle_is_empty(data: bytes) -> None:
    assert read_bundle(data) == ()


def test_a_bad_block_keeps_its_place_and_costs_no_other() -> None:
    damaged = LEAF.pem.replace("MII", "AAA", 1)
    cut_off = ROOT.pem[:-40]
    assert subjects(bundle(LEAF, damaged, ROOT, cut_off)) == [
        "CN=api.example.com",
        "1: this is no certificate, or a damaged one",
        "CN=Acme Root",
        "3: its PEM block is cut off or damaged",
    ]


@given(st.data())
def test_nothing_of_a_key_is_ever_echoed(data: st.DataObject) -> None:
    """Whatever happens to the PEM, no line of the key reaches a reason."""
    text = bundle(LEAF.key_pem.replace("PRIVATE KEY", "CERTIFICATE"), LEAF, LEAF.key_pem)
    at = data.draw(st.integers(0, len(text)))
    read = read_bundle((text[:at] + data.draw(st.text(max_size=3)) + text[at + 1 :]).encode())
    shown = "".join(each.reason for each in read if isinstance(each, Unreadable))
    assert not any(line in shown for line in LEAF.key_pem.splitlines()[1:-1])


GOOD = [LEAF.der, ROOT.der, self_signed("rsa.example", key=rsa_key()).der]


@given(st.sampled_from(GOOD), st.data())
def test_no_damage_raises_anything_but_input_error(good: bytes, data: st.DataObject) -> None:
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(good)) | st.just(len(good)))]
    try:
        read = read_der(bytes(damaged))
    except InputError as error:
        assert error.message == "this is no certificate, or a damaged one"  # noqa: PT017
    else:
        assert printable(read.subject) == read.subject
        assert read.is_self_signed in (True, False)


@given(st.binary() | st.binary().map(lambda data: b"\x30\x82" + data))
def test_no_bytes_raise(data: bytes) -> None:
    read_bundle(data)
    read_bundle(b"-----BEGIN CERTIFICATE-----" + data + b"-----END CERTIFICATE-----")


def description(**changes: object) -> Certificate:
    facts: dict[str, object] = {
        "subject": "EMAILADDRESS=test@test.com, CN=api-ssl.example.com, O=Apigee, C=US",
        "issuer": "EMAILADDRESS=test@test.com, CN=api-ssl.example.com, O=Apigee, C=US",
        "serial": "00:92:85:f7:e5:3b:c5:30:26",
        "not_before": NOW,
        "not_after": NOW,
        "names": [],
        "is_ca": False,
        "key": "RSA Public Key, 2048 bits",
        "signature": "SHA1withRSA",
    }
    return describe(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_description_in_edges_words() -> None:
    """The entry of shared/edge-api/recorded/cert-get-single-expired.json."""
    read = description()
    assert read.subject == "EMAILADDRESS=test@test.com, CN=api-ssl.example.com, O=Apigee, C=US"
    assert read.serial == "9285f7e53bc53026"
    assert (read.key, read.signature) == ("RSA 2048", "sha1")
    assert read.common_names == ("api-ssl.example.com",)
    assert read.is_self_signed
    assert not read.has_san
    assert (read.der, read.sha256, read.known_by) == (None, None, "description")


def test_the_names_of_a_description_are_bare_or_typed() -> None:
    read = description(names=["a.example", "DNS:b.example", "IP Address:192.0.2.1", "2001:DB8::1"])
    assert read.dns_names == ("a.example", "b.example")
    assert read.ip_addresses == ("192.0.2.1", "2001:db8::1")
    assert read.has_san


def test_a_description_has_the_names_and_serial_of_the_real_certificate() -> None:
    for made in (LEAF, ISSUING):
        described, real = made.described, made.certificate
        assert described.subject == real.subject
        assert described.subject_canonical == real.subject_canonical
        assert described.issuer_canonical == real.issuer_canonical
        assert described.serial == real.serial
        assert described.names == real.names


@given(st.text(), st.text(), st.lists(st.text()))
def test_no_description_raises(name: str, serial: str, names: list[str]) -> None:
    read = description(subject=name, issuer=name, serial=serial, names=names, key=serial)
    assert read.is_self_issued
    shown = "".join((read.subject, read.serial, *read.names))
    assert printable(shown) == shown
