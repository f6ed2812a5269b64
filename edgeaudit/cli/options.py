"""The options that commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeaudit.cli import terminal
from edgeaudit.reports import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from edgeaudit.config import Config

    Command = Callable[..., Any]

FILE = click.Path(path_type=Path)
_SEVERITIES = click.Choice(["error", "warning", "note", "never"])
_REFUSALS = {"public_roots": "no_public_roots", "proxies": "no_proxies", "color": "no_color"}


def _stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _told_as(_ctx: click.Context, _param: click.Parameter, form: str | None) -> str | None:
    """From here on, even mistakes in the options are told in that form."""
    terminal.tell_as(form or os.environ.get("EDGEAUDIT_LOG_FORMAT", "text"))
    return form


reading = _stacked(
    click.option("--config", type=FILE, metavar="FILE", help="Configuration file."),
    click.option("--url", metavar="URL", help="Base URL of the management API."),
    click.option("--username", metavar="EMAIL", help="The account's e-mail address."),
    click.option("--auth", type=click.Choice(["auto", "basic", "oauth"]), help="How to log in."),
    click.option("--login-url", metavar="URL", help="OAuth2 host, if not login.apigee.com."),
    click.option("--zone", metavar="NAME", help="SAML zone: log in at NAME.login.apigee.com."),
    click.option(
        "--platform",
        type=click.Choice(["auto", "public", "private"]),
        help="Public or Private Cloud.",
    ),
    click.option("--management-ca", type=FILE, metavar="FILE", help="CA of the management server."),
    click.option("--org", multiple=True, metavar="ORG", help="Organization, name or glob."),
    click.option("--env", multiple=True, metavar="ENV", help="Environment, name or glob."),
    click.option("--no-proxies", is_flag=True, help="Leave out proxies and shared flows."),
    click.option("--concurrency", type=int, metavar="N", help="Requests at a time (default 8)."),
    click.option(
        "--requests-per-minute",
        type=int,
        metavar="N",
        help="Most requests a minute (default: any number).",
    ),
    click.option(
        "--deadline",
        metavar="DURATION",
        help="End in time with what there is: 30s, 10m, 2h.",
    ),
    click.option("--quiet", is_flag=True, help="No progress."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        is_eager=True,
        callback=_told_as,
        help="Form of what is told on stderr.",
    ),
    click.option(
        "--verbose",
        is_flag=True,
        callback=lambda _ctx, _param, is_wanted: terminal.tell_requests(is_wanted=is_wanted),
        expose_value=False,
        help="Tell of each request.",
    ),
)

replaying = click.option(
    "--snapshot", type=FILE, metavar="FILE", help="Read a snapshot instead of a server."
)

at = click.option("--at", metavar="WHEN", help="Judge at another time: ISO 8601, or +30d.")

judging = _stacked(
    click.option(
        "--trust",
        type=FILE,
        multiple=True,
        metavar="FILE",
        help="CA file trusted besides the public roots; repeatable.",
    ),
    click.option("--no-public-roots", is_flag=True, help="Trust only the files of --trust."),
    at,
)

reporting = _stacked(
    click.option(
        "--format", metavar="NAME", help=f"Format on stdout (default table): {', '.join(NAMES)}."
    ),
    click.option(
        "--output",
        multiple=True,
        metavar="FORMAT=FILE",
        help="Write a file too, in any of these formats; repeatable.",
    ),
    click.option(
        "--fail-on", type=_SEVERITIES, help="Least severity that gives status 1 (default error)."
    ),
    click.option("--no-color", is_flag=True, help="No colour."),
)

also_written = click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write a file too; repeatable.",
)


def told_as(*names: str, default: str = "table") -> Callable[[Command], Command]:
    """The option that chooses among the formats of a command, as its argument `name`."""
    return click.option(
        "--format",
        "name",
        type=click.Choice(names),
        default=default,
        show_default=True,
        help="Format on stdout.",
    )


def failing_from(
    default: str, told: str = "From which severity on the exit status is 1."
) -> Callable[[Command], Command]:
    """The option for the least severity that gives status 1, where no configuration tells it."""
    return click.option(
        "--fail-on", type=_SEVERITIES, default=default, show_default=True, help=told
    )


def configured(options: dict[str, Any], rules: Collection[str] | None = None) -> Config:
    """The configuration that the options, the environment and a file amount to.

    Takes the parsed options of `reading` and `judging`; those that are not keys are left alone.
    `rules` are those that there are, where it matters that the policy names no others.
    """
    from edgeaudit.config import Config, find, load  # pydantic costs 50 ms

    given = {
        name: _absolute(value)
        for name, value in options.items()
        if name in Config.model_fields and value is not None and value is not False and value != ()
    }
    for key, refusal in _REFUSALS.items():
        if options.get(refusal):
            given[key] = False
    config = load(options.get("config") or find(os.environ), os.environ, given, rules)
    terminal.tell_as(config.log_format)
    return config


def _absolute(value: object) -> object:
    if isinstance(value, Path):
        return value.absolute()
    return tuple(map(_absolute, value)) if isinstance(value, tuple) else value
