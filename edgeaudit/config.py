"""The configuration: a YAML file, the environment and the command line to one frozen Config."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from edgeaudit.audit.policy import Policy, Threshold, forbidden_suites
from edgeaudit.errors import ConfigError
from edgeaudit.management.stop import seconds
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import yaml
    from pydantic_core import ErrorDetails

    Loc = tuple[int | str, ...]

PREFIX = "EDGEAUDIT_"
_SYSTEM_WIDE = Path("/etc/edgeaudit/config.yaml")
_EXAMPLE = "`edgeaudit config example` prints a valid one"
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


def _as_list(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _as_pairs(value: object) -> object:
    pairs = value.split(",") if isinstance(value, str) else value
    if not isinstance(pairs, list | tuple):
        return value
    parts = [pair.strip().partition("=") for pair in pairs]
    if not all(name and file for name, _, file in parts):
        raise ValueError("FORMAT=FILE")
    if len({name for name, _, _ in parts}) < len(parts):
        raise ValueError("each format once")
    return {name: file for name, _, file in parts}


def _each_once(files: dict[str, Path]) -> dict[str, Path]:
    if len(set(files.values())) < len(files):
        raise ValueError("another file for each format")
    return files


def _anchored(path: Path, info: ValidationInfo) -> Path:
    if "\0" in str(path):
        raise ValueError("a path")
    return Path(info.context or ".") / path.expanduser()


def _threshold(value: object) -> object:
    return Threshold.parse(str(value)) if isinstance(value, str | int | float) else value


def _cipher_words(words: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for word in words:
            forbidden_suites(word)
    except ValueError:
        raise ValueError("names of suites, or OpenSSL's keywords (CBC, kRSA, SHA1+AES)") from None
    return words


def _duration(value: object) -> object:
    seconds(str(value))
    return value


def _zone(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name):
        raise ValueError("NAME, where NAME.login.apigee.com is the login host")
    return name


def _token_cache(value: object) -> object:
    return None if value is False or str(value).lower() in {"false", "off", "no", "0"} else value


def _user_cache() -> Path | None:
    # the XDG Base Directory Specification has relative paths ignored
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (
            folder if folder.is_absolute() else Path.home() / ".cache"
        ) / "edgeaudit/tokens.json"
    except RuntimeError:  # nobody's home
        return None


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
File = Annotated[Path, AfterValidator(_anchored)]
Files = Annotated[tuple[File, ...], BeforeValidator(_as_list)]
Duration = Annotated[str, BeforeValidator(_duration)]
TokenCacheFile = Annotated[
    File | None, BeforeValidator(_token_cache, json_schema_input_type=Path | Literal[False])
]
Within = Annotated[
    Threshold,
    BeforeValidator(_threshold, json_schema_input_type=str),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Access(_Section):
    """How to reach one management server, and what to read there."""

    url: str | None = Field(None, description="base URL of the management API")
    username: str | None = Field(None, description="the account's e-mail address")
    auth: Literal["auto", "basic", "oauth"] = Field("auto", description="how to log in")
    password_file: File | None = Field(None, description="file that holds the password")
    token_file: File | None = Field(None, description="file that holds an access token")
    refresh_token_file: File | None = Field(None, description="file that holds a refresh token")
    mfa_secret_file: File | None = Field(
        None, description="file that holds the base32 secret of the second factor"
    )
    login_url: str | None = Field(None, description="OAuth2 host, if not https://login.apigee.com")
    zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, description="SAML zone: the login host is https://ZONE.login.apigee.com"
    )
    login_ca: File | None = Field(None, description="CA file of the login host")
    management_ca: File | None = Field(None, description="CA file of the management server")
    client_cert: File | None = Field(
        None, description="PEM file: certificate shown to the management server, and its chain"
    )
    client_key: File | None = Field(None, description="PEM file: its key, if not in client_cert")
    client_key_password_file: File | None = Field(
        None, description="file that holds the password of the key"
    )
    platform: Literal["auto", "public", "private"] = Field(
        "auto", description="Public or Private Cloud"
    )
    org: Names = Field((), description="organizations, names or globs; all that are listed if none")
    env: Names = Field((), description="environments, names or globs; all if none")
    connect_timeout: float = Field(10, gt=0, allow_inf_nan=False, description="seconds to connect")
    read_timeout: float = Field(
        60, gt=0, allow_inf_nan=False, description="seconds between two pieces of an answer"
    )
    requests_per_minute: int | None = Field(
        None, ge=1, description="most requests a minute; any number if not set"
    )

    edge_version: str | None = Field(
        None, pattern=r"^4\.\d\d(\.\d\d)*$", description="of a Private Cloud, as 4.53.00"
    )
    java: int | None = Field(None, ge=6, description="Java version of the Message Processors")
    sni: bool | None = Field(None, description="whether the Message Processors send server names")
    routers: Names = Field((), description="addresses of the Routers")


class NamedAccess(Access):
    """One of several installations; what it leaves out, the top level says."""

    name: str = Field(min_length=1, description="as reports call it")


def _named_apart(installations: tuple[NamedAccess, ...]) -> tuple[NamedAccess, ...]:
    if len({each.name for each in installations}) < len(installations):
        raise ValueError("a name of its own for each")
    return installations


class PolicySection(_Section):
    """What is asked of certificates, protocols and cipher suites."""

    warn_within: Within = Field(Threshold(days=30), description="days (30d) or share of life (20%)")
    error_within: Within = Field(Threshold(days=7), description="days (7d) or share of life (5%)")
    protocol_floor: Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] = Field(
        "TLSv1.2", description="the oldest protocol that is not legacy"
    )
    forbidden_ciphers: Annotated[Names, AfterValidator(_cipher_words)] = Field(
        (), description="suites that count as weak besides: names or OpenSSL's keywords"
    )


class Config(Access):
    """Everything that a run can be told. Each key is also EDGEAUDIT_... in the environment."""

    installations: Annotated[tuple[NamedAccess, ...], AfterValidator(_named_apart)] = Field(
        (), description="where there are several"
    )
    proxies: bool = Field(True, description="read what is deployed: proxies and shared flows")
    trust: Files = Field((), description="CA files trusted besides the public roots")
    public_roots: bool = Field(True, description="trust Mozilla's public roots")
    policy: PolicySection = PolicySection()
    format: str = Field("table", description="format of the report on standard output")
    output: Annotated[dict[str, File], BeforeValidator(_as_pairs), AfterValidator(_each_once)] = (
        Field({}, description="files to write: format and path")
    )
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
        own = self.policy
        floor = next(each for each in Version if each.spelling == own.protocol_floor)
        return Policy(own.warn_within, own.error_within, floor, own.forbidden_ciphers)


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
    data, lines = _read_yaml(path)

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


def _read_yaml(path: Path) -> tuple[dict[str, object], dict[Loc, int]]:
    """The mapping in a YAML file, and the line of each key in it."""
    import yaml  # only runs that have a file pay for it

    try:
        root = yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)
        lines = {(): 1, **_lines(root, (), path)}
        data = {} if root is None else yaml.SafeLoader("").construct_document(root)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "name it with --config FILE") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", _EXAMPLE) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem}", _EXAMPLE) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid YAML, or nested without end", _EXAMPLE) from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: found {data!r:.80}, expected keys and values", _EXAMPLE)
    return {str(key): value for key, value in data.items()}, lines


def _lines(node: yaml.Node | None, loc: Loc, path: Path) -> dict[Loc, int]:
    lines: dict[Loc, int] = {}
    children = node.value if node is not None and not isinstance(node.value, str) else []
    for index, child in enumerate(children):
        key, value = child if isinstance(child, tuple) else (child, child)
        at = (*loc, key.value if isinstance(child, tuple) else index)
        line = key.start_mark.line + 1
        if at in lines:
            told = (
                f"{path}:{line}: {'.'.join(map(str, at))} stands twice, first in line {lines[at]}"
            )
            raise ConfigError(told, "leave one of them")
        lines |= {at: line, **_lines(value, at, path)}
    return lines


def find(environ: Mapping[str, str]) -> Path | None:
    """The configuration file to use where none is named; None where there is none."""
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("edgeaudit.yaml"), home / "edgeaudit/config.yaml", _SYSTEM_WIDE)
    return next((place for place in places if place.is_file()), None)
