"""The configuration: a YAML file, the environment and the command line to one frozen Config."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from edgeaudit.config.access import Access, Installations, NamedAccess
from edgeaudit.config.fields import (
    NO_CONTEXT,
    Connects,
    Duration,
    File,
    Files,
    HostPort,
    Names,
    Outputs,
    Part,
    TokenCacheFile,
)
from edgeaudit.config.notify import MailSection, Steps, Webhooks, Weekday
from edgeaudit.config.policy import Baseline, PolicySection
from edgeaudit.config.validation import PREFIX, from_file, validated
from edgeaudit.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from edgeaudit.audit.policy import Policy

__all__ = ["PREFIX", "Config", "NamedAccess", "example", "find", "load", "with_baseline"]

_SYSTEM_WIDE = Path("/etc/edgeaudit/config.yaml")


def _user_cache() -> Path | None:
    return _user_file("XDG_CACHE_HOME", ".cache", "tokens.json")


def _user_state() -> Path | None:
    return _user_file("XDG_STATE_HOME", ".local/state", "told.json")


def _user_file(variable: str, folder: str, name: str) -> Path | None:
    # the XDG Base Directory Specification has relative paths ignored
    given = Path(os.environ.get(variable, ""))
    try:
        return (given if given.is_absolute() else Path.home() / folder) / "edgeaudit" / name
    except RuntimeError:  # nobody's home
        return None


class Config(Access):
    """Everything that a run can be told. Each key is also EDGEAUDIT_... in the environment."""

    installations: Installations = Field((), description="where there are several")
    proxies: bool = Field(True, description="read what is deployed: proxies and shared flows")
    trust: Files = Field((), description="CA files trusted besides the public roots")
    public_roots: bool = Field(True, description="trust Mozilla's public roots")
    policy: PolicySection = PolicySection()
    baseline: Files = Field(
        (), description="files of more suppressions, as `edgeaudit baseline` writes them"
    )
    format: str = Field(
        "table",
        description="format of the report on standard output: csv, html, ics, json, junit, "
        "markdown, nagios, prometheus, sarif, steps, table or yaml",
    )
    output: Outputs = Field({}, description="files to write: format (as above) and path")
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error", description="least severity that gives status 1"
    )
    concurrency: int = Field(8, ge=1, le=64, description="requests at a time")
    deadline: Duration | None = Field(
        None, description="time after which reading ends with what there is (30s, 10m, 2h)"
    )
    probe: bool = Field(
        False, description="ask the endpoints how they do TLS with every audit, as with --probe"
    )
    probe_only: Names = Field(
        (), description="globs for the hosts, HOST:PORT or places to ask; all if none"
    )
    probe_connect: Connects = Field(
        (), description="where to connect to instead: IP:PORT for all, HOST:PORT=IP:PORT for one"
    )
    probe_client_cert: File | None = Field(
        None, description="certificate, chain and key shown to those who ask: PEM or PKCS#12"
    )
    probe_client_cert_password_file: File | None = Field(
        None, description="file that holds the password of probe_client_cert"
    )
    probe_proxy: HostPort | None = Field(
        None, description="HTTP proxy (HOST:PORT) that is asked to CONNECT to the endpoints"
    )
    probe_proxy_protocol: bool = Field(
        False, description="announce us by the PROXY protocol, whatever virtual hosts say"
    )
    probe_timeout: float = Field(
        10, gt=0, allow_inf_nan=False, description="seconds for a connection, and for a handshake"
    )
    color: bool = Field(True, description="colour on a terminal")
    shard: Part | None = Field(
        None, description="read part I of N alone, I/N; edgeaudit merge joins the reports"
    )
    lock: File | None = Field(None, description="file that keeps two audits from overlapping")
    log_format: Literal["text", "json"] = Field(
        "text", description="form of what is told on standard error"
    )
    notify: bool = Field(
        False, description="send what is due with every audit, as with --mail, but for --at"
    )
    mail: MailSection | None = Field(None, description="mail: from whom, to whom, by which server")
    webhooks: Webhooks = Field((), description="URLs that the same is posted to")
    steps: Steps = Field(
        (60, 30, 14, 7, 3, 1, 0), description="days before its end at which a certificate is told"
    )
    digest: Weekday | None = Field(None, description="weekday (UTC) of a digest; none if not set")
    state: File | None = Field(
        default_factory=_user_state,
        description="file of what was told; ~/.local/state/edgeaudit/told.json",
    )
    token_cache: TokenCacheFile = Field(
        default_factory=_user_cache,
        description="file for tokens between runs, or false; ~/.cache/edgeaudit/tokens.json",
    )

    def accesses(self) -> tuple[NamedAccess, ...]:
        """Every installation, with what the top level says filled in."""
        shared = {name: getattr(self, name) for name in Access.model_fields}
        return tuple(
            NamedAccess.model_construct(
                **{**shared, **{name: getattr(own, name) for name in own.model_fields_set}}
            )
            for own in self.installations or (NamedAccess(name="default"),)
        )

    def as_shard(self) -> Shard | None:
        """The part that is to be read; None for all."""
        return None if self.shard is None else Shard.parse(self.shard)

    def as_policy(self) -> Policy:
        """The policy as the rules take it."""
        return self.policy.as_policy()


def load(
    path: Path | None,
    environ: Mapping[str, str],
    options: Mapping[str, object],
    rules: Collection[str] | None = None,
) -> Config:
    """The configuration of the file at `path`, the environment over it, and `options` over both.

    Relative paths in the file start at the file's folder. `rules` are those that there are, where
    their names matter. Raises ConfigError, which names for each problem where it is (file, line
    and key; variable; option), what was found and what is expected.
    """
    hint = "`edgeaudit config example` prints a valid one; --config FILE names yours"
    config = from_file(Config, path, rules, hint) if path else Config()
    variables = {name: f"{PREFIX}{name.upper()}" for name in Config.model_fields}
    given = {name: environ[key] for name, key in variables.items() if environ.get(key)}
    origin = variables | {name: _option(name) for name in options}
    values = {**given, **options}
    over = validated(Config, values, NO_CONTEXT, lambda loc: origin[str(loc[0])])
    return config.model_copy(update={name: getattr(over, name) for name in values})


def _option(name: str) -> str:
    """What a key is called on the command line: `edgeaudit probe` has its own by shorter names."""
    return f"--{name.removeprefix('probe_').replace('_', '-')}"


def with_baseline(config: Config, rules: Collection[str] | None = None) -> Config:
    """The configuration with the suppressions of its baseline files after its own.

    Raises ConfigError as `load` does.
    """
    hint = "`edgeaudit baseline FILE` writes one"
    read = [from_file(Baseline, path, rules, hint) for path in config.baseline]
    borne = [entry for baseline in read for entry in baseline.suppressions]
    policy = config.policy
    more = policy.model_copy(update={"suppressions": (*policy.suppressions, *borne)})
    return config.model_copy(update={"policy": more})


def example() -> str:
    """A commented configuration that says what every key does and is if it is not set."""
    return resources.files("edgeaudit").joinpath("config.example.yaml").read_text("utf-8")


def find(environ: Mapping[str, str]) -> Path | None:
    """The configuration file to use where none is named; None where there is none."""
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("edgeaudit.yaml"), home / "edgeaudit/config.yaml", _SYSTEM_WIDE)
    return next((place for place in places if place.is_file()), None)
