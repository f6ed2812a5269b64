"""What a run would find wrong with a configuration, before anything is read."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.cli.credentials import client_certificate, login_host, secret
from edgeaudit.errors import ConfigError, EdgeauditError, InputError
from edgeaudit.management.client import base_url
from edgeaudit.management.connections import server_url, tls_context
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgeaudit.config import Config, NamedAccess


class _Unknown(Exception):
    """The password of a key that only a run will be told."""


def problems(config: Config) -> list[EdgeauditError]:
    """Everything that is wrong with the URLs, the files and the names in it, each once.

    Nothing is sent, and nobody is asked. A file of a secret that the environment gives is not
    looked at, as in a run.
    """
    found: dict[str, EdgeauditError] = {}
    for check in _checks(config):
        try:
            check()
        except EdgeauditError as error:
            found.setdefault(error.message, error)
    return list(found.values())


def _checks(config: Config) -> Iterator[Callable[[], object]]:
    from edgeaudit.audit.rules import RULES
    from edgeaudit.cli.audit import check_formats
    from edgeaudit.config import with_baseline

    yield partial(check_formats, config)
    yield partial(with_baseline, config, RULES)
    yield from (partial(Trust.of, [file], public_roots=False) for file in config.trust)
    yield from (partial(_check_folder, file) for file in config.output.values())
    yield from _checks_of_notices(config)
    for access in config.accesses():
        yield partial(_check_url, access)
        yield partial(_check_login_url, access)
        yield partial(_check_client_certificate, access)
        ca_files = filter(None, (access.management_ca, access.login_ca))
        yield from (partial(tls_context, file) for file in ca_files)
        yield from (partial(_check_secret, name, file) for name, file in _secret_files(access))
        yield from (partial(_check_path, each.path) for each in access.hosts)


def _checks_of_notices(config: Config) -> Iterator[Callable[[], object]]:
    from edgeaudit.cli.channels import mail_carrier, webhook
    from edgeaudit.cli.notify import check_attachments

    if config.mail:
        yield partial(check_attachments, config)
        yield partial(mail_carrier, config.mail)
    yield from (partial(webhook, each) for each in config.webhooks)
    if config.probe_client_cert:
        yield partial(_check_readable, config.probe_client_cert)
    if config.lock:
        yield partial(_check_folder, config.lock)


def _secret_files(access: NamedAccess) -> Iterator[tuple[str, Path]]:
    for name in ("TOKEN", "REFRESH_TOKEN", "PASSWORD", "MFA_SECRET", "CLIENT_KEY_PASSWORD"):
        if file := getattr(access, f"{name.lower()}_file"):
            yield name, file


def _check_secret(name: str, file: Path) -> None:
    if not secret(name, file).strip():
        raise InputError(f"{file} is empty", f"it is to hold the secret of {name.lower()}_file")


def _check_readable(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def _check_url(access: NamedAccess) -> None:
    if access.url is not None:
        base_url(access.url)


def _check_login_url(access: NamedAccess) -> None:
    if login := login_host(access):
        server_url(login)


def _check_client_certificate(access: NamedAccess) -> None:
    shown = client_certificate(access)
    if shown is None:
        return

    def password() -> str:
        file = access.client_key_password_file
        if given := secret("CLIENT_KEY_PASSWORD", file):
            return given
        raise _Unknown

    try:
        tls_context(access.management_ca, replace(shown, password=password))
    except _Unknown:
        return  # somebody may be there to be asked then


def _check_path(path: Path) -> None:
    if not path.exists():
        raise ConfigError(f"{path} cannot be read: there is no such file or folder")


def _check_folder(file: Path) -> None:
    if not file.parent.is_dir():
        raise ConfigError(f"{file} cannot be written: there is no folder {file.parent}")
