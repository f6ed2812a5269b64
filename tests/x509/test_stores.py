from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12 as library
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.errors import InputError, MissingLibrary
from edgeaudit.x509 import lenient, pbe
from edgeaudit.x509.stores import LARGEST, Entry, read_entries, read_file
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made, bundle, distinguished, rsa_key
from tests.x509 import keystores
from tests.x509.forging import VERSION, der, forge, parts, sequence
from tests.x509.keystores import (
    DATA,
    SEALED_KEY,
    certificate_bag,
    indefinite,
    info,
    java_store,
    key_bag,
    key_entry,
    oid,
    pfx,
    secret_entry,
    trusted_entry,
)
from tests.x509.openssl import needs_openssl

ROOT = CA.root("Acme Root")
ISSUING = ROOT.intermediate("Acme Issuing")
LEAF = ISSUING.leaf("a.example")
OTHER = CA.root("Other Root")


def encrypted(password: bytes = b"secret", **builder: Any) -> bytes:
    """A store of `cryptography`: LEAF's key, its chain, and a stranger."""
    encryption = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1)
    for method, value in builder.items():
        encryption = getattr(encryption, method)(value)
    return library.serialize_key_and_certificates(
        b"server",
        LEAF.private_key,
        LEAF.parsed,
        [library.PKCS12Certificate(OTHER.parsed, b"stranger"), ROOT.parsed, ISSUING.parsed],
        encryption.build(password),
    )


def told(bundles: tuple[Entry, ...]) -> list[tuple[str | None, list[str], bool]]:
    return [
        (each.name, [found.common_names[0] for found in each.certificates], each.has_key)
        for each in bundles
    ]


CHAIN = ["a.example", "Acme Issuing", "Acme Root"]
SAFE = [
    key_bag("server", b"\1"),
    certificate_bag(LEAF.der, "server", b"\1"),
    certificate_bag(ISSUING.der),
    certificate_bag(ROOT.der),
]
GOOD = {
    "PEM": bundle("# ours\n", LEAF, LEAF.key_pem, ISSUING).encode(),
    "DER": LEAF.der,
    "PKCS#7": keystores.pkcs7(ROOT.der, LEAF.der),
    "PKCS#12": keystores.pkcs12(*SAFE),
    "encrypted": encrypted(),
    "JKS": java_store(key_entry("server", LEAF.der, ISSUING.der), trusted_entry("ca", ROOT.der)),
    "JCEKS": java_store(
        secret_entry("aes"), trusted_entry("ca", ROOT.der), secret_entry("b"), magic="cececece"
    ),
}


def pem(label: str, content: bytes) -> bytes:
    text = bundle(Made(content, LEAF.private_key))
    return text.replace("CERTIFICATE", label).encode()


@pytest.mark.parametrize(
    ("data", "names", "has_key"),
    [
        (GOOD["PEM"], ["a.example", "Acme Issuing"], True),
        (bundle("text", ROOT, "\n\n\tmore", LEAF).encode(), ["Acme Root", "a.example"], False),
        (bundle("\ufeff", ROOT).replace("\n", "\r\n").encode(), ["Acme Root"], False),
        (LEAF.der, ["a.example"], False),
        (LEAF.der + ROOT.der, ["a.example", "Acme Root"], False),
        (LEAF.der + b"\n", ["a.example"], False),
        (indefinite(LEAF.der, 1), ["a.example"], False),
        (GOOD["PKCS#7"], ["a.example", "Acme Root"], False),
        (pem("PKCS7", keystores.pkcs7(ROOT.der, LEAF.der)), ["a.example", "Acme Root"], False),
        (pem("CMS", keystores.pkcs7(ROOT.der)), ["Acme Root"], False),
        (indefinite(keystores.pkcs7(ROOT.der, LEAF.der), 3), ["a.example", "Acme Root"], False),
        (keystores.pkcs7(der(0xA1, b"other"), ROOT.der), ["Acme Root"], False),
    ],
    ids=[
        "pem",
        "text",
        "crlf",
        "der",
        "ders",
        "newline",
        "ber",
        "p7b",
        "pkcs7",
        "cms",
        "ber p7b",
        "choice",
    ],
)
def test_files_without_names_are_one_bundle(data: bytes, names: list[str], has_key: bool) -> None:
    assert told(read_entries(data)) == [(None, names, has_key)]


def test_what_follows_a_certificate_is_remarked_on() -> None:
    ((first, last),) = (each.certificates for each in read_entries(ROOT.der + LEAF.der + b"\n"))
    assert first.remarks == ()
    assert last.remarks == ("other data after the certificate",)


@pytest.mark.parametrize(
    ("bags", "expected"),
    [
        (SAFE, [("server", CHAIN, True)]),
        (SAFE[::-1], [("server", CHAIN, True)]),
        ([certificate_bag(ROOT.der, "r"), certificate_bag(OTHER.der)],
         [("r", ["Acme Root"], False), (None, ["Other Root"], False)]),
        ([*SAFE, certificate_bag(OTHER.der, "o")],
         [("server", CHAIN, True), ("o", ["Other Root"], False)]),
        ([*SAFE, certificate_bag(ROOT.der, "ca", trusted=True)],
         [("server", CHAIN, True), ("ca", ["Acme Root"], False)]),
        ([*SAFE, key_bag("two", b"\2"), certificate_bag(OTHER.der, None, b"\2")],
         [("server", CHAIN, True), ("two", ["Other Root"], True)]),
        ([key_bag("n"), certificate_bag(ROOT.der), certificate_bag(OTHER.der, "n")],
         [("n", ["Other Root"], True), (None, ["Acme Root"], False)]),
        ([key_bag(), *map(certificate_bag, (ROOT.der, ISSUING.der, LEAF.der))],
         [(None, CHAIN, True)]),
        ([key_bag("n", b"\3"), certificate_bag(ROOT.der, "n", b"\4")],
         [("n", ["Acme Root"], False)]),
        ([key_bag("n", b"\3"), key_bag("m", b"\4"), certificate_bag(ROOT.der)],
         [(None, ["Acme Root"], False)]),
        ([certificate_bag(ROOT.der, "b\0\x1b[2J\u202eü")],
         [(r"b\x00\x1b[2J\u202eü", ["Acme Root"], False)]),
        ([keystores.bag(keystores.CRL_BAG, sequence()), certificate_bag(ROOT.der)],
         [(None, ["Acme Root"], False)]),
    ],
    ids=["chain", "backwards", "no key", "stranger", "trusted", "two keys", "by name", "by leaf",
         "other id", "unknown", "hostile", "crl"],
)  # fmt: skip
def test_a_key_stands_with_its_chain(bags: list[bytes], expected: list[Any]) -> None:
    assert told(read_entries(keystores.pkcs12(*bags))) == expected


def test_of_two_issuers_the_one_that_signed_is_taken() -> None:
    twin = ROOT.intermediate("Acme Issuing")
    safe = keystores.pkcs12(*SAFE[:2], certificate_bag(twin.der), certificate_bag(ISSUING.der))
    server, other = read_entries(safe)
    assert server.certificates == (LEAF.certificate, ISSUING.certificate)
    assert other.certificates == (twin.certificate,)


def test_an_issuer_by_name_only_is_shown_and_a_circle_ends() -> None:
    one, two = CA.root("One"), CA.root("Two")
    around = [two.cross_sign(one), one.cross_sign(two)]
    safe = [key_bag("k", b"\1"), certificate_bag(around[0].der, "k", b"\1")]
    assert told(read_entries(keystores.pkcs12(*safe, certificate_bag(around[1].der)))) == [
        ("k", ["One", "Two"], True)
    ]
    impostor = CA.root("Two")
    assert told(read_entries(keystores.pkcs12(*safe, certificate_bag(impostor.der)))) == [
        ("k", ["One", "Two"], True)
    ]


@pytest.mark.parametrize(
    "data",
    [
        encrypted(),
        encrypted(hmac_hash=hashes.SHA512()),
        encrypted(key_cert_algorithm=library.PBES.PBESv1SHA1And3KeyTripleDESCBC),
        encrypted(
            hmac_hash=hashes.SHA1(), key_cert_algorithm=library.PBES.PBESv2SHA256AndAES256CBC
        ),
    ],
    ids=["default", "sha512", "3des", "sha1"],
)
def test_a_password_opens_a_store(data: bytes) -> None:
    expected = [("server", CHAIN, True), ("stranger", ["Other Root"], False)]
    assert told(read_entries(data, lambda: "secret")) == expected
    with pytest.raises(InputError, match="the password is wrong") as caught:
        read_entries(data, lambda: "other")
    assert "EDGEAUDIT_STORE_PASSWORD" in caught.value.hint
    assert "--password-file" in caught.value.hint
    for missing in (None, ""):
        with pytest.raises(InputError, match="there is no password") as caught:
            read_entries(data, lambda missing=missing: missing)  # type: ignore[misc]
        assert "EDGEAUDIT_STORE_PASSWORD" in caught.value.hint


def test_the_digest_of_rfc_9579() -> None:
    hmac_sha256 = sequence(oid("2a864886f70d0209"), der(5))
    salted = sequence(der(4, b"salt"), der(2, b"\2"), der(2, b"\x20"), hmac_sha256)
    scheme = sequence(sequence(oid("2a864886f70d01050c"), salted), hmac_sha256)
    version, wrapped, _ = parts(encrypted())
    (octets,) = parts(parts(wrapped)[1])
    key = hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 2, 32)
    digest = hmac.digest(key, octets[4:], "sha256")
    told_of = sequence(sequence(oid("2a864886f70d01050e"), scheme), der(4, digest))
    data = sequence(version, wrapped, sequence(told_of, der(4, b"none"), der(2, b"\2")))
    assert library.load_pkcs12(data, b"secret").cert
    assert told(read_entries(data, lambda: "secret"))[0] == ("server", CHAIN, True)
    with pytest.raises(InputError, match="the password is wrong"):
        read_entries(data.replace(digest, bytes(32)), lambda: "secret")


def test_a_cipher_that_is_forbidden_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise UnsupportedAlgorithm("not in this mode")

    monkeypatch.setattr(pbe, "Cipher", forbidden)
    with pytest.raises(InputError, match="OpenSSL forbids"):
        read_entries(encrypted(), lambda: "secret")


def test_a_password_of_other_characters() -> None:
    password = "p\u00e4ss \U0001f511"
    for cipher in library.PBES:
        data = encrypted(password.encode(), key_cert_algorithm=cipher)
        assert read_entries(data, lambda: password)


@pytest.mark.parametrize("name", ["PEM", "DER", "PKCS#7", "PKCS#12", "JKS", "JCEKS"])
def test_nobody_is_asked_for_a_password_in_vain(name: str) -> None:
    def asked() -> str:
        raise AssertionError

    assert read_entries(GOOD[name], asked)


@needs_openssl
@pytest.mark.parametrize(
    ("options", "password"),
    [
        ("-certpbe PBE-SHA1-RC2-40 -legacy", "secret"),
        ("-certpbe PBE-SHA1-RC2-128 -legacy", "bücher"),
        ("-certpbe PBE-SHA1-2DES -legacy -macalg sha384", "secret"),
        ("-certpbe aes-192-cbc -nomac", "bücher"),
        ("-certpbe des-ede3-cbc -macalg sha224", "secret"),
        ("-legacy", ""),
        ("", ""),
    ],
)
def test_what_openssl_writes_is_read(options: str, password: str, tmp_path: Path) -> None:
    (tmp_path / "in.pem").write_text(bundle(LEAF, LEAF.key_pem, ISSUING, ROOT))
    command = f"openssl pkcs12 -export -in in.pem -out out.p12 -name server -iter 2 {options}"
    command = command if "legacy" in options else f"{command} -keypbe aes-256-cbc"
    subprocess.run(
        [*command.split(), "-passout", f"pass:{password}"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    found = read_file(tmp_path / "out.p12", lambda: password or None)
    assert told(found) == [("server", CHAIN, True)]


@needs_openssl
def test_a_pkcs7_of_openssl_is_read(tmp_path: Path) -> None:
    (tmp_path / "in.pem").write_text(bundle(ROOT, ISSUING, LEAF))
    for form in ("PEM", "DER"):
        done = subprocess.run(
            f"openssl crl2pkcs7 -nocrl -certfile in.pem -outform {form}".split(),
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
        ((_, names, _),) = told(read_entries(done.stdout))
        assert (names[0], sorted(names)) == ("a.example", sorted(CHAIN))


def test_stores_in_ber_are_read() -> None:
    """NSS and Bouncy Castle write indefinite lengths."""
    inside = indefinite(sequence(info(DATA, der(4, indefinite(sequence(*SAFE), 2)))))
    data = indefinite(sequence(der(2, b"\3"), info(DATA, der(4, inside))))
    assert told(read_entries(data)) == [("server", CHAIN, True)]


def test_java_stores_have_a_bundle_for_each_alias() -> None:
    assert told(read_entries(GOOD["JKS"])) == [
        ("server", CHAIN[:2], True),
        ("ca", ["Acme Root"], False),
    ]
    assert told(read_entries(GOOD["JCEKS"])) == [("ca", ["Acme Root"], False)]


def test_aliases_in_modified_utf_8() -> None:
    store = java_store(trusted_entry("\0b\u202eü€\U0001f511\ud800", ROOT.der))
    assert [each.name for each in read_entries(store)] == ["\\x00b\\u202eü€\U0001f511\ufffd"]


def test_version_1_has_no_certificate_types() -> None:
    entry = trusted_entry("ca", ROOT.der).replace(b"\0\5X.509", b"")
    assert told(read_entries(java_store(entry, version=1))) == [("ca", ["Acme Root"], False)]


@pytest.mark.parametrize(
    "sealed",
    [
        SEALED_KEY.replace(b"com.sun.crypto.provider", b"com.ibm.crypto.provider"),
        SEALED_KEY[:-25] + b"q\0~\0\x08",  # the second name is the first one again
        SEALED_KEY[: SEALED_KEY.index(b"xpur") + 2] + b"p" * 4,
    ],
    ids=["other provider", "reference", "nulls"],
)
def test_forms_of_a_secret_key(sealed: bytes) -> None:
    entries = secret_entry("key", sealed), trusted_entry("ca", ROOT.der)
    assert len(read_entries(java_store(*entries, magic="cececece"))) == 1


def test_odd_certificates_in_stores_are_read_as_openssl_does() -> None:
    def change(fields: list[bytes]) -> None:
        fields[VERSION] = bytes.fromhex("a003020103")

    odd = forge(ROOT, LEAF, change)
    for data in (
        odd.pem.encode(),
        keystores.pkcs7(odd.der),
        keystores.pkcs12(certificate_bag(odd.der)),
        java_store(trusted_entry("odd", odd.der)),
    ):
        ((found,),) = (each.certificates for each in read_entries(data))
        assert "version 4" in found.remarks


REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(distinguished("a.example"))
    .sign(LEAF.private_key, hashes.SHA256())
)
REVOKED = (
    x509.CertificateRevocationListBuilder()
    .issuer_name(ROOT.parsed.subject)
    .last_update(NOW)
    .next_update(NOW)
    .sign(ROOT.private_key, hashes.SHA256())
)
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PKCS8, RAW = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
PLAIN, LOCKED = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"secret")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ": it is empty"),
        (b" \r\n", ": it is empty"),
        (b"no certificate", ""),
        (b"0 s:CN=a", ""),
        (LEAF.key_pem.encode(), ", but a private key"),
        (rsa_key().private_bytes(PEM, RAW, LOCKED), ", but a private key"),
        (rsa_key().private_bytes(DER, RAW, PLAIN), ", but a private key"),
        (rsa_key().private_bytes(DER, PKCS8, PLAIN), ", but a private key"),
        (rsa_key().private_bytes(DER, PKCS8, LOCKED), ", but a private key"),
        (LEAF.private_key.private_bytes(DER, RAW, PLAIN), ", but a private key"),
        (LEAF.private_key.private_bytes(DER, PKCS8, PLAIN), ", but a private key"),
        (REQUEST.public_bytes(PEM), ", but a certificate signing request"),
        (REQUEST.public_bytes(DER), ", but a certificate signing request"),
        (REVOKED.public_bytes(PEM), ", but a revocation list"),
        (REVOKED.public_bytes(DER), ", but a revocation list"),
        (pem("PUBLIC KEY", b"any"), ", but a public key"),
        (b"\n<!DOCTYPE html><title>Log in</title>", ": it is HTML or XML"),
        (b'{"error": 404}', ": it is JSON"),
        (b"PK\3\4\x14", ": it is a ZIP or JAR archive"),
        (ROOT.pem.encode("utf-16"), ": it is text in UTF-16, which OpenSSL does not read either"),
        (keystores.pkcs7(), ""),
        (keystores.pkcs12(*[key_bag("server", b"%d" % number) for number in range(9)]), ""),
        (java_store(), ""),
        (java_store(secret_entry("aes"), magic="cececece"), ""),
        (java_store(key_entry("no chain")), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_without_certificate_is_told_what_it_is(data: bytes, kind: str) -> None:
    with pytest.raises(InputError, match="holds no certificate") as caught:
        read_entries(data)
    assert caught.value.message == f"it holds no certificate{kind}"
    assert "PKCS#12" in caught.value.hint


def encrypted_part(algorithm: bytes, size: int = 16) -> bytes:
    content = sequence(der(2, b"\0"), sequence(oid(DATA), algorithm, der(0x80, bytes(size))))
    return info(keystores.ENCRYPTED, content)


def rounds(number: int, size: int = 4) -> bytes:
    """PBE with SHA-1 and RC2."""
    parameters = sequence(der(4, b"salt"), der(2, number.to_bytes(size, "big")))
    return encrypted_part(sequence(oid("2a864886f70d010c0106"), parameters))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (bundle(ROOT, LEAF.pem[:99]).encode(), "certificate 2 .*: its PEM block is cut off"),
        (bundle(ROOT, LEAF.pem[1:]).encode(), "a line BEGIN CERTIFICATE is missing or damaged"),
        (pem("CERTIFICATE", b"junk"), "certificate 1 .*: this is no certificate"),
        (pem("PKCS7", GOOD["PKCS#7"])[:-40], "its PKCS7 block is cut off"),
        (pem("PKCS7", b"junk"), "it is damaged"),
        (LEAF.der[:-1], "it is damaged: a DER element is cut off"),
        (ROOT.der + LEAF.der[:-1], "it is damaged: a DER element is cut off"),
        (keystores.pkcs7(ROOT.der, sequence()), "certificate 2 .*: this is no certificate"),
        (info(DATA, der(4, bytes(200))), "a PKCS#7 message that is not signed"),
        (keystores.pkcs12(certificate_bag(b"junk" * 99, "x")), r'certificate 1 \("x"\) cannot'),
        (java_store(trusted_entry("x", b"junk")), r'certificate 1 \("x"\) cannot be read'),
        (GOOD["JKS"][:-1], "it is damaged: it is cut off"),
        (GOOD["JKS"] + b"0", "it is damaged: something stands after its end"),
        (java_store(version=3), "unknown version 3"),
        (java_store(secret_entry("k")), "no known kind"),
        (java_store(secret_entry("k", b"\xac\xed"), magic="cececece"), 'secret key, "k", in an'),
        (java_store(secret_entry("k", SEALED_KEY[:-30]), magic="cececece"), "it is damaged"),
        (
            java_store(trusted_entry("x", ROOT.der).replace(b"X.509", b"X.5\x1b9")),
            r"of the unknown type X.5\\x1b9",
        ),
        (java_store(trusted_entry("x", ROOT.der).replace(b"\0\1x", b"\0\1\xff")), "it is damaged"),
        (keystores.pkcs12(keystores.bag(keystores.SAFE_BAG, sequence(*SAFE))), "bags within bags"),
        (keystores.pkcs12(*SAFE).replace(b"\2\1\3", b"\2\1\4"), "this is no certificate"),
        (pfx(info(keystores.SIGNED, sequence(bytes(200)))), "with a certificate, not with a"),
        (pfx(encrypted_part(sequence(oid("2a0304"), sequence(bytes(200))))), r"\(1.2.3.4\)"),
        (pfx(encrypted_part(sequence(), 1 << 22)), "an encrypted part of it is larger than 2 MiB"),
        (pfx(rounds(5_000_000), rounds(1)), "more than 5000000 rounds"),
        (pfx(rounds(1 << 800, 101)), "more than 5000000 rounds"),
        (pfx(rounds(3_000_000), rounds(3_000_000)), "more than 5000000 rounds"),
        (pfx(rounds(0), rounds(1)), "no round of key derivation"),
        (indefinite(keystores.pkcs7(ROOT.der), 3)[:-2], "it is damaged"),
        (b"\x30\x80" * 99, "it is damaged"),
        (bytes(LARGEST + 1), "larger than 8 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damage_is_told(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_entries(data, lambda: "secret")
    assert re.search(complaint, caught.value.message)
    assert caught.value.hint


def test_a_file_is_named_in_what_is_told_of_it(tmp_path: Path) -> None:
    file = tmp_path / "ca.jks"
    with pytest.raises(InputError, match=r"ca.jks cannot be read: No such file"):
        read_file(file)
    file.write_bytes(GOOD["JKS"][:-1])
    with pytest.raises(InputError, match=r"ca.jks: it is damaged"):
        read_file(file)
    file.write_bytes(GOOD["JKS"])
    assert read_file(file) == read_entries(GOOD["JKS"])


def test_trust_in_a_store(tmp_path: Path) -> None:
    file = tmp_path / "trust"
    file.write_bytes(GOOD["JKS"])
    trust = Trust.of([file], public_roots=False)
    assert trust.certificates == (LEAF.certificate, ISSUING.certificate, ROOT.certificate)
    file.write_bytes(GOOD["encrypted"])
    with pytest.raises(InputError, match="there is no password") as caught:
        Trust.of([file])
    assert "that needs no password" in caught.value.hint


def test_without_openssl_an_odd_certificate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(der: bytes) -> None:
        raise MissingLibrary("the OpenSSL of this Python cannot be called")

    monkeypatch.setattr(lenient, "read", missing)
    with pytest.raises(InputError, match="certificate 1 cannot be read: the OpenSSL"):
        read_entries(pem("CERTIFICATE", b"junk of no importance"))


@given(st.binary(max_size=300), st.sampled_from([b"", *(data[:16] for data in GOOD.values())]))
def test_no_bytes_raise_anything_but_input_errors(data: bytes, start: bytes) -> None:
    with suppress(InputError):
        read_entries(start + data, lambda: "secret")


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 1 << 30), st.integers(1, 255))
def test_a_changed_octet_raises_nothing_else(kind: str, at: int, change: int) -> None:
    changed = bytearray(GOOD[kind])
    changed[at % len(changed)] ^= change
    with suppress(InputError):
        assert read_entries(bytes(changed), lambda: "secret")


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_what_is_cut_off_is_refused(kind: str, data: st.DataObject) -> None:
    """But for text, of which a whole block may be left, and the line end of the last one."""
    whole = GOOD[kind].rstrip()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    if kind == "PEM":
        cut = cut.replace(LEAF.pem.encode(), b"")
    with pytest.raises(InputError):
        read_entries(cut, lambda: "secret")


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"\x30\x80", b"\x30\x80"),
        (b"", ROOT.pem.encode()[:40]),
        (b"", b"-----END CERTIFICATE-----"),
        (b"", b"-----BEGIN PKCS7-----\n"),
        (java_store()[:8] + b"\xff" * 4, key_entry("a")),
        (java_store()[:8] + b"\xff" * 4, key_entry("")[:-4] + b"\xff" * 4),
        (java_store(magic="cececece")[:8] + b"\xff" * 4, secret_entry("a")),
    ],
    ids=["ber", "begin", "end", "pkcs7", "entries", "certificates", "secrets"],
)
def test_a_megabyte_of_anything_takes_no_long_time(head: bytes, again: bytes) -> None:
    begun = time.process_time()
    with suppress(InputError):
        read_entries(head + again * (1_000_000 // len(again)))
    assert time.process_time() - begun < 2


def test_a_thousand_bags_take_no_long_time() -> None:
    """All with one name, and all their own issuers' issuers."""
    one, two = CA.root("Same"), CA.root("Same")
    bags = [key_bag(str(number), b"%d" % number) for number in range(1000)]
    bags += [certificate_bag(ISSUING.der, None, b"%d" % number) for number in range(1000)]
    bags += [certificate_bag(one.der), certificate_bag(two.der)] * 100
    begun = time.process_time()
    assert len(read_entries(keystores.pkcs12(*bags))) > 1000
    assert time.process_time() - begun < 2


MUTATION = """
import random, sys
from edgeaudit.errors import InputError
from edgeaudit.x509.stores import read_entries
from tests.x509.test_stores import GOOD
draw = random.Random(1)
kinds = list(GOOD.values())
read = refused = 0
for turn in range(int(sys.argv[1])):
    damaged = bytearray(kinds[turn % len(kinds)])
    for _ in range(draw.choice([0, 1, 1, 2, 5])):
        at = draw.randrange(len(damaged)) if draw.random() < 0.5 else draw.randrange(80)
        damaged[at] = draw.choice([draw.randrange(256), 0, 0x30, 0x80, 0xff])
    size = draw.choice([None, None, None, draw.randrange(len(damaged))])
    try:
        read_entries(bytes(damaged[:size]), lambda: "secret")
        read += 1
    except InputError:
        refused += 1
print(read, refused)
"""


@pytest.mark.parametrize("count", [1_000, pytest.param(50_000, marks=pytest.mark.full)])
def test_no_damage_crashes_the_interpreter(count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MUTATION, str(count)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    read, refused = map(int, done.stdout.split())
    assert read + refused == count
    assert min(read, refused) > count / 10


@pytest.mark.full
@pytest.mark.skipif(
    shutil.which("javac") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="no JDK here",
)
def test_what_java_writes_is_read_as_java_reads_it(tmp_path: Path) -> None:
    made = {"leaf": LEAF, "issuing": ISSUING, "root": ROOT, "other": OTHER}
    for name, each in made.items():
        (tmp_path / name).write_bytes(each.der)
    (tmp_path / "key").write_bytes(LEAF.private_key.private_bytes(DER, PKCS8, PLAIN))
    program = Path(__file__).with_name("Stores.java")
    done = subprocess.run(
        ["java", str(program), str(tmp_path)], check=True, capture_output=True, encoding="utf-8"
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == 5 * 4
    for file in dict.fromkeys(line[0] for line in lines):
        java = {(name, key == "true", *chain) for of, name, key, *chain in lines if of == file}
        ours = {
            (each.name, each.has_key, *(found.sha256 for found in each.certificates))
            for each in read_file(tmp_path / file, lambda: "changeit")
        }
        assert ours == java, file
