"""Certificates and keys as they are uploaded: multipart forms with PEM, JAR or PKCS#12 files."""

from __future__ import annotations

import io
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import Message

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

    from .pki import Chain

_MOST_BYTES = 50 * 1024  # of a file (Edge API specification, keystores)
_DESCRIPTOR = "META-INF/descriptor.properties"


class Upload:
    """The parts of a multipart form with the certificates of an alias, in one of Edge's formats.

    Raises ValueError, with what Edge would object to, for what it refuses: a file above 50 KB, an
    expired certificate, a key of another certificate, a chain without blank lines between.
    """

    def __init__(self, content_type: str, body: bytes) -> None:
        message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        self._parts = {
            str(part.get_param("name", header="content-disposition")): _bytes(part)
            for part in message.walk()
            if not part.is_multipart()
        }
        if any(len(part) > _MOST_BYTES for part in self._parts.values()):
            raise ValueError("a file must have 50 KB at most")

    def read(self, form: str, now: datetime, *, takes_expired: bool) -> tuple[Chain, bool]:
        """The chain, and whether a private key came with it; `form` is the query's `format`."""
        if form == "pkcs12":
            chain, key = self._pkcs12()
        else:
            cert, key_pem = self._jar() if form == "keycertjar" else self._files()
            chain, key = _chain(cert), _key(key_pem)
        if not takes_expired and any(each.not_valid_after_utc < now for each in chain):
            raise ValueError("the certificate has expired")
        if key and _public(chain[0].public_key()) != _public(key.public_key()):
            raise ValueError("the private key is not that of the certificate")
        return chain, key is not None

    def _files(self) -> tuple[bytes, bytes | None]:
        return self._part("certFile", "file"), self._parts.get("keyFile")

    def _part(self, *names: str) -> bytes:
        for name in names:
            if part := self._parts.get(name):
                return part
        raise ValueError(f"no {names[0]} was sent")

    def _jar(self) -> tuple[bytes, bytes]:
        with zipfile.ZipFile(io.BytesIO(self._part("file"))) as jar:
            lines = jar.read(_DESCRIPTOR).decode().split()
            named = dict(line.split("=", 1) for line in lines)
            return jar.read(named["certFile"]), jar.read(named["keyFile"])

    def _pkcs12(self) -> tuple[Chain, PrivateKeyTypes | None]:
        read = pkcs12.load_pkcs12(self._part("file"), self._parts.get("password"))
        if read.cert is None:
            raise ValueError("there is no certificate")
        others = (each.certificate for each in read.additional_certs)
        return (read.cert.certificate, *others), read.key


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _chain(pem: bytes) -> Chain:
    lines = pem.decode().splitlines()
    begins = [at for at, line in enumerate(lines) if line.startswith("-----BEGIN CERT")]
    if any(lines[at - 1].strip() for at in begins[1:]):
        raise ValueError("an empty line is needed between the certificates of a chain")
    return tuple(x509.load_pem_x509_certificates(pem))


def _key(pem: bytes | None) -> PrivateKeyTypes | None:
    return None if pem is None else load_pem_private_key(pem, None)


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
