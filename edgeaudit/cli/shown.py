"""The client certificate that a probe shows, with its chain and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.cli import terminal
from edgeaudit.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgeaudit.config import Config


class Shown(NamedTuple):
    """A certificate with its chain, and its key without a password, in PEM."""

    chain: bytes
    key: bytes


def shown_certificate(config: Config) -> Shown | None:
    """The certificate to show, its chain and its key. Raises InputError where it cannot be read."""
    if (path := config.probe_client_cert) is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    look = _pem if b"-----BEGIN" in data else _pkcs12
    return look(data, path, config)


def _pem(data: bytes, path: Path, config: Config) -> Shown:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form

    try:
        chain = x509.load_pem_x509_certificates(data)
        is_open = b"ENCRYPTED" not in data
        password = None if is_open else _password(path, config)
        key = form.load_pem_private_key(data, password)
    except (ValueError, TypeError) as error:
        hint = "name a file with the certificate, its chain and its key, and its password if any"
        raise InputError(f"{path} is no certificate with its key", hint) from error
    return _texts(chain, key)


def _pkcs12(data: bytes, path: Path, config: Config) -> Shown:
    from cryptography.hazmat.primitives.serialization import pkcs12

    for password in (lambda: None, lambda: b"", lambda: _password(path, config)):
        try:
            found = pkcs12.load_pkcs12(data, password())
        except ValueError:
            continue
        if found.cert and found.key:
            rest = [each.certificate for each in found.additional_certs]
            return _texts([found.cert.certificate, *rest], found.key)
        break
    hint = "name a PEM or PKCS#12 file with the certificate and its key; is the password right?"
    raise InputError(f"{path} is no certificate with its key", hint)


def _texts(chain: Sequence[object], key: object) -> Shown:
    from cryptography.hazmat.primitives import serialization as form

    text = b"".join(each.public_bytes(form.Encoding.PEM) for each in chain)  # type: ignore[attr-defined]
    shape = form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    return Shown(text, key.private_bytes(*shape))  # type: ignore[attr-defined]


def _password(path: Path, config: Config) -> bytes:
    from edgeaudit.cli.credentials import secret

    file = config.probe_client_cert_password_file
    if given := secret("PROBE_CLIENT_CERT_PASSWORD", file):
        return given.encode()
    if not terminal.can_ask():
        raise ConfigError(
            f"{path} is encrypted, and there is no password",
            "set EDGEAUDIT_PROBE_CLIENT_CERT_PASSWORD, or probe_client_cert_password_file",
        )
    return terminal.ask_secret(f"Password of {path}").encode()
