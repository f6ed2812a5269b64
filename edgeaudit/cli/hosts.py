"""`edgeaudit hosts`: what is in effect on Routers and Message Processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeaudit.cli import status, terminal
from edgeaudit.cli.options import FILE, configured, failing_from, told_as

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgeaudit.audit.report import Report
    from edgeaudit.config import Config
    from edgeaudit.hosts.reading import HostFiles


@click.command()
@click.argument("paths", metavar="DIR-OR-FILE...", nargs=-1, type=FILE)
@click.option("--config", type=FILE, metavar="FILE", help="Configuration file.")
@click.option("--password-file", type=FILE, metavar="FILE", help="Password of a store.")
@failing_from("warning")
@told_as("table", "json")
def hosts(
    paths: tuple[Path, ...],
    config: Path | None,
    password_file: Path | None,
    fail_on: str,
    name: str,
) -> int:
    """Tell what is in effect on Routers and Message Processors, and which line says so.

    A DIR-OR-FILE is a host's own folder (/opt/nginx, /opt/apigee/customer), a copy of it, a single
    file, or a tar of a support bundle, gzip or not; folders of several hosts are told apart by
    their names. Without any, those of the configuration are read. The password of a store comes
    from the setting beside it, EDGEAUDIT_STORE_PASSWORD, --password-file or a prompt.

    \b
    Exit status:
      0  nothing at or above --fail-on was found
      1  something was
      2  wrong usage
      3  nothing was, but not everything could be read
    """
    from edgeaudit.audit.rules import RULES
    from edgeaudit.reports import hosts as report

    settings = configured({"config": config}, RULES)
    files = _read(paths, settings, password_file)
    judged = _judged(files, settings)
    terminal.say(report.FORMATS[name](files.hosts, judged, terminal.width()))
    return status.of_report(judged, fail_on)


def _read(paths: tuple[Path, ...], config: Config, password_file: Path | None) -> HostFiles:
    from edgeaudit.errors import InputError
    from edgeaudit.hosts.reading import Given, read_hosts

    named = [Given(each.path, each.name) for one in config.accesses() for each in one.hosts]
    given = [Given(path) for path in paths] or named
    if not given:
        raise InputError("no files are named", "edgeaudit hosts /opt/nginx /opt/apigee/customer")
    return read_hosts(given, _password(password_file))


def _password(file: Path | None) -> Callable[[str], str | None]:
    def password(where: str) -> str | None:
        from edgeaudit.cli.credentials import secret

        if given := secret("STORE_PASSWORD", file):
            return given
        return terminal.ask_secret(f"Password of {where}") if terminal.can_ask() else None

    return password


def _judged(files: HostFiles, config: Config) -> Report:
    """The report of the rules about hosts."""
    from edgeaudit.audit.engine import judge
    from edgeaudit.cli.moment import now
    from edgeaudit.inventory import Inventory
    from edgeaudit.x509.trust import Trust

    inventory = Inventory("hosts", "files", gaps=files.gaps, hosts=files.hosts)
    present = now()
    return judge(
        [inventory], Trust.of([], public_roots=False), config.as_policy(), present, present
    )
