"""The configuration: a YAML file, the environment and the command line to one frozen Config."""

from __future__ import annotations

import os
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError

from edgeaudit.audit.policy import Policy
from edgeaudit.config.access import Access, Installations, NamedAccess
from edgeaudit.config.fields import Duration, Files, Outputs, TokenCacheFile
from edgeaudit.config.policy import PolicySection
from edgeaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import ErrorDetails

    Loc = tuple[int | str, ...]

__all__ = ["PREFIX", "Config", "NamedAccess", "example", "find", "load"]

PREFIX = "EDGEAUDIT_"
_SYSTEM_WIDE = Path("/etc/edgeaudit/config.yaml")
_EXPECTED = {
    "bool_parsing": "true or false",
    "dict_type": "keys and values",
    "int_parsing": "a whole number",
    "model_type": "keys and values",
    "string_type": "a text (in quotation marks, where it looks like a number)",
    "tuple_type": "a list",
}
_SECRETS = {
    "password",
    "token",
    "refresh_token",
    "passcode",
    "mfa",
    "mfa_secret",
    "client_key_password",
}


def _user_cache() -> Path | None:
    # the XDG Base Directory Specification has relative paths ignored
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (
            folder if folder.is_absolute() else Path.home() / ".cache"
        ) / "edgeaudit/tokens.json"
    except RuntimeError:  # nobody's home
        return None


class Config(Access):
    """Everything that a run can be told. Each key is also EDGEAUDIT_... in the environment."""

    installations: Installations = Field((), description="where there are several")
    proxies: bool = Field(True, description="read what is deployed: proxies and shared flows")
    trust: Files = Field((), description="CA files trusted besides the public roots")
    public_roots: bool = Field(True, description="trust Mozilla's public roots")
    policy: PolicySection = PolicySection()
    format: str = Field("table", description="format of the report on standard output")
    output: Outputs = Field({}, description="files to write: format and path")
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error", description="least severity that gives status 1"
    )
    concurrency: int = Field(8, ge=1, le=64, description="requests at a time")
    deadline: Duration | None = Field(
        None, description="time after which reading ends with what there is (30s, 10m, 2h)"
    )
    color: bool = Field(True, description="colour on a terminal")
    token_cache: TokenCacheFile = Field(
        default_factory=_user_cache,
        description="file for tokens between runs, or false; ~/.cache/edgeaudit/tokens.json",
    )

    def accesses(self) -> tuple[NamedAccess, ...]:
        """Every installation, with what the top level says filled in."""
        shared = {name: getattr(self, name) for name in Access.model_fields}
        return tuple(
            NamedAccess.model_construct(**{**shared, **own.model_dump(exclude_unset=True)})
            for own in self.installations or (NamedAccess(name="default"),)
        )

    def as_policy(self) -> Policy:
        """The policy as the rules take it."""
        return Policy(self.policy.warn_within, self.policy.error_within)


def load(path: Path | None, environ: Mapping[str, str], options: Mapping[str, object]) -> Config:
    """The configuration of the file at `path`, the environment over it, and `options` over both.

    Relative paths in the file start at the file's folder. Raises ConfigError, which names for
    each problem where it is (file, line and key; variable; option), what was found and what is
    expected.
    """
    config = _from_file(path) if path else Config()
    variables = {name: f"{PREFIX}{name.upper()}" for name in Config.model_fields}
    given = {name: environ[key] for name, key in variables.items() if environ.get(key)}
    origin = variables | {name: f"--{name.replace('_', '-')}" for name in options}
    values = {**given, **options}
    over = _validated(values, None, lambda loc: origin[str(loc[0])])
    return config.model_copy(update={name: getattr(over, name) for name in values})


def example() -> str:
    """A commented configuration that says what every key does and is if it is not set."""
    return resources.files("edgeaudit").joinpath("config.example.yaml").read_text("utf-8")


def _from_file(path: Path) -> Config:
    from edgeaudit.config import yaml  # only runs that have a file pay for it

    data, lines = yaml.read(path)

    def origin(loc: Loc) -> str:
        key = ".".join(str(part) for part in loc)
        known = next(lines[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in lines)
        return f"{path}:{known}: {key}"

    return _validated(data, path.parent, origin)


def _validated(
    values: Mapping[str, object], base: Path | None, origin: Callable[[Loc], str]
) -> Config:
    try:
        return Config.model_validate(values, context=base)
    except ValidationError as error:
        problems = [f"{origin(each['loc'])}: {_told(each)}" for each in error.errors()]
        hint = "`edgeaudit config schema` describes every key"
        raise ConfigError("\n".join(problems), hint) from None


def _told(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        if key in _SECRETS:
            file = f"{key}_file or " if f"{key}_file" in Config.model_fields else ""
            return f"no secret stands here; use {file}{PREFIX}{key.upper()}"
        known = get_close_matches(key, [*Config.model_fields, *PolicySection.model_fields], 1)
        return "there is no such key" + (f"; did you mean {known[0]}?" if known else "")
    if problem["type"] == "missing":
        return "this key is missing"
    expected = _EXPECTED.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    return f"found {problem['input']!r:.80}, expected {expected.removeprefix('Input should be ')}"


def find(environ: Mapping[str, str]) -> Path | None:
    """The configuration file to use where none is named; None where there is none."""
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("edgeaudit.yaml"), home / "edgeaudit/config.yaml", _SYSTEM_WIDE)
    return next((place for place in places if place.is_file()), None)
